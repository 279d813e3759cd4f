"""The job's stream over a real connection: hello, order, resume, renewal, loss of access."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from iama_app.api.app import api
from iama_app.api.streams import StreamClocks
from services.identity import access_tokens
from tests.api.conftest import Person, make_job

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE_SECONDS = 10


class Reader:
    """Reads frames of an open stream one by one."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()

    async def block(self) -> list[str]:
        """Return the lines up to the next empty one; an empty list at the end of the stream."""
        lines: list[str] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in self._lines:
                if not line:
                    return lines
                lines.append(line)
        return []

    async def frame(self) -> dict[str, Any]:
        """Return the next frame as `{"id", "event", ...data}`, passing over comments and hints."""
        while block := await self.block():
            fields = dict(line.split(": ", 1) for line in block if not line.startswith(":"))
            if "data" in fields:
                data = json.loads(fields["data"])
                assert data["event"] == fields["event"]
                return data | {"id": fields.get("id")}
        return {}

    async def until(self, event: str) -> dict[str, Any]:
        """Return the next frame of one type."""
        while frame := await self.frame():
            if frame["event"] == event:
                return frame
        raise AssertionError(f"the stream ended before {event}")


@asynccontextmanager
async def _open(person: Person, job_id: str, **headers: str) -> AsyncIterator[Reader]:
    async with person.client.stream("GET", f"/v2/jobs/{job_id}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Reader(answer)


@pytest.fixture
def quick() -> Iterator[Callable[..., None]]:
    """Shorten the stream's clocks."""

    def shorten(**seconds: float) -> None:
        api.state.stream_clocks = StreamClocks(**seconds)

    yield shorten
    api.state.stream_clocks = StreamClocks()


class TestOpen:
    async def test_greets_with_the_job_and_then_tells_every_fact(self, ada: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        async with _open(ada, job["job_id"]) as reader:
            assert await reader.block() == ["retry: 2000"]
            hello = await reader.frame()
            job.pop("audit_event_id")
            assert (hello["event"], hello["resume_from"], hello["snapshot"]) == ("hello", 0, job)
            first = await reader.frame()
            assert (first["event"], first["state"], first["seq"], first["id"]) == ("state_change", "PENDING", 1, "1")
            assert {"job_id", "state_revision", "timestamp"} <= first.keys()
            await ada.client.delete(f"/v1/jobs/{job['job_id']}")
            change = await reader.until("state_change")
            assert (change["state"], change["state_revision"]) == ("FAILED", 1)

    async def test_arrives_within_half_a_second(self, ada: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        async with _open(ada, job["job_id"], **{"Last-Event-ID": "1"}) as reader:
            await reader.until("hello")
            await asyncio.sleep(0.2)
            began = asyncio.get_running_loop().time()
            await ada.client.delete(f"/v1/jobs/{job['job_id']}")
            await reader.until("state_change")
            assert asyncio.get_running_loop().time() - began < 1.0

    async def test_takes_no_cookie_and_no_token_in_the_address(
        self, stranger: httpx.AsyncClient, ada: Person, repository: Path
    ) -> None:
        path = f"/v2/jobs/{(await make_job(ada, repository))['job_id']}/events"
        token = ada.tokens["access_token"]
        assert (await stranger.get(path, params={"access_token": token})).json()[
            "error_code"
        ] == "TOKEN_IN_URL_FORBIDDEN"
        cookie = await stranger.get(path, headers={"Cookie": f"iama_session={token}"})
        assert cookie.json()["error_code"] == "AUTHENTICATION_REQUIRED"

    async def test_version_one_serves_the_same_frames(self, ada: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        async with ada.client.stream("GET", f"/v1/jobs/{job['job_id']}/logs") as answer:
            reader = Reader(answer)
            assert (await reader.frame())["event"] == "hello"
            assert (await reader.frame())["seq"] == 1

    async def test_pings(self, ada: Person, repository: Path, quick: Callable[..., None]) -> None:
        quick(ping=0.1)
        async with _open(ada, (await make_job(ada, repository))["job_id"]) as reader:
            await reader.until("state_change")
            assert await reader.block() == [": ping"]


class TestResume:
    async def test_goes_on_after_the_last_frame_seen(self, ada: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        await ada.client.delete(f"/v1/jobs/{job['job_id']}")
        async with _open(ada, job["job_id"], **{"Last-Event-ID": "1"}) as reader:
            hello = await reader.frame()
            assert (hello["resume_from"], hello["snapshot"]["status"]) == (1, "FAILED")
            assert (await reader.frame())["seq"] == 2

    async def test_asks_to_start_anew_when_the_id_is_not_ours(self, ada: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        async with _open(ada, job["job_id"], **{"Last-Event-ID": "999"}) as reader:
            assert (await reader.frame())["resume_from"] == 1
            lost = await reader.frame()
            assert (lost["event"], lost["snapshot"]["status"]) == ("resync_required", "PENDING")

    @pytest.mark.parametrize("value", ["", "abc", "-1", "1; drop", "9" * 40])
    async def test_reads_foreign_ids_as_from_the_start(self, ada: Person, repository: Path, value: str) -> None:
        async with _open(ada, (await make_job(ada, repository))["job_id"], **{"Last-Event-ID": value}) as reader:
            assert (await reader.frame())["resume_from"] == 0
            assert (await reader.frame())["seq"] == 1


class TestHistory:
    async def test_pages_what_the_stream_told(self, ada: Person, repository: Path) -> None:
        job = await make_job(ada, repository)
        await ada.client.delete(f"/v1/jobs/{job['job_id']}")
        path, seen, after = f"/v2/jobs/{job['job_id']}/events/history", [], 0
        while after is not None:
            page = (await ada.client.get(path, params={"after_seq": after, "limit": 1})).json()
            seen += [item["seq"] for item in page["items"]]
            after = page["next_after_seq"]
        assert seen == list(range(1, len(seen) + 1))
        assert len(seen) >= 2
        only = (await ada.client.get(path, params={"types": "log_line"})).json()
        assert {item["type"] for item in only["items"]} <= {"log_line"}


class TestSignIn:
    async def test_warns_and_closes_when_the_token_ends(
        self, ada: Person, repository: Path, quick: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = await make_job(ada, repository)
        monkeypatch.setattr(access_tokens, "ACCESS_TOKEN_SECONDS", 2)
        await self._refresh(ada)
        quick(auth_warning=1.5, auth_grace=0.3, renewal_poll=0.05)
        async with _open(ada, job["job_id"]) as reader:
            warning = await reader.until("auth_expiring")
            assert warning["stream_id"]
            assert (await reader.until("auth_expired"))["stream_id"] == warning["stream_id"]
            assert await reader.block() == []

    async def test_goes_on_when_renewed_with_a_fresh_token(
        self, ada: Person, bob: Person, repository: Path, quick: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = await make_job(ada, repository)
        monkeypatch.setattr(access_tokens, "ACCESS_TOKEN_SECONDS", 2)
        await self._refresh(ada)
        quick(auth_warning=1.5, auth_grace=0.3, renewal_poll=0.05)
        async with _open(ada, job["job_id"]) as reader:
            stream_id = (await reader.until("auth_expiring"))["stream_id"]
            monkeypatch.setattr(access_tokens, "ACCESS_TOKEN_SECONDS", 900)
            foreign = await bob.client.post(f"/v2/streams/{stream_id}/renew")
            assert foreign.json()["error_code"] == "NOT_FOUND"
            await self._refresh(ada)
            assert (await ada.client.post(f"/v2/streams/{stream_id}/renew")).status_code == 204
            await asyncio.sleep(2.5)
            await ada.client.delete(f"/v1/jobs/{job['job_id']}")
            assert (await reader.until("state_change"))["state"] in {"PENDING", "FAILED"}

    async def test_ends_when_access_is_lost(self, ada: Person, repository: Path, quick: Callable[..., None]) -> None:
        job = await make_job(ada, repository)
        quick(access_recheck=0.2)
        async with _open(ada, job["job_id"]) as reader:
            await reader.until("hello")
            await ada.client.post("/v1/auth/logout", json={"refresh_token": ada.tokens["refresh_token"]})
            await reader.until("access_revoked")
            assert await reader.block() == []

    async def test_unknown_streams_cannot_be_renewed(self, ada: Person) -> None:
        assert (await ada.client.post(f"/v2/streams/{uuid4()}/renew")).status_code == 404

    @staticmethod
    async def _refresh(person: Person) -> None:
        body = {"refresh_token": person.tokens["refresh_token"]}
        person.tokens.update((await person.client.post("/v1/auth/refresh", json=body)).json())
        person.client.headers["Authorization"] = f"Bearer {person.tokens['access_token']}"
