"""Questions at the terminal: what the person is shown, what each answer asks of the job."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import pytest

from iama_app.cli.driving import Wishes, drive
from iama_app.cli.job_client import JobClient
from iama_app.cli.showing import Display
from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.vocabulary import JobAction, ProposalLevel
from services.core.clock import now
from services.jobs.schemas import JobView, ProposalView
from services.specs.schemas import SpecView
from tests.support import job_samples as story

SPEC = JobState.WAITING_SPEC_APPROVAL


@dataclass
class Waiting:
    """A job that waits in one state until it is acted on, then has ended; keeps what was asked of it."""

    state: JobState
    asked: list[tuple[JobAction, dict[str, Any]]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    async def view(self, job_id: UUID) -> JobView:
        state = JobState.FALLBACK_REQUIRED if self.asked else self.state
        return story.job(state, now(), spec_status="READY")

    async def frames(self, job_id: UUID, after_seq: int) -> Sequence[Any]:
        return ()

    async def proposals(self, job_id: UUID) -> list[ProposalView]:
        return [one.model_copy(update={"selected": one.level is ProposalLevel.STANDARD}) for one in story.proposals()]

    async def spec(self, job_id: UUID) -> SpecView:
        return story.spec(self.state, now())

    async def act(self, job_id: UUID, action: JobAction, revision: int, params: dict[str, Any] | None = None) -> None:
        if self.refusals:
            raise IamaError(self.refusals.pop())
        self.asked.append((action, params or {}))


def _answered(
    state: JobState, confirm: Callable[[str], bool], refusals: Sequence[str] = (), **wishes: bool
) -> tuple[JobAction, dict[str, Any]]:
    job = Waiting(state, refusals=list(refusals))
    given = Wishes(ProposalLevel.STANDARD, **{"yes": False, "accept_hazards": False, **wishes}, confirm=confirm)
    asyncio.run(drive(cast(JobClient, job), story.job_id(state), given, Display(quiet=True), lambda: None))
    return job.asked[0]


def _never(question: str) -> bool:
    raise AssertionError(question)


class TestStrategy:
    def test_shows_every_strategy_with_its_facts_before_it_asks(self) -> None:
        questions: list[str] = []
        asked = _answered(JobState.WAITING_STRATEGY, lambda text: not questions.append(text))
        assert asked == (JobAction.SELECT_STRATEGY, {"level": "STANDARD"})
        assert "conservative   3 files, 180 lines, risk low, 0 hazards" in questions[0]
        assert "standard       7 files, 582 lines, risk medium, 1 hazard\n" in questions[0]
        assert "comprehensive  19 files" in questions[0]

    def test_no_cancels(self) -> None:
        assert _answered(JobState.WAITING_STRATEGY, lambda _: False)[0] is JobAction.CANCEL


class TestHazards:
    def test_are_accepted_one_by_one(self) -> None:
        questions: list[str] = []
        asked = _answered(SPEC, lambda text: not questions.append(text))
        assert asked == (JobAction.APPROVE_SPEC, {"accepted_hazards": ["H-1"], "revision_token": "token-3"})
        assert questions[0] == "builder.py:212: getattr lookup\nAccept this hazard?"
        assert len(questions) == 2

    def test_one_that_is_not_accepted_cancels_instead_of_leaving_the_job_behind(self) -> None:
        assert _answered(SPEC, lambda text: "hazard" not in text)[0] is JobAction.CANCEL

    @pytest.mark.parametrize(("wishes", "confirm"), [({"yes": True}, _never), ({"accept_hazards": True}, bool)])
    def test_accepted_beforehand_are_not_asked_about(
        self, wishes: dict[str, bool], confirm: Callable[[str], bool]
    ) -> None:
        action, params = _answered(SPEC, confirm, **wishes)
        assert (action, params["accept_hazards"]) == (JobAction.APPROVE_SPEC, True)


class TestSpec:
    def test_shows_every_behaviour_and_whether_it_was_seen_before_it_asks_for_approval(self) -> None:
        questions: list[str] = []
        _answered(SPEC, lambda text: not questions.append(text), accept_hazards=True)
        (question,) = questions
        items = story.spec(SPEC, now()).bdd_items
        for item in items:
            seen = "observed" if item.evidence else "unobserved"
            assert (
                f"  {item.id}  {item.title}  [{seen}]\n    given {item.given}\n    when  {item.when_action}\n"
                in question
            )
            assert f"    then  {item.then_outcome}\n" in question
        assert "[observed]" in question and "[unobserved]" in question
        assert question.endswith("Approve the behaviour spec as drafted?")

    def test_no_cancels(self) -> None:
        assert _answered(SPEC, lambda text: "Approve" not in text)[0] is JobAction.CANCEL

    def test_saved_by_someone_else_meanwhile_is_read_out_again(self) -> None:
        questions: list[str] = []
        said = _answered(SPEC, lambda text: not questions.append(text), ["SPEC_REVISION_CONFLICT"], accept_hazards=True)
        assert (len(questions), said[1]["revision_token"]) == (2, "token-3")

    def test_is_not_read_out_to_who_approved_beforehand(self) -> None:
        assert _answered(SPEC, _never, yes=True)[0] is JobAction.APPROVE_SPEC
