"""What identity needs from the installation: its keys and the hash of the token that attaches local commands."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from services.identity.keys import IdentityKeys, load_keys
from services.infra.paths import data_folder

KEY_FOLDER = "keys"
LOCAL_TOKEN_HASH_VARIABLE = "IAMA_LOCAL_TOKEN_HASH"
"""SHA-256 (hex) of the token in `run.json`; set by the launcher for the processes it starts."""


@dataclass(slots=True)
class _Configuration:
    folder: Path | None = None
    local_token_hash: str | None = field(default=None, repr=False)


_current = _Configuration()


def configure(folder: Path, *, local_token_hash: str | None = None) -> None:
    """Set the key folder and the SHA-256 (hex) of the installation's own token instead of the launcher's settings."""
    _current.folder = folder
    _current.local_token_hash = local_token_hash


def keys() -> IdentityKeys:
    """Return the installation's keys, read on first use from `keys/` of the data folder."""
    return _keys_of(_current.folder or data_folder() / KEY_FOLDER)


@cache
def _keys_of(folder: Path) -> IdentityKeys:
    return load_keys(folder)


def is_local_token(token: str) -> bool:
    """Say whether this is the token that the running installation wrote for commands on the same machine."""
    expected = _current.local_token_hash or os.environ.get(LOCAL_TOKEN_HASH_VARIABLE, "")
    return bool(expected) and hmac.compare_digest(hashlib.sha256(token.encode()).hexdigest(), expected)
