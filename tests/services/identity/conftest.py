"""Identity is tested against a real database; each test makes its own people."""

import secrets
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.identity import service as identity
from services.identity.schemas import Account
from tests.support.database import database

__all__ = ["database"]

PASSWORD = "correct horse battery"


@pytest.fixture
def address(database: object) -> str:
    """An address nobody has used."""
    return f"person-{secrets.token_hex(6)}@example.org"


@pytest_asyncio.fixture(loop_scope="session")
async def person(address: str) -> AsyncIterator[Account]:
    """A registered person whose password is `PASSWORD`."""
    yield await identity.register(address, PASSWORD)
