"""The API is tested over a real server on a real port, with a real database; each test brings its own people."""

import asyncio
import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import uvicorn
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.routing import Mount

from iama_app.api.app import api
from iama_app.api.rate_limit import RateLimiter
from services.canon.tasks import Queue
from services.core.actor import Actor, user_actor
from services.identity import passwords
from services.identity import service as identity
from services.infra.embedded.processes import free_port
from services.previews import service as previews
from tests.api import seeds
from tests.support.database import database

__all__ = ["database"]

PASSWORD = "correct horse battery"
CONSENT = {"document": "data-processing", "version": "1.0", "accepted": True}


@dataclass(frozen=True)
class Person:
    """A registered person with tokens; `client` sends the bearer header."""

    email: str
    tokens: dict[str, Any]
    client: httpx.AsyncClient

    @property
    def bearer(self) -> dict[str, str]:
        """The header that signs this person in."""
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Hash with the least effort: these tests register many people and prove nothing about hashing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def origin(database: object) -> AsyncIterator[str]:
    """Serve the API under /api, as the web process mounts it; its origin."""
    port = free_port()
    outer = Starlette(routes=[Mount("/api", api)])
    server = uvicorn.Server(uvicorn.Config(outer, port=port, log_level="warning", timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """Start every test with empty request buckets."""
    api.state.limiter = RateLimiter()


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(origin: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is not signed in and follows no redirect."""
    async with httpx.AsyncClient(base_url=f"{origin}/api", timeout=20) as client:
        yield client


async def sign_up(client: httpx.AsyncClient, *, consent: bool = True) -> dict[str, Any]:
    """Register somebody new, sign in, agree; return tokens with the address."""
    email = f"person-{secrets.token_hex(6)}@example.org"
    body = {"email": email, "password": PASSWORD}
    assert (await client.post("/v1/auth/register", json=body)).status_code == 201
    tokens = (await client.post("/v1/auth/login", json=body)).json()
    if consent:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert (await client.post("/v2/me/consents", json=CONSENT, headers=headers)).status_code == 201
    return tokens | {"email": email}


async def _person(origin: str, stranger: httpx.AsyncClient) -> AsyncIterator[Person]:
    tokens = await sign_up(stranger)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    async with httpx.AsyncClient(base_url=f"{origin}/api", headers=headers, timeout=20) as client:
        yield Person(tokens["email"], tokens, client)


@pytest_asyncio.fixture(loop_scope="session")
async def ada(origin: str, stranger: httpx.AsyncClient) -> AsyncIterator[Person]:
    """A person who agreed to data processing."""
    async for person in _person(origin, stranger):
        yield person


@pytest_asyncio.fixture(loop_scope="session")
async def bob(origin: str, stranger: httpx.AsyncClient) -> AsyncIterator[Person]:
    """Another person with an own workspace."""
    async for person in _person(origin, stranger):
        yield person


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small Git repository that the installation may read."""
    monkeypatch.setenv("IAMA_LOCAL_ROOTS", str(tmp_path))
    folder = tmp_path / "legacy"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop" / "prices.py").write_text("def total(items):\n    return sum([i for i in items])\n")
    for command in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-q", "-m", "Prices"],
    ):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    return folder


def job_body(repository: Path) -> dict[str, Any]:
    """The body of a small job on a repository."""
    return {
        "source": {"kind": "GIT", "url": f"file://{repository}", "branch": "main"},
        "path_scope": ["shop"],
        "goal": "Modernise to Python 3.11",
    }


def key() -> dict[str, str]:
    """A fresh Idempotency-Key header."""
    return {"Idempotency-Key": secrets.token_hex(12)}


async def make_job(person: Person, repository: Path) -> dict[str, Any]:
    """Create a job and return it."""
    answer = await person.client.post("/v2/jobs", json=job_body(repository), headers=key())
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def actor_of(person: Person) -> Actor:
    """Return the actor of a person's own workspace."""
    caller = await identity.resolve_access_token(person.tokens["access_token"])
    return user_actor(caller.user_id, caller.tenant_id)


@pytest_asyncio.fixture(loop_scope="session")
async def delivered(ada: Person, repository: Path) -> UUID:
    """A delivered job with its result, patches, evidence and tests."""
    job_id = UUID((await make_job(ada, repository))["job_id"])
    await seeds.deliver(await actor_of(ada), job_id)
    return job_id


@pytest.fixture(autouse=True)
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let questions be answered in this process; that a worker answers them is tested with the slice."""

    async def ask(actor: Actor, task: str, queue: Queue, question: str, **_: Any) -> str:
        assert (task, queue) == (previews.TASK, Queue.MODELS)
        return await previews.respond(actor, question)

    monkeypatch.setattr(previews.channel, "ask", ask)
