"""The web process killed under an open stream: the client resumes with no gap and no repeat."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from uuid import UUID

import httpx
import pytest

from tests.campaign.api_client import ApiPerson, Follower
from tests.campaign.installation import Installation, running_installation
from tests.campaign.probes import add_probes, recorded
from tests.campaign.till import GOAL, SCOPE, make_till

pytestmark = pytest.mark.slow

PROBES = 60
PROBE_SECONDS = 0.7
KILLS = 2
SECONDS = 90.0


@pytest.fixture(scope="module")
def whole() -> Iterator[Installation]:
    """An installation with its web process."""
    with running_installation(without=frozenset()) as installation:
        yield installation


@pytest.fixture
def origin(whole: Installation, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the web process answers; this process is pointed at the same servers."""
    for name, value in whole.addresses.items():
        monkeypatch.setenv(name, value)
    words = list(whole.programs["web"].argv)
    return f"http://127.0.0.1:{words[words.index('--port') + 1]}"


class TestWebKilled:
    def test_stream_resumes_without_gap_or_repeat(self, whole: Installation, origin: str) -> None:
        repository = make_till(whole.repositories / "streamed")
        whole.run(self._watch_through_kills(whole, origin, repository.as_uri()))

    async def _watch_through_kills(self, whole: Installation, origin: str, repository: str) -> None:
        await _until(whole, lambda: _answers(origin), "the web process")
        person = ApiPerson(origin)
        await person.sign_up()
        source = {"kind": "GIT", "url": repository}
        job = await person.post("/v2/jobs", {"source": source, "path_scope": [SCOPE], "goal": GOAL})
        follower = Follower(origin, person.headers, job["job_id"])
        following = asyncio.create_task(follower.follow())
        await _until(whole, lambda: _true(bool(follower.facts)), "the first fact")
        await add_probes(whole, UUID(job["job_id"]), range(PROBES), PROBE_SECONDS)
        for _ in range(KILLS):
            await _until(whole, _more(follower, facts=5), "more facts")
            whole.kill("web")
            await _until(whole, _more(follower, connections=1), "a resumed stream")
        job_id = UUID(job["job_id"])
        await _until(whole, lambda: _true(recorded(whole, job_id) == PROBES), f"{PROBES} recorded probes")
        last = whole.rows("SELECT max(seq) AS n FROM job_events WHERE job_id = %s", job["job_id"])[0]["n"]
        await _until(whole, lambda: _true(follower.seqs[-1:] == [last]), "the last fact")
        following.cancel()
        assert follower.seqs == list(range(1, last + 1))
        assert follower.connections >= KILLS + 1


def _more(follower: Follower, *, facts: int = 0, connections: int = 0) -> Callable[[], Awaitable[bool]]:
    wanted = (len(follower.facts) + facts, follower.connections + connections)
    return lambda: _true(len(follower.facts) >= wanted[0] and follower.connections >= wanted[1])


async def _true(value: bool) -> bool:
    return value


async def _answers(origin: str) -> bool:
    with contextlib.suppress(httpx.HTTPError, AssertionError):
        await ApiPerson(origin).get("/openapi.json")
        return True
    return False


async def _until(whole: Installation, done: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not await done():
        assert time.monotonic() < deadline, f"{what} did not come\n{whole.last_words()}"
        whole.check()
        await asyncio.sleep(0.1)
