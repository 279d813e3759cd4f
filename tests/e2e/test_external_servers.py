"""PostgreSQL and Redis that the launcher did not start, shared by two web processes and two sets of workers."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from iama_app.cli.data_folder import new_run_record
from iama_app.cli.environment import Surroundings
from iama_app.cli.migration import migrate_apart
from iama_app.cli.supervisor import Program, Supervisor
from iama_app.cli.up import programs
from services.infra.embedded.postgres import PostgresServer
from services.infra.embedded.processes import free_port
from services.infra.embedded.servers import running_servers as servers_of_an_installation
from services.infra.embedded.valkey import ValkeyServer
from services.infra.paths import DATA_VARIABLE
from services.infra.settings import load_settings, secret
from tests.campaign.api_client import ApiPerson, Follower
from tests.campaign.git_server import GitServer, serving
from tests.campaign.till import GOAL, SCOPE, make_till

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SECRET = "a secret that both machines of the test share"
READY_SECONDS = 60.0
DELIVERED_SECONDS = 240.0
ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "PENDING": ("START", {}),
    "WAITING_STRATEGY": ("SELECT_STRATEGY", {"level": "STANDARD"}),
    "WAITING_SPEC_APPROVAL": ("APPROVE_SPEC", {"accept_hazards": True}),
}


@dataclass(frozen=True, slots=True)
class Machine:
    """One launcher's worth of processes, and where its web process answers."""

    origin: str
    programs: list[Program]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two machines on shared servers and a shared data folder; `check` restarts what dies."""

    machines: tuple[Machine, Machine]
    supervisor: Supervisor
    restarts: list[str]
    repository: str


@pytest.fixture
def foreign_servers() -> Iterator[tuple[str, str]]:
    """PostgreSQL and Valkey as an operator would run them: URLs of the administrator and of the transport."""
    folder = Path(tempfile.mkdtemp(prefix="iama-operator-"))
    folder.chmod(0o755)
    postgres, valkey = PostgresServer(folder), ValkeyServer(folder)
    try:
        postgres.start()
        valkey.start()
        yield postgres.url, valkey.url
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pair(foreign_servers: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """Start both machines on servers that no launcher of theirs watches."""
    tmp_path.chmod(0o755)
    make_till(tmp_path / "repositories" / "till")
    restarts: list[str] = []
    supervisor = Supervisor(restarts.append)
    monkeypatch.setenv("IAMA_DATABASE_SECRET", SECRET)
    monkeypatch.setenv("DATABASE_URL", foreign_servers[0])
    monkeypatch.setenv("REDIS_URL", foreign_servers[1])
    monkeypatch.setenv("IAMA_ALLOW_PRIVATE_REMOTES", "1")
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "data"))
    (tmp_path / "data" / "logs").mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        host = stack.enter_context(serving(tmp_path / "repositories", tmp_path))
        monkeypatch.setenv("PATH", f"{_trusting_git(tmp_path, host)}{os.pathsep}{os.environ['PATH']}")
        stack.callback(supervisor.stop)
        machines = (_machine(monkeypatch, supervisor, "a"), _machine(monkeypatch, supervisor, "b"))
        yield Pair(machines, supervisor, restarts, f"{host.url}/till")


def _trusting_git(folder: Path, host: GitServer) -> Path:
    """Make a `git` that trusts the test's host: the product hands Git no certificate of the caller's choice."""
    shim = folder / "bin" / "git"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nGIT_SSL_CAINFO="{host.certificate}" exec {shutil.which("git")} "$@"\n')
    shim.chmod(0o755)
    return shim.parent


def _machine(patch: pytest.MonkeyPatch, supervisor: Supervisor, name: str) -> Machine:
    patch.setenv("IAMA_PORT", str(free_port()))
    settings = load_settings()
    urls = (secret(settings.database_url), secret(settings.redis_url))
    with servers_of_an_installation(settings.data_folder, database_url=urls[0], redis_url=urls[1]) as found:
        assert found.is_external
        assert found.embedded == ()
        migrated = migrate_apart(settings, found.admin_url)
        around = Surroundings(settings, new_run_record(""), migrated.urls, found.redis_url)
    started = programs(settings, around)
    for program in started:
        program.name = f"{program.name}-{name}"
        program.log = program.log.with_name(f"{program.name}.log")
        supervisor.start(program)
    return Machine(f"http://127.0.0.1:{settings.port}", started)


class TestExternalServers:
    def test_job_made_on_one_machine_is_delivered_before_the_eyes_of_the_other(self, pair: Pair) -> None:
        asyncio.run(self._job(pair))

    async def _job(self, pair: Pair) -> None:
        here, there = pair.machines
        for machine in pair.machines:
            await _wait_for(pair, machine)
        person = ApiPerson(here.origin)
        await person.sign_up()
        source = {"kind": "GIT", "url": pair.repository}
        job = await person.post("/v2/jobs", {"source": source, "path_scope": [SCOPE], "goal": GOAL})
        follower = Follower(there.origin, person.headers, job["job_id"])
        following = asyncio.create_task(follower.follow())
        await self._until_delivered(pair, person, job["job_id"], follower)
        following.cancel()
        last = await person.get(f"/v2/jobs/{job['job_id']}/events/history?limit=500")
        assert follower.seqs == [fact["seq"] for fact in last["items"]] == list(range(1, len(follower.seqs) + 1))
        assert follower.connections == 1
        elsewhere = await ApiPerson(there.origin, person.headers).get(f"/v2/jobs/{job['job_id']}")
        assert elsewhere["status"] == "DELIVERED"
        assert not pair.restarts

    async def _until_delivered(self, pair: Pair, person: ApiPerson, job_id: str, follower: Follower) -> None:
        async with asyncio.timeout(DELIVERED_SECONDS):
            while not follower.saw_state("DELIVERED"):
                pair.supervisor.check()
                job = await person.get(f"/v2/jobs/{job_id}")
                assert job["status"] not in ("FAILED", "FALLBACK_REQUIRED"), job["failure_detail"]
                action = ANSWERS.get(job["status"])
                offered = {item["action"] for item in job["available_actions"]}
                is_ready = job["status"] != "WAITING_SPEC_APPROVAL" or job["spec_status"] == "READY"
                if action is not None and action[0] in offered and is_ready:
                    await person.act(job, action[0], **action[1])
                await asyncio.sleep(0.3)


async def _wait_for(pair: Pair, machine: Machine) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while True:
            pair.supervisor.check()
            with contextlib.suppress(httpx.HTTPError, AssertionError):
                await ApiPerson(machine.origin).get("/openapi.json")
                return
            await asyncio.sleep(0.2)
