"""What a job left behind, in a form that two runs can be compared by, and what no run may leave twice."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from services.audit import service as audit
from services.core.actor import system_actor
from services.infra.unit_of_work import unit_of_work
from tests.campaign.installation import Installation
from tests.support.main_job import git, pushed_branches


@dataclass(frozen=True, slots=True)
class Ending:
    """Everything that must be the same whether or not a process was killed on the way."""

    status: str
    reason: str | None
    path: tuple[tuple[str, str], ...]
    attempts: tuple[tuple[int, int, str], ...]
    own_suite: tuple[str, ...]
    generated: tuple[str, ...]
    result_tree: str
    reservations: tuple[tuple[str, int, str], ...]
    charges: tuple[tuple[str, int, int], ...]
    decision: str


def ending_of(installation: Installation, job_id: UUID, repository: Path) -> Ending:
    """Read a finished job."""
    job = installation.rows("SELECT status, failure_reason FROM refactor_jobs WHERE id = %s", job_id)[0]
    moves = _rows(installation, "job_transitions", job_id, "state_revision", "from_state, to_state")
    attempts = _rows(
        installation, "patch_attempts", job_id, "attempt_number", "attempt_number, attempt_in_cycle, outcome"
    )
    runs = _rows(installation, "test_runs", job_id, "attempt_number", "own, generated")
    held = _rows(installation, "quota_reservations", job_id, "dimension", "dimension, quantity, status")
    billed = installation.rows(
        "SELECT stage, attempt_number, quantity FROM usage_ledger WHERE job_id = %s AND billable AND stage IS NOT NULL",
        job_id,
    )
    decided = _rows(installation, "billing_checkpoint_records", job_id, "created_at DESC LIMIT 1", "final_decision")
    branches = pushed_branches(repository)
    assert len(branches) == 1, f"one branch was to be pushed, there are {branches}"
    return Ending(
        status=job["status"],
        reason=job["failure_reason"],
        path=tuple((row["from_state"], row["to_state"]) for row in moves),
        attempts=tuple((row["attempt_number"], row["attempt_in_cycle"], row["outcome"]) for row in attempts),
        own_suite=tuple(row["own"]["strip"] for row in runs),
        generated=tuple(row["generated"]["strip"] for row in runs),
        result_tree=git(repository, "rev-parse", f"{branches[0]}^{{tree}}"),
        reservations=tuple((row["dimension"], row["quantity"], row["status"]) for row in held),
        charges=tuple(sorted((row["stage"], row["attempt_number"], row["quantity"]) for row in billed)),
        decision=decided[0]["final_decision"],
    )


def assert_nothing_twice(installation: Installation, job_id: UUID) -> None:
    """Check the invariants of a finished job: gapless revisions and feed, one row per use, nothing left running."""
    _assert_counted(installation, "job_transitions", "state_revision", job_id)
    _assert_counted(installation, "job_events", "seq", job_id)
    _assert_ledger(installation, job_id)
    artifacts = installation.rows("SELECT artifact_type, name FROM job_artifacts WHERE job_id = %s", job_id)
    twice = [key for key, n in Counter((row["artifact_type"], row["name"]) for row in artifacts).items() if n > 1]
    assert not twice, f"stored twice: {twice}"
    steps = installation.rows("SELECT kind, status FROM workflow_steps WHERE job_id = %s", job_id)
    assert {row["status"] for row in steps} == {"DONE"}, steps
    commits = installation.rows("SELECT commit_sha FROM code_provenance_records WHERE job_id = %s", job_id)
    assert len(commits) == 1
    _assert_audited(installation, job_id)
    _assert_swept(installation, job_id)


def _rows(installation: Installation, table: str, job_id: UUID, order: str, columns: str) -> list[dict[str, Any]]:
    return installation.rows(f"SELECT {columns} FROM {table} WHERE job_id = %s ORDER BY {order}", job_id)


def _assert_counted(installation: Installation, table: str, column: str, job_id: UUID) -> None:
    found = [row["n"] for row in _rows(installation, table, job_id, column, f"{column} AS n")]
    assert found == list(range(1, len(found) + 1)), f"{table}.{column} has gaps or repeats: {found}"


def _assert_ledger(installation: Installation, job_id: UUID) -> None:
    sessions = installation.rows("SELECT id FROM remote_execution_sessions WHERE job_id = %s", job_id)
    calls = installation.rows("SELECT count(*) AS n FROM model_calls WHERE job_id = %s", job_id)[0]["n"]
    uses = installation.rows("SELECT dimension, idempotency_key FROM usage_ledger WHERE job_id = %s", job_id)
    by_dimension = Counter(row["dimension"] for row in uses)
    assert by_dimension == Counter({"SANDBOX_SECONDS": len(sessions), "CREDITS": calls})
    assert {f"{job_id}:sandbox:{row['id']}" for row in sessions} <= {row["idempotency_key"] for row in uses}


def _assert_audited(installation: Installation, job_id: UUID) -> None:
    moves = installation.rows("SELECT count(*) AS n FROM job_transitions WHERE job_id = %s", job_id)[0]["n"]
    links = installation.rows(
        "SELECT count(*) AS n FROM audit_events WHERE job_id = %s AND event_type = 'job.transition'", job_id
    )[0]["n"]
    assert links == moves
    tenant = installation.rows("SELECT tenant_id FROM refactor_jobs WHERE id = %s", job_id)[0]["tenant_id"]

    async def verify() -> bool:
        async with unit_of_work(system_actor(tenant, "campaign")) as uow:
            return (await audit.verify_chain(uow)).intact

    assert installation.run(verify())


def _assert_swept(installation: Installation, job_id: UUID) -> None:
    data = installation.folder / "data"
    sessions = installation.rows("SELECT sandbox_id, status FROM remote_execution_sessions WHERE job_id = %s", job_id)
    assert {row["status"] for row in sessions} == {"WIPED"}, sessions
    left = [str(path) for path in (data / "scratch").glob(f"{job_id}*")]
    left += [row["sandbox_id"] for row in sessions if (data / "sandbox" / row["sandbox_id"]).exists()]
    assert not left, f"left behind: {left}"
