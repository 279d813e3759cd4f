"""Local repositories below an allowed folder, with a data folder of the test's own."""

from pathlib import Path

import pytest

from services.infra.paths import DATA_VARIABLE
from services.repositories.rules import LOCAL_ROOTS_VARIABLE


@pytest.fixture(autouse=True)
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Allow repositories below `tmp_path/src` and keep scratch and configuration beside it."""
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "data"))
    folder = tmp_path / "src"
    folder.mkdir()
    monkeypatch.setenv(LOCAL_ROOTS_VARIABLE, str(folder))
    return folder
