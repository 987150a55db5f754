"""Shared by all tests: where real data may be, and how hypothesis behaves."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The machine that runs the tests may be busy; a slow example is not a wrong one.
settings.register_profile("default", deadline=None)
settings.load_profile("default")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def project():
    """Root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def data_root():
    """Folder with real data: FIRSTSPIKE_DATA, else ../shared/data beside the project."""
    root = Path(os.environ.get("FIRSTSPIKE_DATA") or ROOT.parent / "shared" / "data")
    if not root.is_dir():
        pytest.skip(f"no real data at {root}; name the folder with FIRSTSPIKE_DATA")
    return root
