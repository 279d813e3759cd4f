"""What identity needs from the installation: its keys and the hash of the token that attaches local commands."""

import hashlib
import hmac
from dataclasses import dataclass, field
from pathlib import Path

from services.identity.keys import IdentityKeys, load_keys


@dataclass(slots=True)
class _Configuration:
    folder: Path | None = None
    keys: IdentityKeys | None = None
    local_token_hash: str | None = field(default=None, repr=False)


_current = _Configuration()


def configure(folder: Path, *, local_token_hash: str | None = None) -> None:
    """Set the key folder and the SHA-256 (hex) of the installation's own token; once per process, before requests."""
    _current.folder = folder
    _current.keys = None
    _current.local_token_hash = local_token_hash


def keys() -> IdentityKeys:
    """Return the installation's keys, read on first use.

    Raises:
        RuntimeError: `configure` was not called.
    """
    if _current.keys is None:
        if _current.folder is None:
            raise RuntimeError("identity is used before configure() named its key folder")
        _current.keys = load_keys(_current.folder)
    return _current.keys


def is_local_token(token: str) -> bool:
    """Say whether this is the token that the running installation wrote for commands on the same machine."""
    if _current.local_token_hash is None:
        return False
    return hmac.compare_digest(hashlib.sha256(token.encode()).hexdigest(), _current.local_token_hash)
