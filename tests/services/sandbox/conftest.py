"""Real sandboxes for the tests: each provider is probed once; one that cannot run here is skipped with its reason."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.sandbox.port import Capabilities, Event, Exit, LimitHit, LogChunk, NetAttempt, Phase, SandboxSpec
from services.sandbox.providers.bubblewrap import BubblewrapProvider
from services.sandbox.providers.gvisor import GvisorProvider
from services.sandbox.providers.local import LocalProvider, LocalSession

KINDS: dict[str, type[LocalProvider]] = {"gvisor": GvisorProvider, "bubblewrap": BubblewrapProvider}


@dataclass
class Outcome:
    """The events of one phase, sorted."""

    events: list[Event]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, LogChunk))

    @property
    def exit(self) -> Exit:
        assert isinstance(self.events[-1], Exit)
        return self.events[-1]

    @property
    def limits(self) -> list[str]:
        return [event.kind for event in self.events if isinstance(event, LimitHit)]

    @property
    def attempts(self) -> list[NetAttempt]:
        return [event for event in self.events if isinstance(event, NetAttempt)]


async def run(session: LocalSession, argv: Sequence[str], **settings: Any) -> Outcome:
    """Run one phase to its end."""
    settings.setdefault("deadline_seconds", 60.0)
    return Outcome([event async for event in session.run(Phase("test", argv, **settings))])


async def python(session: LocalSession, program: str, **settings: Any) -> Outcome:
    """Run a short program in the guest's interpreter."""
    return await run(session, ["python", "-S", "-c", program], **settings)


@pytest.fixture(scope="session")
def probed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[LocalProvider, Capabilities]]:
    """Every provider with what its probe found."""
    root = tmp_path_factory.mktemp("sandbox")
    known = {name: kind(root) for name, kind in KINDS.items()}
    return {name: (provider, asyncio.run(provider.probe())) for name, provider in known.items()}


@pytest.fixture(params=sorted(KINDS))
def provider(request: pytest.FixtureRequest, probed: dict[str, tuple[LocalProvider, Capabilities]]) -> LocalProvider:
    """Each provider that works on this machine."""
    found, capabilities = probed[request.param]
    if not capabilities.available:
        pytest.skip(f"{request.param} cannot run here: {capabilities.reason}")
    return found


@pytest.fixture
async def session(provider: LocalProvider) -> AsyncIterator[LocalSession]:
    """A fresh session, wiped afterwards."""
    opened = await provider.open(SandboxSpec("job-under-test"))
    yield opened
    await opened.wipe()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder for volumes."""
    return tmp_path / "volumes"
