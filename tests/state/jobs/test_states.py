"""Handlers of the job screens: arguments are checked, refusals become words, nothing is overwritten unseen."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.vocabulary import JobAction
from services.core.actor import Surface, user_actor
from services.core.clock import now
from services.delivery.schemas import file_view
from services.engine.diff import file_diffs
from services.feed.schemas import Frame
from state.base import PageState
from state.jobs import base, loaders, present_diff
from state.jobs.base import JobPageState, batches, checked_action, job_id_of
from state.jobs.delivery import DeliveryState
from state.jobs.execution import LOG_TAIL, ExecutionMonitorState
from state.jobs.format import DASH
from state.jobs.intervene import InterventionState
from state.jobs.spec import SpecWorkbenchState
from state.jobs.strategy import StrategyState
from tests.support import job_samples as story

S = JobState
ACTOR = user_actor(UUID(int=1), UUID(int=1), Surface.WEB)
THEIRS = "Saturday and Sunday count as one day, only when both fall in the stay."


class Doubles:
    """Replaces reads by the story and records what was sent."""

    def __init__(self, state: JobState) -> None:
        self.state, self.sent, self.saved, self.structures = state, [], [], []
        self.refusal: IamaError | None = None
        self.moment = now()

    async def frame(self, _uow: Any, _job_id: UUID) -> loaders.FrameData:
        job = story.job(self.state, self.moment)
        return loaders.FrameData(job, story.transitions(self.state, self.moment, story.route_to(self.state)))

    async def act(self, _actor: Any, _job: UUID, action: JobAction, revision: int, params: dict[str, Any]) -> None:
        if self.refusal:
            raise self.refusal
        self.sent.append((action, revision, params))

    async def save(self, _actor: Any, _job: UUID, token: str, items: Any, structure: Any) -> None:
        self.structures.append(structure)
        mine = next(item["then_outcome"] for item in items if item["id"] == "B-06")
        if token == "token-3" and self.refusal:
            raise IamaError("SPEC_REVISION_CONFLICT", **story.conflict(mine))
        self.saved.append((token, mine))

    async def delivery(self, _actor: Any, _job: UUID) -> loaders.DeliveryData:
        return loaders.DeliveryData([file_view(one) for one in file_diffs(*story.trees())], False, branch="refactor/x")

    async def publish(self, _actor: Any, _job: UUID, branch: str | None, files: list[str] | None) -> None:
        self.sent.append((branch, files))


@pytest.fixture
def doubles(monkeypatch: pytest.MonkeyPatch) -> Iterator[Doubles]:
    """Doubles of the loaders, and an actor without a session."""
    found = Doubles(S.WAITING_SPEC_APPROVAL)

    @asynccontextmanager
    async def no_database(_self: Any) -> AsyncIterator[None]:
        yield None

    async def value(result: Any) -> Any:
        return result

    monkeypatch.setattr(PageState, "_unit_of_work", no_database)
    monkeypatch.setattr(PageState, "_actor", lambda _self: value(ACTOR))
    monkeypatch.setattr(JobPageState, "_words", lambda _self: value("B"))
    monkeypatch.setattr(JobPageState, "_job_id", lambda _self: story.job_id(found.state))
    for name, double in {
        "load_frame": found.frame,
        "load_log": lambda *_: value([]),
        "load_proposals": lambda *_: value(story.proposals()),
        "load_spec": lambda *_: value(
            loaders.SpecData(story.spec(found.state, found.moment), story.revisions(found.moment), ())
        ),
        "load_delivery": found.delivery,
        "last_seq": lambda *_: value(7),
        "act": found.act,
        "save_spec": found.save,
        "publish": found.publish,
    }.items():
        monkeypatch.setattr(loaders, name, double)
    for cls in (ExecutionMonitorState, StrategyState, SpecWorkbenchState, DeliveryState, InterventionState):
        for method in ("_unit_of_work", "_actor", "_words", "_job_id"):
            owner = PageState if method in ("_unit_of_work", "_actor") else JobPageState
            monkeypatch.setattr(cls, method, getattr(owner, method))
    yield found


def _new(cls: type) -> Any:
    return cls(_reflex_internal_init=True)


def _run(state: Any, name: str, *args: Any) -> Any:
    return asyncio.run(type(state).event_handlers[name].fn(state, *args))


def _loaded(cls: type) -> Any:
    state = _new(cls)
    asyncio.run(state._load())
    return state


class TestArguments:
    def test_a_path_names_its_job(self) -> None:
        assert job_id_of(f"/jobs/{UUID(int=5)}/spec") == UUID(int=5)

    @pytest.mark.parametrize("path", ["/jobs", "/jobs/abc/spec", "/"])
    def test_a_path_without_job_is_not_found(self, path: str) -> None:
        with pytest.raises(IamaError) as refused:
            job_id_of(path)
        assert refused.value.code == "NOT_FOUND"

    @pytest.mark.parametrize("value", ["DROP", 3, None, ["CANCEL"]])
    def test_an_unknown_action_is_refused(self, value: object) -> None:
        with pytest.raises(IamaError):
            checked_action(value)

    @pytest.mark.parametrize(
        ("cls", "handler", "args"),
        [
            (StrategyState, "choose", ("CHEAPEST",)),
            (DeliveryState, "choose_mode", ("none",)),
            (DeliveryState, "choose_method", ("EMAIL",)),
            (DeliveryState, "open_file", ("../../etc/passwd",)),
            (DeliveryState, "name_branch", ({"branch": 3},)),
            (SpecWorkbenchState, "move_item", ("B-01", 40)),
            (SpecWorkbenchState, "choose_side", ("B-06.then_outcome", "MINE")),
            (InterventionState, "word_note", ("x" * 500,)),
        ],
    )
    def test_arguments_from_a_browser_are_checked(
        self, doubles: Doubles, cls: type, handler: str, args: tuple[object, ...]
    ) -> None:
        state = _loaded(cls)
        _run(state, handler, *args)
        assert state.problem.code == "VALIDATION_FAILED"


class TestCommands:
    def test_a_command_carries_the_revision_that_is_on_screen(self, doubles: Doubles) -> None:
        state = _loaded(StrategyState)
        _run(state, "cancel_job")
        assert doubles.sent == [(JobAction.CANCEL, 31, {})]

    def test_a_stale_command_says_that_someone_was_faster(self, doubles: Doubles) -> None:
        state = _loaded(StrategyState)
        doubles.refusal = IamaError("STATE_REVISION_CONFLICT", current_revision=32)
        _run(state, "cancel_job")
        assert state.notice.title == "Someone already changed this job"
        assert state.notice.can_reload

    def test_another_refusal_is_shown_with_its_code(self, doubles: Doubles) -> None:
        state = _loaded(StrategyState)
        doubles.refusal = IamaError("JOB_OWNERSHIP_VIOLATION")
        _run(state, "cancel_job")
        assert state.problem.code == "JOB_OWNERSHIP_VIOLATION"

    def test_a_decision_carries_the_clarification(self, doubles: Doubles) -> None:
        doubles.state = S.WAITING_INTERVENTION
        state = _loaded(InterventionState)
        _run(state, "word_note", "see HL-1182")
        _run(state, "decide", "CONTINUE_STANDARD_REPAIR")
        assert doubles.sent == [(JobAction.CONTINUE_STANDARD_REPAIR, 31, {"note": "see HL-1182"})]


class TestSpecDraft:
    def _edited(self) -> Any:
        state = _loaded(SpecWorkbenchState)
        _run(state, "edit_item", "B-06")
        _run(state, "save_item", {"given": "", "when": "it stays", "then": "one day for each weekend"})
        return state

    def test_an_edit_stays_local_until_it_is_saved(self, doubles: Doubles) -> None:
        state = self._edited()
        assert state.is_dirty
        assert state.revisions[0].is_draft
        assert doubles.saved == []

    def test_a_stale_save_opens_the_conflict_and_writes_nothing(self, doubles: Doubles) -> None:
        state = self._edited()
        doubles.refusal = IamaError("SPEC_REVISION_CONFLICT")
        _run(state, "save_draft")
        field = state.conflict.fields[0]
        assert (field.mine, field.theirs, field.choice) == ("one day for each weekend", THEIRS, "")
        assert doubles.saved == []

    def test_it_is_not_saved_before_every_field_is_settled(self, doubles: Doubles) -> None:
        state = self._edited()
        doubles.refusal = IamaError("SPEC_REVISION_CONFLICT")
        _run(state, "save_draft")
        _run(state, "resolve")
        assert state.problem.code == "VALIDATION_FAILED"
        assert doubles.saved == []

    @pytest.mark.parametrize(
        ("choice", "text"), [("MINE", "one day for each weekend"), ("THEIRS", THEIRS), ("VALUE", "each weekend once")]
    )
    def test_the_chosen_side_is_saved_on_the_newest_revision(self, doubles: Doubles, choice: str, text: str) -> None:
        state = self._edited()
        doubles.refusal = IamaError("SPEC_REVISION_CONFLICT")
        _run(state, "save_draft")
        _run(state, "word_merged", "B-06.then_outcome", "each weekend once")
        _run(state, "choose_side", "B-06.then_outcome", choice)
        _run(state, "resolve")
        assert doubles.saved == [("token-4", text)]

    def test_a_newer_revision_never_drops_the_draft(self, doubles: Doubles, monkeypatch: pytest.MonkeyPatch) -> None:
        state = self._edited()
        newer = story.spec(doubles.state, doubles.moment).model_copy(update={"revision_token": "token-4", "number": 4})

        async def load(*_: Any) -> loaders.SpecData:
            return loaders.SpecData(newer, story.revisions(doubles.moment), ())

        monkeypatch.setattr(loaders, "load_spec", load)
        asyncio.run(state._load())
        assert state.notice.title == "A newer revision was saved"
        assert next(item for item in state.behaviours if item.item_id == "B-06").then == "one day for each weekend"


class TestSpecText:
    def _opened(self) -> Any:
        state = _loaded(SpecWorkbenchState)
        _run(state, "show_text")
        return state

    def test_a_structure_item_changed_in_the_text_is_saved_with_the_behaviours(self, doubles: Doubles) -> None:
        state = self._opened()
        _run(state, "take_text", state.text.replace("## S-1 ", "## S-1 New"))
        _run(state, "save_draft")
        assert doubles.saved[0][0] == "token-3"
        assert doubles.structures[0][0]["component"].startswith("New")

    def test_an_untouched_structure_is_not_sent(self, doubles: Doubles) -> None:
        state = self._opened()
        _run(state, "take_text", state.text.replace("## B-06 ", "## B-06 New "))
        _run(state, "save_draft")
        assert doubles.structures == [None]

    @pytest.mark.parametrize("handler", ["save_draft", "show_fields", "approve"])
    def test_a_text_that_cannot_be_read_is_neither_saved_nor_left(self, doubles: Doubles, handler: str) -> None:
        state = self._opened()
        _run(state, "take_text", "nonsense")
        _run(state, handler)
        assert (state.problem.code, state.as_text, state.is_dirty) == ("VALIDATION_FAILED", True, True)
        assert (doubles.saved, doubles.sent) == ([], [])

    def test_discarding_writes_the_text_of_the_revision_again(self, doubles: Doubles) -> None:
        state = self._opened()
        before = state.text_round
        _run(state, "take_text", "nonsense")
        _run(state, "discard_draft")
        assert (state.text_problem, state.is_dirty) == ("", False)
        assert state.text_round > before

    def test_guided_readers_edit_behaviours_alone(self, doubles: Doubles) -> None:
        state = _loaded(SpecWorkbenchState)
        state.head = replace(state.head, segment="A")
        _run(state, "show_text")
        assert "# Structure" not in state.text
        _run(state, "take_text", state.text)
        assert not state.is_dirty


class TestDelivery:
    def _state(self, doubles: Doubles) -> Any:
        doubles.state = S.DELIVERED
        return _loaded(DeliveryState)

    def test_only_the_selected_file_is_sent(self, doubles: Doubles) -> None:
        state = self._state(doubles)
        _run(state, "open_file", "billing/rating/tariff_engine.py")
        sent = str({name: getattr(state, name) for name in state.base_vars})
        assert "SurchargeRules.for_shipment" in sent
        assert "RULE_141" not in sent

    def test_everything_chosen_pushes_everything(self, doubles: Doubles) -> None:
        state = self._state(doubles)
        _run(state, "deliver")
        assert doubles.sent == [(None, None)]

    def test_a_file_left_out_is_not_pushed(self, doubles: Doubles) -> None:
        state = self._state(doubles)
        _run(state, "toggle_file", "billing/cli/rate_quote.py")
        _run(state, "deliver")
        assert doubles.sent[0][1] == [row.path for row in state.files if row.path != "billing/cli/rate_quote.py"]

    def test_a_file_in_part_is_not_pushed_whole(self, doubles: Doubles) -> None:
        state = self._state(doubles)
        _run(state, "open_file", "billing/rating/tariff_engine.py")
        _run(state, "toggle_hunk", state.diff.hunks[0].hunk_id)
        _run(state, "deliver")
        assert state.problem.code == "VALIDATION_FAILED"
        assert doubles.sent == []


def _line(seq: int) -> Frame:
    return Frame(
        seq=seq,
        job_id=UUID(int=1),
        type="log_line",
        state_revision=1,
        timestamp=now(),
        payload={"level": "INFO", "message": f"line {seq}"},
    )


class TestLog:
    def test_log_news_need_no_reading_of_rows(self, doubles: Doubles) -> None:
        state = _new(ExecutionMonitorState)
        assert state._absorb([_line(1), _line(2)])
        assert [line.text for line in state.log_tail] == ["line 1", "line 2"]

    def test_other_news_ask_for_a_full_paint(self, doubles: Doubles) -> None:
        change = _line(1).model_copy(update={"type": "state_change"})
        assert not _new(ExecutionMonitorState)._absorb([_line(1), change])

    def test_a_long_log_is_not_sent_again_and_again(self, doubles: Doubles) -> None:
        state = _new(ExecutionMonitorState)
        state._absorb([_line(at) for at in range(150)])
        assert len(state.log_tail) == LOG_TAIL
        assert state.log_settled[-1].text == "line 109"


class TestBatches:
    def test_a_quiet_feed_still_asks_whether_anybody_listens(self) -> None:
        async def never() -> AsyncIterator[list[Frame]]:
            await asyncio.sleep(3600)
            yield []

        async def first() -> Any:
            async for batch in batches(never(), 0.01):
                return batch
            return None

        assert asyncio.run(first()) == ()

    def test_leaving_gives_the_subscription_back(self) -> None:
        closed = []

        async def frames() -> AsyncIterator[list[Frame]]:
            try:
                yield [_line(1)]
                await asyncio.sleep(3600)
            finally:
                closed.append(True)

        async def leave() -> None:
            stream = batches(frames(), 0.01)
            await anext(stream)
            await anext(stream)
            await stream.aclose()

        asyncio.run(leave())
        assert closed == [True]


def test_paints_at_most_twice_a_second() -> None:
    assert base.PAINT_SECONDS >= 0.5
    assert present_diff.LINES_PER_FILE <= 2000


class TestEntering:
    def test_a_job_that_is_not_there_shows_nothing_of_the_one_before(
        self, doubles: Doubles, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        state = _loaded(StrategyState)
        assert state.head.goal and state.rail.repository

        async def missing(*_: Any) -> Any:
            raise IamaError("JOB_NOT_FOUND")

        monkeypatch.setattr(loaders, "load_frame", missing)
        _run(state, "enter")
        assert (state.problem.code, state.loaded) == ("JOB_NOT_FOUND", False)
        assert (state.head.job_id, state.head.goal, state.rail.repository) == ("", "", DASH)
