"""The secrets of an installation: the key that signs access tokens and the pepper that hashes opaque secrets.

Both are files of the data folder, readable by their owner only, made on first use and then left alone. Several
processes may start at once; the first file linked into place wins and all read that one.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

SIGNING_KEY_FILE = "access_tokens.ed25519.pem"
PEPPER_FILE = "secrets.pepper"
PEPPER_BYTES = 32


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """`key_id` names the signing key in token headers; `pepper` keys every stored hash of an opaque secret."""

    signing_key: Ed25519PrivateKey
    public_key: Ed25519PublicKey
    key_id: str
    pepper: bytes

    def hash_secret(self, secret: str, purpose: str) -> str:
        """Return the 64 hex digits under which an opaque secret is stored; one secret differs between purposes."""
        return hmac.new(self.pepper, f"{purpose}\0{secret}".encode(), hashlib.sha256).hexdigest()


def load_keys(folder: Path) -> IdentityKeys:
    """Read the installation's keys from `folder`, making folder and files (0700, 0600) where they are missing.

    Raises:
        OSError: the folder cannot be written or read.
        ValueError: a key file is there but is not ours.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    signing_key = load_pem_private_key(_read_or_make(folder / SIGNING_KEY_FILE, _new_signing_key), password=None)
    if not isinstance(signing_key, Ed25519PrivateKey):
        raise ValueError(f"{SIGNING_KEY_FILE} does not hold an Ed25519 key")
    pepper = _read_or_make(folder / PEPPER_FILE, lambda: secrets.token_bytes(PEPPER_BYTES))
    if len(pepper) != PEPPER_BYTES:
        raise ValueError(f"{PEPPER_FILE} does not hold {PEPPER_BYTES} bytes")
    public_key = signing_key.public_key()
    raw = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return IdentityKeys(signing_key, public_key, hashlib.sha256(raw).hexdigest()[:16], pepper)


def _new_signing_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(make())
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
