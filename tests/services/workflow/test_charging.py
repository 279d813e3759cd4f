"""What a model call costs its job: an answer once, a repeat after a lost worker nothing, a refused answer nothing."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.core.ids import new_id
from services.infra.unit_of_work import unit_of_work
from services.jobs.service import require_job
from services.llm.router import model_class_for
from services.llm.schemas import ModelCallRecord, Usage
from services.llm.vocabulary import CallOutcome, RouteName, RouteReason, Stage
from services.workflow import model_layer
from tests.support.bench import Bench, Row, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")


class _Killed(BaseException):
    """Stands for the end of the process."""


class _Answering:
    """A model layer that answers at once and records one call each time."""

    def __init__(self, job_id: UUID, outcome: CallOutcome = CallOutcome.OK) -> None:
        self.job_id, self.outcome, self.killed = job_id, outcome, False

    async def run(self, _request: Any) -> None:
        record = ModelCallRecord(
            call_id=new_id(), job_id=self.job_id, stage=Stage.REPAIR, tier="MAX",
            model_class=model_class_for(Stage.REPAIR, "MAX", 1), attempt_number=1, route=RouteName.HOSTED,
            route_reason=next(iter(RouteReason)), model_alias="m", usage=Usage(100, 20), latency_ms=5,
            outcome=self.outcome,
        )  # fmt: skip
        if self.killed:
            raise _Killed
        await model_layer._record(record)


@pytest.fixture
def answering(bench: Bench, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> _Answering:
    """A job under repair whose questions are answered by a stand-in."""
    made = _Answering(bench.job(workspace, "SELF_HEALING", attempt_count=1))
    monkeypatch.setattr(model_layer, "_service", lambda: made)
    return made


async def _ask(workspace: Workspace, answering: _Answering, step_id: UUID, ordinal: int = 0) -> None:
    async with unit_of_work(workspace.platform) as uow:
        job = await require_job(uow, answering.job_id)
    request: Any = None
    await model_layer.ask(workspace.platform, job, request, step_id=step_id, ordinal=ordinal)


def _ledger(bench: Bench, answering: _Answering) -> list[Row]:
    return bench.rows("SELECT * FROM usage_ledger WHERE job_id = %s ORDER BY created_at", answering.job_id)


class TestAsk:
    async def test_repeated_by_the_same_item_is_the_platforms_cost(
        self, bench: Bench, workspace: Workspace, answering: _Answering
    ) -> None:
        step_id = new_id()
        for _ in range(3):
            await _ask(workspace, answering, step_id)
        rows = _ledger(bench, answering)
        assert [(row["billable"], row["charge_reason"]) for row in rows] == [
            (True, "LOCAL_PLAN"),
            (False, "PLATFORM_COST"),
            (False, "PLATFORM_COST"),
        ]
        assert [row["failure_class"] for row in rows] == [None, "INFRA_FAILURE", "INFRA_FAILURE"]
        assert bench.count("model_calls", "job_id = %s", [answering.job_id]) == 3

    async def test_killed_between_answer_and_record_is_charged_for_the_answer_that_counted(
        self, bench: Bench, workspace: Workspace, answering: _Answering
    ) -> None:
        step_id, answering.killed = new_id(), True
        with pytest.raises(_Killed):
            await _ask(workspace, answering, step_id)
        answering.killed = False
        await _ask(workspace, answering, step_id)
        assert [(row["billable"], row["quantity"]) for row in _ledger(bench, answering)] == [(True, Decimal(1))]

    async def test_charges_each_question_of_an_item_and_each_item(
        self, bench: Bench, workspace: Workspace, answering: _Answering
    ) -> None:
        first, second = new_id(), new_id()
        for step_id, ordinal in ((first, 0), (first, 1), (second, 0)):
            await _ask(workspace, answering, step_id, ordinal)
        assert [row["billable"] for row in _ledger(bench, answering)] == [True] * 3

    async def test_charges_no_refused_answer_but_the_one_that_follows(
        self, bench: Bench, workspace: Workspace, answering: _Answering
    ) -> None:
        step_id, answering.outcome = new_id(), CallOutcome.OUTPUT_INVALID
        await _ask(workspace, answering, step_id)
        answering.outcome = CallOutcome.OK
        await _ask(workspace, answering, step_id)
        rows = _ledger(bench, answering)
        assert [(row["billable"], row["charge_reason"]) for row in rows] == [
            (False, "REFUSED_ANSWER"),
            (True, "LOCAL_PLAN"),
        ]
