"""The workspace's stream over a real connection: every job that changes, nobody else's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from iama_app.api.app import api
from iama_app.api.streams import StreamClocks
from tests.api.conftest import Person, make_job
from tests.api.v2.test_streams import Reader

pytestmark = pytest.mark.asyncio(loop_scope="session")


@asynccontextmanager
async def _open(person: Person, **headers: str) -> AsyncIterator[Reader]:
    async with person.client.stream("GET", "/v2/events", headers=headers) as answer:
        assert answer.status_code == 200
        yield Reader(answer)


class TestOpen:
    async def test_tells_each_change_of_each_job_as_lists_show_it(self, ada: Person, repository: Path) -> None:
        first = await make_job(ada, repository)
        async with _open(ada) as reader:
            hello = await reader.until("hello")
            assert hello["snapshot"] == {"counters": {"PENDING": 1}}
            assert hello["resume_from"] == 0
            await reader.until("counters")
            second = await make_job(ada, repository)
            told = await reader.until("job_summary")
            assert (told["job_id"], told["job"]["status"], told["state_revision"]) == (second["job_id"], "PENDING", 0)
            assert told["job"]["goal"] == second["goal"]
            assert (await reader.until("counters"))["counters"] == {"PENDING": 2}
            await ada.client.delete(f"/v1/jobs/{first['job_id']}")
            told = await reader.until("job_summary")
            assert (told["job_id"], told["job"]["status"], told["id"]) == (first["job_id"], "FAILED", str(told["seq"]))

    async def test_tells_nothing_of_other_workspaces(self, ada: Person, bob: Person, repository: Path) -> None:
        async with _open(bob) as reader:
            assert (await reader.until("hello"))["snapshot"] == {"counters": {}}
            await make_job(ada, repository)
            own = await make_job(bob, repository)
            assert (await reader.until("job_summary"))["job_id"] == own["job_id"]
            assert (await reader.until("counters"))["counters"] == {"PENDING": 1}

    async def test_takes_the_bearer_header_alone(self, stranger: httpx.AsyncClient, ada: Person) -> None:
        token = ada.tokens["access_token"]
        in_address = await stranger.get("/v2/events", params={"access_token": token})
        assert in_address.json()["error_code"] == "TOKEN_IN_URL_FORBIDDEN"
        cookie = await stranger.get("/v2/events", headers={"Cookie": f"iama_session={token}"})
        assert (cookie.status_code, cookie.json()["error_code"]) == (401, "AUTHENTICATION_REQUIRED")

    async def test_ends_when_the_sign_in_ends(self, ada: Person) -> None:
        api.state.stream_clocks = StreamClocks(access_recheck=0.2)
        try:
            async with _open(ada) as reader:
                await reader.until("hello")
                await ada.client.post("/v1/auth/logout", json={"refresh_token": ada.tokens["refresh_token"]})
                await reader.until("access_revoked")
        finally:
            api.state.stream_clocks = StreamClocks()


class TestResume:
    async def test_tells_what_changed_meanwhile_once_as_it_stands_now(self, ada: Person, repository: Path) -> None:
        jobs = [(await make_job(ada, repository))["job_id"] for _ in range(3)]
        async with _open(ada) as reader:
            seen = (await reader.until("counters"))["id"]
        for job_id in jobs[:2]:
            await ada.client.delete(f"/v1/jobs/{job_id}")
        async with _open(ada, **{"Last-Event-ID": seen}) as reader:
            assert str((await reader.until("hello"))["resume_from"]) == seen
            told = [await reader.until("job_summary") for _ in range(2)]
            assert [frame["job_id"] for frame in told] == jobs[:2]
            assert {frame["job"]["status"] for frame in told} == {"FAILED"}
            assert (await reader.until("counters"))["counters"] == {"FAILED": 2, "PENDING": 1}

    async def test_loses_nothing_while_jobs_are_made_at_once(self, ada: Person, repository: Path) -> None:
        async with _open(ada) as reader:
            await reader.until("hello")
            made = await asyncio.gather(*(make_job(ada, repository) for _ in range(8)))
            left = {job["job_id"] for job in made}
            while left:
                left.discard((await reader.until("job_summary"))["job_id"])

    async def test_asks_to_start_anew_for_a_number_that_is_not_ours(self, ada: Person) -> None:
        async with _open(ada, **{"Last-Event-ID": "99999"}) as reader:
            assert (await reader.until("resync_required"))["snapshot"] == {"counters": {}}
