"""One version, told by Cargo, the package, the extension, the citation and the changelog."""

import importlib.metadata
import re
import tomllib

import pytest

import firstspike
from firstspike import _core


@pytest.fixture(scope="module")
def version(project):
    return tomllib.loads((project / "Cargo.toml").read_text())["workspace"]["package"]["version"]


def test_code(version):
    assert firstspike.__version__ == _core.__version__ == version
    assert importlib.metadata.version("firstspike") == version


def test_papers(project, version):
    assert f"version: {version}\n" in (project / "CITATION.cff").read_text()
    headings = re.findall(r"^## \[(.+?)\]", (project / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert version in headings or version == "0.1.0"  # 0.1.0 is not released yet


def test_licence(project):
    metadata = importlib.metadata.metadata("firstspike")
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "Apache License" in (project / "LICENSE").read_text()
