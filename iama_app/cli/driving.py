"""Takes a job from creation to its end: shows what happens and answers its questions, by flag or by asking."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from iama_app.cli.job_client import JobClient
from iama_app.cli.showing import Display, behaviours, hazard_line, strategies
from services.canon.errors import IamaError
from services.canon.lifecycle import TERMINAL_STATES, FailureClass, JobState, WaitKind
from services.canon.vocabulary import JobAction, ProposalLevel
from services.jobs.schemas import JobView

POLL_SECONDS = 0.4
PUBLISH_SECONDS = 300.0

_S, _A = JobState, JobAction

EXIT_DONE, EXIT_REFUSED, EXIT_NOT_PROVEN, EXIT_BROKEN, EXIT_CANCELLED = 0, 2, 3, 4, 130

_STALE_CODES = frozenset({"STATE_REVISION_CONFLICT", "SPEC_REVISION_CONFLICT"})
_EXIT_BY_CLASS = {
    FailureClass.POLICY_BLOCKED.value: EXIT_REFUSED,
    FailureClass.LOGIC_FAILURE.value: EXIT_NOT_PROVEN,
    FailureClass.TIMEOUT_EXECUTION.value: EXIT_NOT_PROVEN,
    FailureClass.USER_CANCELLED.value: EXIT_CANCELLED,
}


@dataclass(slots=True)
class Wishes:
    """What the person said on the command line."""

    strategy: ProposalLevel
    yes: bool
    accept_hazards: bool
    branch: str | None = None
    confirm: Callable[[str], bool] = field(default=lambda _question: False)


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended, for exit status and output. `reason` explains anything but a publication, `detail` says more."""

    view: JobView
    exit_status: int
    reason: str | None = None
    branch: str | None = None
    commit: str | None = None
    detail: dict[str, Any] | None = None


Answer = tuple[JobAction, dict[str, Any]] | None


async def drive(client: JobClient, job_id: UUID, wishes: Wishes, display: Display, tick: Callable[[], None]) -> Ended:
    """Follow a job to its end and publish what was delivered.

    Args:
        tick: called on every round; it may raise to end the command (a part of the installation died).
    """
    seen, answered = 0, -1
    while True:
        tick()
        view = await client.view(job_id)
        for frame in await client.frames(job_id, seen):
            seen = frame.seq
            display.frame(frame)
        if view.status in TERMINAL_STATES:
            return await _finish(client, view, wishes, display, tick)
        if view.state_revision != answered:
            outcome = await _answer(client, view, wishes)
            if isinstance(outcome, Ended):
                return outcome
            if outcome is not None and await _act(client, job_id, view, outcome):
                answered = view.state_revision
        await asyncio.sleep(POLL_SECONDS)


async def _act(client: JobClient, job_id: UUID, view: JobView, answer: tuple[JobAction, dict[str, Any]]) -> bool:
    """Carry an answer out; False asks again, since someone changed meanwhile what the question was about.

    A job that cannot even start is cancelled, since nobody would come back for it.
    """
    try:
        await client.act(job_id, answer[0], view.state_revision, answer[1])
    except IamaError as error:
        if error.code in _STALE_CODES:
            return False
        if answer[0] is _A.START:
            with contextlib.suppress(IamaError):
                await client.act(job_id, _A.CANCEL, view.state_revision)
        raise
    return True


async def _answer(client: JobClient, view: JobView, wishes: Wishes) -> Answer | Ended:
    asked = _QUESTIONS.get(view.status)
    return await asked(client, view, wishes) if asked else None


async def _start(client: JobClient, view: JobView, wishes: Wishes) -> Answer:
    return _A.START, {}


async def _blocked(client: JobClient, view: JobView, wishes: Wishes) -> Ended:
    detail = view.failure_detail or {}
    violations = detail.get("violations", [])
    await client.act(view.job_id, _A.CANCEL, view.state_revision)
    code = violations[0]["code"] if violations else "REPO_SIZE_LIMIT_EXCEEDED"
    return Ended(await client.view(view.job_id), EXIT_REFUSED, code, detail=detail)


async def _strategy(client: JobClient, view: JobView, wishes: Wishes) -> Answer:
    if not wishes.yes:
        offered = strategies(await client.proposals(view.job_id))
        if not wishes.confirm(f"{offered}\nUse the {wishes.strategy.value.lower()} strategy?"):
            return _A.CANCEL, {}
    return _A.SELECT_STRATEGY, {"level": wishes.strategy.value}


