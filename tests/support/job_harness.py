"""The product's own app on sample data instead of a database: for looking at job screens and for browser tests.

Serve `tests.support.job_harness:app` over a finished front-end build. Nothing of this ships with the product.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.canon.errors import IamaError
from services.canon.vocabulary import JobAction
from services.core.actor import Surface, user_actor
from services.core.clock import now
from services.delivery.schemas import file_view
from services.engine.diff import file_diffs
from state.account import session
from state.base import PageState
from state.jobs import loaders
from tests.support import job_samples as story
from tests.support.sample_views import PERSON

SEGMENT_VARIABLE = "IAMA_SAMPLE_SEGMENT"
"""Whose words the sample person reads: A, B or C."""
_STARTED = now()
_PERSON_ID = UUID(int=1)


@asynccontextmanager
async def _no_database(_self: Any) -> AsyncIterator[None]:
    yield None


async def _actor(_self: Any) -> Any:
    return user_actor(_PERSON_ID, _PERSON_ID, Surface.WEB)


def _scene(job_id: UUID) -> Any:
    if job_id not in story.SCENES:
        raise IamaError("JOB_NOT_FOUND")
    return story.SCENES[job_id]


async def _frame(_uow: Any, job_id: UUID) -> loaders.FrameData:
    state = _scene(job_id)
    job = story.job(state, _STARTED)
    finished = state.value in ("DELIVERED", "FALLBACK_REQUIRED", "WAITING_INTERVENTION")
    attempts = story.attempts(_STARTED, finished, state.value == "DELIVERED") if job.attempt_total else []
    runs = [story.run("BASELINE", 0, story.strip())] if job.baseline_mode else []
    runs += [attempt.run for attempt in attempts if attempt.run]
    counts = {"tests_count": "47", "artifacts_count": "12", "audit_count": "86"}
    transitions = story.transitions(state, _STARTED, story.route_to(state))
    return loaders.FrameData(job, transitions, attempts, runs, counts if runs else {})


async def _log(_uow: Any, _job_id: UUID, limit: int) -> list[Any]:
    return story.log(_STARTED)[-limit:]


async def _delivery(_actor: Any, job_id: UUID) -> loaders.DeliveryData:
    if _scene(job_id).value != "DELIVERED":
        return loaders.DeliveryData()
    diffs = [file_view(one) for one in file_diffs(*story.trees())]
    branch = "refactor/billing-20260303-7f3a91c2"
    return loaders.DeliveryData(diffs, False, story.EVIDENCE, "c02e" * 16 + "71bd", branch, 41_200)


async def _file(_actor: Any, _job_id: UUID, path: str) -> tuple[str, str]:
    before, after = story.trees()
    return before.get(path, b"").decode(), after.get(path, b"").decode()


async def _artifacts(_uow: Any, _job_id: UUID) -> list[Any]:
    return story.artifacts(_STARTED)


async def _tests(_actor: Any, _job_id: UUID) -> Any:
    return story.suite()


async def _spec(_uow: Any, job_id: UUID) -> loaders.SpecData:
    state = _scene(job_id)
    chosen = [one.model_copy(update={"selected": one.level == "STANDARD"}) for one in story.proposals()]
    if state.value in ("PENDING", "WAITING_STRATEGY"):
        return loaders.SpecData()
    return loaders.SpecData(story.spec(state, _STARTED), story.revisions(_STARTED), chosen)


async def _save_spec(_actor: Any, _job_id: UUID, token: str, items: Any, _structure: Any = None) -> None:
    mine = next((item["then_outcome"] for item in items if item["id"] == "B-06"), "")
    if token == "token-3" and mine != story.spec(_scene(_job_id), _STARTED).bdd_items[5].then_outcome:
        raise IamaError("SPEC_REVISION_CONFLICT", **story.conflict(mine))


async def _revision(_uow: Any, job_id: UUID, _number: int) -> Any:
    return story.spec(_scene(job_id), _STARTED)


async def _zero(_uow: Any, _job_id: UUID) -> int:
    return 0


async def _subscribe(_actor: Any, _job_id: UUID, _after: int) -> AsyncIterator[Any]:
    import asyncio

    while True:
        await asyncio.sleep(3600)
        yield ()


async def _act(_actor: Any, job_id: UUID, action: JobAction, expected_revision: int, _params: Any) -> None:
    if expected_revision != story.job(_scene(job_id), _STARTED).state_revision or action is JobAction.GIVE_UP:
        raise IamaError("STATE_REVISION_CONFLICT", current_revision=32)


def _install() -> None:
    PageState._unit_of_work = _no_database  # type: ignore[method-assign]
    PageState._actor = _actor  # type: ignore[method-assign]
    person = replace(PERSON, segment=os.environ.get(SEGMENT_VARIABLE, PERSON.segment))
    session._person = lambda _uow: _value(person)
    for name, double in {
        "load_frame": _frame,
        "load_log": _log,
        "load_artifacts": _artifacts,
        "load_tests": _tests,
        "load_spec": _spec,
        "load_revision": _revision,
        "save_spec": _save_spec,
        "load_delivery": _delivery,
        "load_file": _file,
        "load_audit": lambda uow, job_id: _value(story.audit(_STARTED)),
        "load_ledger": lambda uow, job_id: _value(story.ledger(_STARTED)),
        "load_proposals": lambda uow, job_id: _value(story.proposals()),
        "last_seq": _zero,
        "subscribe": _subscribe,
        "act": _act,
    }.items():
        setattr(loaders, name, double)


async def _value(value: Any) -> Any:
    return value


_install()

from iama_app.iama_app import app  # noqa: E402

__all__ = ["app"]
