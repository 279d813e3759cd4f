"""Folders inside the data folder, one name each."""

import os
from pathlib import Path

DATA_VARIABLE = "IAMA_DATA"


def data_folder() -> Path:
    """Return the data folder of this process, absolute."""
    return Path(os.environ.get(DATA_VARIABLE, ".data")).resolve()


def blob_folder() -> Path:
    """Encrypted artifacts."""
    return data_folder() / "artifacts"


def scratch_folder() -> Path:
    """Short-lived clones of customer source."""
    return data_folder() / "scratch"


def sandbox_folder() -> Path:
    """Volumes of sandbox sessions."""
    return data_folder() / "sandbox"


def master_key_file() -> Path:
    """Key that wraps tenant data keys."""
    return data_folder() / "keys" / "master.key"
