"""No test here may find data by accident."""

import pytest

from firstspike.datasets import files


@pytest.fixture(autouse=True)
def no_data_variable(monkeypatch):
    monkeypatch.delenv(files.FOLDER_VARIABLE, raising=False)