async def _spec(client: JobClient, view: JobView, wishes: Wishes) -> Answer:
    if view.spec_status != "READY":
        return None
    if wishes.yes or wishes.accept_hazards:
        accepted: dict[str, Any] = {"accept_hazards": True}
    else:
        hazards = [item for one in await client.proposals(view.job_id) if one.selected for item in one.hazards]
        if not all(wishes.confirm(f"{hazard_line(item)}\nAccept this hazard?") for item in hazards):
            return _A.CANCEL, {}
        accepted = {"accepted_hazards": [item["id"] for item in hazards]}
    if not wishes.yes:
        spec = await client.spec(view.job_id)
        accepted["revision_token"] = spec.revision_token
        if not wishes.confirm(f"{behaviours(spec.bdd_items)}\nApprove the behaviour spec as drafted?"):
            return _A.CANCEL, {}
    return _A.APPROVE_SPEC, accepted


async def _tests(client: JobClient, view: JobView, wishes: Wishes) -> Answer:
    return (_A.APPROVE_TESTS, {}) if view.wait_kind == WaitKind.TEST_REVIEW else None


async def _baseline(client: JobClient, view: JobView, wishes: Wishes) -> Answer | Ended:
    offered = {item.action for item in view.available_actions}
    first = view.baseline_mode != "CHARACTERIZATION" and view.cycle_number == 0
    if first and _A.USE_CHARACTERIZATION in offered and not _tried_before(view):
        return _A.USE_CHARACTERIZATION, {}
    await client.act(view.job_id, _A.CANCEL, view.state_revision)
    known = view.wait_kind in (WaitKind.TIMEOUT_EXECUTION, WaitKind.BUILD_FAILED)
    return await _wait_end(client, view, str(view.wait_kind) if known else "BASELINE_VALIDATION_FAILED")


def _tried_before(view: JobView) -> bool:
    return (view.failure_detail or {}).get("mode") == "CHARACTERIZATION"


async def _wait_end(client: JobClient, view: JobView, reason: str) -> Ended:
    detail = view.failure_detail
    while view.status not in TERMINAL_STATES:
        await asyncio.sleep(POLL_SECONDS)
        view = await client.view(view.job_id)
    return Ended(view, EXIT_NOT_PROVEN, reason, detail=detail)


async def _intervention(client: JobClient, view: JobView, wishes: Wishes) -> Answer:
    identical = view.wait_kind == WaitKind.IDENTICAL_FAILURE
    offered = {item.action for item in view.available_actions}
    if wishes.yes and identical and view.current_phase < 2 and _A.RETRY_STRONGER_MODEL in offered:
        return _A.RETRY_STRONGER_MODEL, {}
    if not wishes.yes and identical and wishes.confirm("The same failure came back three times. Go on repairing?"):
        return _A.CONTINUE_STANDARD_REPAIR, {}
    return _A.GIVE_UP, {}


async def _escalation(client: JobClient, view: JobView, wishes: Wishes) -> Answer:
    agreed = wishes.yes or wishes.confirm("Allow the next model class?")
    return (_A.APPROVE_ESCALATION if agreed else _A.DECLINE_ESCALATION), {}


async def _conflict(client: JobClient, view: JobView, wishes: Wishes) -> Answer:
    return _A.RESOLVE_CONFLICT_MANUALLY, {}


_QUESTIONS: dict[JobState, Callable[[JobClient, JobView, Wishes], Awaitable[Answer | Ended]]] = {
    _S.PENDING: _start,
    _S.REPO_PRECHECK_BLOCKED: _blocked,
    _S.WAITING_STRATEGY: _strategy,
    _S.WAITING_SPEC_APPROVAL: _spec,
    _S.GENERATING_TESTS: _tests,
    _S.BASELINE_VALIDATION_FAILED: _baseline,
    _S.WAITING_INTERVENTION: _intervention,
    _S.WAITING_ESCALATION_DECISION: _escalation,
    _S.REMOTE_HEAD_CONFLICT: _conflict,
}


async def _finish(
    client: JobClient, view: JobView, wishes: Wishes, display: Display, tick: Callable[[], None]
) -> Ended:
    if view.status is _S.FALLBACK_REQUIRED:
        return Ended(view, EXIT_NOT_PROVEN, view.failure_reason)
    if view.status is _S.FAILED:
        return Ended(view, _EXIT_BY_CLASS.get(view.failure_class or "", EXIT_BROKEN), view.failure_reason)
    wanted = await client.publish(view.job_id, wishes.branch)
    waited = 0.0
    while waited < PUBLISH_SECONDS:
        tick()
        delivery = await client.delivery(view.job_id)
        found = next(item for item in delivery.publications if item.delivery_id == wanted.delivery_id)
        if found.status == "PUBLISHED":
            return Ended(view, EXIT_DONE, None, found.branch_name, found.commit_sha)
        if found.status == "FAILED":
            return Ended(view, EXIT_BROKEN, found.error_code)
        await asyncio.sleep(POLL_SECONDS)
        waited += POLL_SECONDS
    return Ended(view, EXIT_BROKEN, "GIT_REMOTE_UNREACHABLE")
