"""Every pair of states against the transition function and against the trigger, and what commits beside a change."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.tasks import ItemKind, TimerKind
from services.core.actor import Actor
from services.infra.database import POOL_OVERFLOW, POOL_SIZE, is_connection_lost, transaction
from services.infra.migrate import DatabaseUrls
from services.infra.unit_of_work import audit_trail, unit_of_work
from services.jobs.transitions import Applied, ItemRequest, Transition, transition, transition_alone
from tests.support.bench import Bench, Workspace
from tests.support.legal_pairs import expected_targets

STATES = [state.value for state in JobState]
EXPECTED = expected_targets()
APPEND_ONLY = ("job_transitions", "audit_events", "job_events")
run_async = pytest.mark.asyncio(loop_scope="session")


def _ask(bench: Bench, workspace: Workspace, job_id: UUID, expected: int, target: str) -> dict[str, Any]:
    return bench.value(
        "SELECT iama_transition(%s, %s, %s, %s, 'test', NULL, %s::jsonb, '{}', NULL, '[]', '[]', '[]')",
        workspace.tenant_id,
        job_id,
        expected,
        target,
        '{"kind": "SYSTEM", "ref": "system:test", "user_id": null, "surface": "SYSTEM"}',
    )


class TestFunction:
    @pytest.mark.parametrize("source", STATES)
    def test_passes_exactly_the_expected_pairs(self, bench: Bench, workspace: Workspace, source: str) -> None:
        passed = set()
        for target in STATES:
            job_id = bench.job(workspace, source)
            answer = _ask(bench, workspace, job_id, 0, target)
            if answer.get("ok"):
                passed.add(target)
                assert bench.state(job_id)["status"] == target
            else:
                assert answer["error"] == "TRANSITION_NOT_ALLOWED"
                assert bench.state(job_id)["status"] == source
        assert passed == set(EXPECTED[source])

    def test_refuses_a_stale_revision_and_tells_where_the_job_stands(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "REFACTORING", state_revision=7)
        answer = _ask(bench, workspace, job_id, 6, "SELF_HEALING")
        assert answer == {"error": "STATE_REVISION_CONFLICT", "status": "REFACTORING", "state_revision": 7}

    def test_does_not_know_a_job_of_another_workspace(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(bench.workspace(), "PENDING")
        assert _ask(bench, workspace, job_id, 0, "REPO_SYNCING") == {"error": "JOB_NOT_FOUND"}

    def test_writes_nothing_when_it_refuses(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "FAILED")
        _ask(bench, workspace, job_id, 0, "PENDING")
        _ask(bench, workspace, job_id, 3, "PENDING")
        assert bench.count("audit_events", "tenant_id = %s", [workspace.tenant_id]) == 0
        assert bench.count("job_transitions", "job_id = %s", [job_id]) == 0
        assert bench.count("job_events", "job_id = %s", [job_id]) == 0


def _as_admin(urls: DatabaseUrls, _workspace: Workspace) -> psycopg.Connection[Any]:
    return psycopg.connect(urls.admin)


def _as_application(urls: DatabaseUrls, workspace: Workspace) -> psycopg.Connection[Any]:
    connection = psycopg.connect(urls.app)
    connection.execute("SELECT set_config('app.tenant_id', %s, false)", [str(workspace.tenant_id)])
    connection.commit()
    return connection


ROLES = [_as_admin, _as_application]


class TestTrigger:
    @pytest.mark.parametrize("source", STATES)
    def test_refuses_every_pair_written_directly(
        self, bench: Bench, database: DatabaseUrls, workspace: Workspace, source: str
    ) -> None:
        job_id = bench.job(workspace, source)
        with _as_admin(database, workspace) as connection:
            for target in STATES:
                if target == source:
                    continue
                message = "iama_transition only" if target in EXPECTED[source] else "illegal transition"
                with pytest.raises(psycopg.errors.CheckViolation, match=message), connection.transaction():
                    connection.execute(
                        "UPDATE refactor_jobs SET status = %s, state_revision = 1 WHERE id = %s", [target, job_id]
                    )
        assert bench.state(job_id)["status"] == source

    @pytest.mark.parametrize("source", STATES)
    def test_refuses_illegal_pairs_even_inside_a_pretended_transition(
        self, bench: Bench, database: DatabaseUrls, workspace: Workspace, source: str
    ) -> None:
        job_id = bench.job(workspace, source)
        passed = set()
        with _as_admin(database, workspace) as connection:
            for target in STATES:
                if target == source:
                    continue
                connection.execute("SELECT set_config('iama.transition', 'on', true)")
                try:
                    with connection.transaction(force_rollback=True):
                        connection.execute(
                            "UPDATE refactor_jobs SET status = %s, state_revision = 1 WHERE id = %s", [target, job_id]
                        )
                    passed.add(target)
                except psycopg.errors.CheckViolation:
                    continue
        assert passed == set(EXPECTED[source])

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize(
        "change",
        ["status = 'FAILED'", "status = 'FAILED', state_revision = 1", "state_revision = 1", "state_revision = -1"],
    )
    def test_refuses_status_and_revision_to_everybody(
        self,
        bench: Bench,
        database: DatabaseUrls,
        workspace: Workspace,
        role: Callable[[DatabaseUrls, Workspace], psycopg.Connection[Any]],
        change: str,
    ) -> None:
        job_id = bench.job(workspace, "PENDING")
        with role(database, workspace) as connection, pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(f"UPDATE refactor_jobs SET {change} WHERE id = %s".encode(), [job_id])

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("birth", [("DELIVERED", 0), ("PENDING", 1)])
    def test_lets_a_job_begin_only_in_pending_at_revision_0(
        self,
        database: DatabaseUrls,
        workspace: Workspace,
        role: Callable[[DatabaseUrls, Workspace], psycopg.Connection[Any]],
        birth: tuple[str, int],
    ) -> None:
        with role(database, workspace) as connection, pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(
                "INSERT INTO refactor_jobs (tenant_id, project_id, owner_id, status, state_revision, source_kind, "
                "goal, repo_label, execution_mode, test_network_mode, origin_surface, billing_subject, delivery_policy)"
                " VALUES (%s, %s, %s, %s, %s, 'GIT', 'g', '', 'REMOTE_SANDBOX', 'MOCKED', 'API', 'USER', 'DRAFT_PR')",
                [workspace.tenant_id, workspace.project_id, workspace.user_id, *birth],
            )

    def test_lets_other_columns_change(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "PENDING")
        assert bench.run("UPDATE refactor_jobs SET goal = 'Other' WHERE id = %s", job_id) == 1


CHANGE = Transition(
    JobState.REPO_SYNCING,
    "started",
    "REASON",
    {"source_branch": "main", "failure_detail": None},
    "12 files",
    items=(ItemRequest(ItemKind.SYNC_REPOSITORY), ItemRequest(ItemKind.PROBE, {"seconds": 1})),
    timers=((TimerKind.IDLE, 60.0), (TimerKind.SANDBOX_HOLD, 30.0)),
    events=({"type": "precheck_result", "payload": {"passed": True}},),
)

Verb = Callable[[Actor, UUID, int, Transition], Awaitable[Applied]]


async def _inside(actor: Actor, job_id: UUID, expected_revision: int, change: Transition) -> Applied:
    async with unit_of_work(actor) as uow:
        return await transition(uow, job_id, expected_revision, change)


VERBS = pytest.mark.parametrize("verb", [_inside, transition_alone])
CUT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
    "AND usename = 'iama_app' AND wait_event_type = 'Lock'"
)
SEEN = "SELECT current_setting('app.tenant_id', true) || current_setting('app.actor_id', true)"


@run_async
class TestTransition:
    @VERBS
    async def test_commits_row_audit_frames_items_outbox_and_timers_together(
        self, bench: Bench, workspace: Workspace, verb: Verb
    ) -> None:
        job_id = bench.job(workspace)
        applied = await verb(workspace.person, job_id, 0, CHANGE)
        assert (applied.source, applied.status, applied.state_revision) == ("PENDING", "REPO_SYNCING", 1)
        row = bench.row("SELECT * FROM job_transitions WHERE job_id = %s", job_id)
        assert (row["from_state"], row["to_state"], row["trigger"]) == ("PENDING", "REPO_SYNCING", "started")
        assert (row["reason_code"], row["fact"], row["state_revision"]) == ("REASON", "12 files", 1)
        assert (row["actor_kind"], row["actor_ref"], row["surface"]) == ("USER", str(workspace.user_id), "WEB")
        audit = bench.row("SELECT * FROM audit_events WHERE job_id = %s", job_id)
        assert audit["event_type"] == "job.transition"
        assert audit["body"]["old_state"] == "PENDING"
        assert audit["body"]["new_state"] == "REPO_SYNCING"
        assert audit["body"]["state_revision"] == 1
        assert audit["actor_id"] == workspace.user_id
        frames = bench.rows("SELECT * FROM job_events WHERE job_id = %s ORDER BY seq", job_id)
        assert [(f["seq"], f["type"], f["state_revision"]) for f in frames] == [
            (1, "state_change", 1),
            (2, "precheck_result", 1),
        ]
        assert frames[0]["payload"]["state"] == "REPO_SYNCING"
        steps = bench.rows("SELECT * FROM workflow_steps WHERE job_id = %s ORDER BY step_key", job_id)
        assert {(s["kind"], s["queue"], s["status"], s["state_revision"]) for s in steps} == {
            ("sync_repository", "github", "READY", 1),
            ("probe", "workflow", "READY", 1),
        }
        outbox = bench.rows("SELECT * FROM outbox_events WHERE tenant_id = %s", workspace.tenant_id)
        assert {o["payload"]["step_id"] for o in outbox} == {str(s["id"]) for s in steps}
        timers = bench.rows("SELECT * FROM workflow_timers WHERE job_id = %s", job_id)
        assert {t["kind"] for t in timers} == {"IDLE", "SANDBOX_HOLD"}
        assert all(t["state_revision"] == 1 and t["fires_at"] > t["created_at"] for t in timers)
        job = bench.state(job_id)
        assert (job["status"], job["state_revision"], job["source_branch"]) == ("REPO_SYNCING", 1, "main")

    async def test_leaves_nothing_when_rolled_back(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        with pytest.raises(ZeroDivisionError):
            async with unit_of_work(workspace.person) as uow:
                await transition(uow, job_id, 0, CHANGE)
                raise ZeroDivisionError
        assert bench.state(job_id)["status"] == "PENDING"
        for table in ("job_transitions", "job_events", "workflow_steps", "workflow_timers"):
            assert bench.count(table, "job_id = %s", [job_id]) == 0
        for table in ("audit_events", "outbox_events", "audit_heads", "job_feed_heads"):
            assert bench.count(table, "tenant_id = %s", [workspace.tenant_id]) == 0

    @VERBS
    async def test_gives_exactly_one_of_twenty_racing_commands_the_revision(
        self, bench: Bench, workspace: Workspace, verb: Verb
    ) -> None:
        job_id = bench.job(workspace)
        targets = [JobState.REPO_SYNCING, JobState.FAILED]

        async def command(number: int) -> str:
            try:
                await verb(workspace.person, job_id, 0, Transition(targets[number % 2], "race"))
            except IamaError as error:
                return error.code
            return "won"

        answers = await asyncio.gather(*(command(number) for number in range(20)))
        assert sorted(answers) == ["STATE_REVISION_CONFLICT"] * 19 + ["won"]
        assert bench.count("job_transitions", "job_id = %s", [job_id]) == 1
        assert bench.count("audit_events", "job_id = %s", [job_id]) == 1
        assert bench.state(job_id)["state_revision"] == 1

    async def test_cancels_the_work_and_timers_of_the_state_it_leaves(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        async with unit_of_work(workspace.person) as uow:
            await transition(uow, job_id, 0, CHANGE)
        bench.run("UPDATE workflow_steps SET status = 'DONE' WHERE job_id = %s AND kind = 'probe'", job_id)
        async with unit_of_work(workspace.person) as uow:
            await transition(uow, job_id, 1, Transition(JobState.REPO_SYNC_SCRATCH_WIPING, "handed_over"))
        assert {(s["kind"], s["status"]) for s in bench.steps(job_id)} == {
            ("sync_repository", "CANCELLED"),
            ("probe", "DONE"),
        }
        assert bench.count("workflow_timers", "job_id = %s AND cancelled_at IS NULL", [job_id]) == 0

    async def test_clears_a_column_with_null(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace, "RECOVERY_PENDING", failure_detail={"a": 1}, failure_reason="X")
        changes = {"failure_detail": None, "failure_reason": None}
        async with unit_of_work(workspace.person) as uow:
            await transition(uow, job_id, 0, Transition(JobState.FALLBACK_REQUIRED, "t", changes=changes))
        job = bench.state(job_id)
        assert (job["failure_detail"], job["failure_reason"]) == (None, None)

    @VERBS
    async def test_refuses_another_workspaces_job(self, bench: Bench, workspace: Workspace, verb: Verb) -> None:
        job_id = bench.job(bench.workspace())
        with pytest.raises(IamaError) as caught:
            await verb(workspace.person, job_id, 0, CHANGE)
        assert caught.value.code == "JOB_NOT_FOUND"
        assert bench.state(job_id)["status"] == "PENDING"

    @VERBS
    async def test_tells_the_loser_where_the_job_stands(self, bench: Bench, workspace: Workspace, verb: Verb) -> None:
        job_id = bench.job(workspace, "REFACTORING", state_revision=7)
        with pytest.raises(IamaError) as caught:
            await verb(workspace.person, job_id, 6, Transition(JobState.SELF_HEALING, "t"))
        assert caught.value.code == "STATE_REVISION_CONFLICT"
        assert caught.value.data == {"current_revision": 7, "status": "REFACTORING", "state_revision": 7}

    async def test_needs_no_lock_that_a_running_item_holds(self, bench: Bench, workspace: Workspace) -> None:
        """An item writes its log under its own lock, then touches the job: a command must not wait for it crosswise."""
        from services.jobs import queries

        job_id = bench.job(workspace, "PENDING")
        async with unit_of_work(workspace.person) as uow:
            await queries.find_job(uow, job_id, lock=True)
            async with asyncio.timeout(5), unit_of_work(workspace.platform) as item:
                await item.record(job_id, 0, [{"type": "log_line", "payload": {"level": "INFO", "message": "x"}}])
        assert bench.count("job_events", "job_id = %s", [job_id]) == 1


@run_async
class TestTransitionAlone:
    @pytest.mark.parametrize("source", STATES)
    async def test_passes_exactly_the_expected_pairs(self, bench: Bench, workspace: Workspace, source: str) -> None:
        passed = set()
        for target in JobState:
            job_id = bench.job(workspace, source)
            try:
                await transition_alone(workspace.person, job_id, 0, Transition(target, "t"))
                passed.add(target.value)
            except IamaError as refused:
                assert refused.code == "TRANSITION_NOT_ALLOWED"
                assert bench.state(job_id)["status"] == source
        assert passed == set(EXPECTED[source])

    async def test_leaves_neither_tenant_nor_person_behind_on_any_pooled_connection(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        jobs = [bench.job(workspace) for _ in range(POOL_SIZE + POOL_OVERFLOW)]
        await asyncio.gather(*(transition_alone(workspace.person, job_id, 0, CHANGE) for job_id in jobs))
        refused = await asyncio.gather(
            *(transition_alone(workspace.person, job_id, 0, CHANGE) for job_id in jobs), return_exceptions=True
        )
        assert all(isinstance(answer, IamaError) for answer in refused)

        async def look() -> tuple[str | None, int]:
            async with transaction() as opened:
                await opened.driver.fetchval("SELECT pg_sleep(0.05)")
                return await opened.driver.fetchval(SEEN), await opened.driver.fetchval("SELECT count(*) FROM projects")

        seen = await asyncio.gather(*(look() for _ in range(POOL_SIZE)))
        assert [one for one in seen if one[0] or one[1]] == []

    async def test_sees_only_its_own_tenant_on_a_connection_that_another_tenant_used(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        other = bench.workspace()
        mine, theirs = bench.job(workspace), bench.job(other)
        await transition_alone(other.person, theirs, 0, CHANGE)
        with pytest.raises(IamaError) as caught:
            await transition_alone(workspace.person, theirs, 1, Transition(JobState.FAILED, "t"))
        assert caught.value.code == "JOB_NOT_FOUND"
        await transition_alone(workspace.person, mine, 0, CHANGE)
        assert bench.value("SELECT tenant_id FROM job_transitions WHERE job_id = %s", mine) == workspace.tenant_id

    async def test_adds_its_link_to_a_surrounding_trail(self, bench: Bench, workspace: Workspace) -> None:
        job_id, refused = bench.job(workspace), bench.job(bench.workspace())
        with audit_trail() as links:
            await transition_alone(workspace.person, job_id, 0, CHANGE)
            with pytest.raises(IamaError):
                await transition_alone(workspace.person, refused, 0, CHANGE)
        assert links == [bench.value("SELECT id FROM audit_events WHERE job_id = %s", job_id)]

    async def test_spends_the_timer_that_asked_for_it_and_cancels_the_others(
        self, bench: Bench, workspace: Workspace
    ) -> None:
        job_id = bench.job(workspace)
        await transition_alone(workspace.person, job_id, 0, CHANGE)
        timer = bench.value("SELECT id FROM workflow_timers WHERE job_id = %s AND kind = 'IDLE'", job_id)
        change = Transition(JobState.REPO_SYNC_SCRATCH_WIPING, "t", timer=timer)
        await transition_alone(workspace.person, job_id, 1, change)
        rows = bench.rows("SELECT * FROM workflow_timers WHERE job_id = %s", job_id)
        spent = {row["kind"]: (row["fired_at"] is not None, row["cancelled_at"] is not None) for row in rows}
        assert spent == {"IDLE": (True, False), "SANDBOX_HOLD": (False, True)}

    async def test_tells_that_the_connection_was_lost_while_it_waited(self, bench: Bench, workspace: Workspace) -> None:
        job_id = bench.job(workspace)
        with bench.connection.transaction():
            bench.run("SELECT 1 FROM refactor_jobs WHERE id = %s FOR UPDATE", job_id)
            waiting = asyncio.create_task(transition_alone(workspace.person, job_id, 0, CHANGE))
            while not bench.value(CUT):
                await asyncio.sleep(0.02)
            with pytest.raises(Exception) as caught:
                await waiting
        assert is_connection_lost(caught.value)
        assert bench.state(job_id)["status"] == "PENDING"
        await transition_alone(workspace.person, job_id, 0, CHANGE)


class TestAppendOnly:
    @pytest.mark.parametrize("table", APPEND_ONLY)
    @pytest.mark.parametrize("statement", ["UPDATE {} SET created_at = now()", "DELETE FROM {}"])
    def test_rows_are_neither_changed_nor_deleted_even_by_the_administrator(
        self, bench: Bench, workspace: Workspace, table: str, statement: str
    ) -> None:
        job_id = bench.job(workspace)
        _ask(bench, workspace, job_id, 0, "REPO_SYNCING")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            bench.run(statement.format(table) + " WHERE job_id = %s", job_id)
        assert bench.count(table, "job_id = %s", [job_id]) > 0
