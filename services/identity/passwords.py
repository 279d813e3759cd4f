"""argon2id hashing off the event loop. A check costs the same whether or not there is a hash to check against."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
"""64 MiB and three passes: OWASP's upper recommendation; one lane, because web processes share few cores."""
_AT_ONCE = 4
"""Hashes computed at the same time by one process: bounds their memory to 256 MiB."""


@cache
def _slots() -> asyncio.Semaphore:
    return asyncio.Semaphore(_AT_ONCE)


@cache
def _nobody() -> str:
    return _HASHER.hash("no account has this password")


async def hash_password(password: str) -> str:
    """Return the argon2id string to store."""
    async with _slots():
        return await asyncio.to_thread(_HASHER.hash, password)


async def verify_password(password: str, stored: str | None) -> bool:
    """Say whether the password fits; with `stored=None` spend the same effort and say no."""
    async with _slots():
        fits = await asyncio.to_thread(_fits, password, stored or _nobody())
    return fits and stored is not None


def needs_rehash(stored: str) -> bool:
    """Say whether the string was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _fits(password: str, stored: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
