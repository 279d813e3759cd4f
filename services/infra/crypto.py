"""AES-256-GCM under per-tenant data keys that a local key file wraps; nonces are random, context is authenticated."""

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32


def new_data_key() -> bytes:
    """Return 256 fresh random bits."""
    return AESGCM.generate_key(bit_length=KEY_BYTES * 8)


def seal(key: bytes, plain: bytes, context: str) -> bytes:
    """Encrypt; `context` (tenant and purpose) must be the same to open."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def open_sealed(key: bytes, sealed: bytes, context: str) -> bytes:
    """Decrypt.

    Raises:
        cryptography.exceptions.InvalidTag: wrong key, changed bytes, or another context.
    """
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())


@dataclass(frozen=True, slots=True)
class LocalKeyProvider:
    """Wraps tenant data keys with a key file of this installation (mode 0600)."""

    path: Path
    ref: str = "local:master-1"

    def master_key(self) -> bytes:
        """Return the installation's key, made on first use; processes that start at once agree on one."""
        if not self.path.exists():
            self._make()
        return self.path.read_bytes()

    def _make(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(new_data_key())
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                self.path.hardlink_to(name)
        finally:
            Path(name).unlink()

    def wrap(self, data_key: bytes, tenant_id: str) -> bytes:
        """Encrypt a tenant's data key for storage."""
        return seal(self.master_key(), data_key, f"data-key:{tenant_id}")

    def unwrap(self, wrapped: bytes, tenant_id: str) -> bytes:
        """Decrypt a tenant's stored data key."""
        return open_sealed(self.master_key(), wrapped, f"data-key:{tenant_id}")
