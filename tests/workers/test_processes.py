"""Worker processes killed, queues flushed, connections cut: every item still ends once."""

import os
import signal
import time
from pathlib import Path
from uuid import UUID

import pytest
from redis import Redis

from services.core.ids import new_id
from services.infra.embedded.valkey import ValkeyServer
from tests.support.worker_processes import Installation, children_of

pytestmark = pytest.mark.slow


def _running(installation: Installation, steps: list[UUID]) -> None:
    installation.wait_for("items run", lambda: all(installation.status(step) == "RUNNING" for step in steps))


def _published(installation: Installation, steps: list[UUID]) -> None:
    installation.wait_for("published", lambda: all(installation.bench.step(s)["published_at"] for s in steps))


class TestItems:
    @pytest.mark.parametrize("queue", ["workflow", "models", "github", "sandbox"])
    def test_of_every_queue_end_once(self, installation: Installation, queue: str) -> None:
        installation.wait_until_done_once(*(installation.add_probe(queue=queue) for _ in range(3)))

    def test_handed_over_twice_end_once(self, installation: Installation) -> None:
        step = installation.add_probe(seconds=0.5)
        installation.bench.run(
            "INSERT INTO outbox_events (tenant_id, task, queue, payload) "
            "SELECT tenant_id, 'run_item', queue, jsonb_build_object('step_id', id, 'tenant_id', tenant_id) "
            "FROM workflow_steps, generate_series(1, 5) WHERE id = %s",
            step,
        )
        installation.wait_until_done_once(step)


class TestStop:
    def test_of_the_idle_asyncio_worker_takes_two_seconds_at_most(self, installation: Installation) -> None:
        installation.wait_until_done_once(installation.add_probe())
        process = installation.processes.pop("async")
        began = time.monotonic()
        process.terminate()
        assert process.wait(10) == 0
        seconds = time.monotonic() - began
        installation.start("async")
        assert seconds <= 2.0


class TestTimers:
    def test_that_are_due_act_once(self, installation: Installation) -> None:
        bench, workspace = installation.bench, installation.workspace
        job_id = bench.job(workspace, "WAITING_STRATEGY")
        bench.insert(
            "workflow_timers",
            id=new_id(),
            tenant_id=workspace.tenant_id,
            job_id=job_id,
            kind="IDLE",
            state_revision=0,
            fires_at="2026-01-01T00:00:00Z",
        )
        installation.wait_for("the timer acts", lambda: bench.state(job_id)["status"] == "FAILED")
        assert bench.count("job_transitions", "job_id = %s", [job_id]) == 1


class TestKills:
    def test_of_the_asyncio_worker_lose_no_item(self, installation: Installation) -> None:
        steps = [installation.add_probe(seconds=1.0) for _ in range(4)]
        _running(installation, steps)
        installation.kill("async")
        installation.start("async")
        installation.wait_until_done_once(*steps)
        rows = [installation.bench.step(step) for step in steps]
        assert {(row["lost_count"], row["tries"]) for row in rows} == {(1, 1)}

    def test_of_a_forked_child_lose_no_item(self, installation: Installation) -> None:
        step = installation.add_probe(seconds=1.5, queue="sandbox")
        _running(installation, [step])
        owner = int(installation.bench.step(step)["lease_owner"].rpartition(":")[2])
        assert owner in children_of(installation.processes["pool"].pid)
        os.kill(owner, signal.SIGKILL)
        installation.wait_until_done_once(step)
        assert installation.bench.step(step)["lost_count"] == 1

    def test_of_the_pool_lose_no_item_and_leave_no_process(self, installation: Installation) -> None:
        step = installation.add_probe(seconds=2.0, queue="github")
        _running(installation, [step])
        family = children_of(installation.processes["pool"].pid)
        assert family
        installation.kill("pool")
        installation.wait_for("the pool's children are gone", lambda: not any(map(_is_alive, family)))
        installation.start("pool")
        installation.wait_until_done_once(step)

    def test_of_the_scheduler_delay_and_lose_nothing(self, installation: Installation) -> None:
        installation.kill("scheduler")
        steps = [installation.add_probe(queue=queue) for queue in ("workflow", "sandbox")]
        time.sleep(1)
        assert {installation.status(step) for step in steps} == {"READY"}
        installation.start("scheduler")
        installation.wait_until_done_once(*steps)

    def test_of_the_elected_scheduler_hand_over_to_the_waiting_one(self, installation: Installation) -> None:
        installation.start("scheduler2")
        installation.wait_until_done_once(installation.add_probe())
        time.sleep(1)
        installation.kill("scheduler")
        installation.wait_until_done_once(installation.add_probe())
        installation.processes["scheduler"] = installation.processes.pop("scheduler2")


class TestLostServers:
    def test_a_flushed_queue_loses_no_item(self, installation: Installation, valkey: ValkeyServer) -> None:
        installation.kill("async")
        steps = [installation.add_probe() for _ in range(6)]
        _published(installation, steps)
        with Redis.from_url(valkey.url) as connection:
            assert connection.llen("rq:queue:workflow") > 0
            connection.flushall()
        installation.start("async")
        installation.wait_until_done_once(*steps)

    def test_a_flush_under_running_items_disturbs_none(self, installation: Installation, valkey: ValkeyServer) -> None:
        steps = [installation.add_probe(seconds=1.0, queue=queue) for queue in ("workflow", "sandbox")]
        _running(installation, steps)
        with Redis.from_url(valkey.url) as connection:
            connection.flushall()
        installation.wait_until_done_once(*steps)
        installation.wait_until_done_once(*(installation.add_probe(queue=q) for q in ("workflow", "sandbox")))

    def test_a_restarted_queue_server_is_waited_out(self, installation: Installation, valkey: ValkeyServer) -> None:
        valkey.stop()
        step = installation.add_probe()
        time.sleep(0.5)
        valkey.start()
        installation.wait_until_done_once(step, installation.add_probe(queue="sandbox"))

    def test_cut_database_connections_end_no_process_and_no_item(self, installation: Installation) -> None:
        steps = [installation.add_probe(seconds=2.0, queue=queue) for queue in ("workflow", "github")]
        _running(installation, steps)
        installation.bench.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND usename = 'iama_worker'"
        )
        installation.wait_until_done_once(*steps, installation.add_probe())
        assert {name for name, process in installation.processes.items() if process.poll() is not None} == set()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
