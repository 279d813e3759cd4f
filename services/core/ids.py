"""Identifiers: time-ordered UUIDs (RFC 9562, version 7) and opaque tokens."""

import os
import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """Return a version 7 UUID, so that keys of one table grow in insertion order."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def new_token(bits: int = 192) -> str:
    """Return an opaque URL-safe secret of at least `bits` random bits."""
    return secrets.token_urlsafe(bits // 8)
