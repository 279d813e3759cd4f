"""The tables that steer jobs have no holes: actions, outcomes, timers, handlers."""

import ast
from pathlib import Path

import pytest

from services.canon.lifecycle import STATE_KINDS, JobState, StateKind, WaitKind, is_legal
from services.canon.tasks import ENTRY_ITEMS, ItemKind, TimerKind
from services.canon.vocabulary import JobAction
from services.jobs.rules import OFFERED
from services.workflow import handlers
from services.workflow.actions import ACTIONS, UNAVAILABLE
from services.workflow.decisions import DECISIONS
from services.workflow.faults import SIDE_ITEMS
from services.workflow.outcomes import Result
from services.workflow.registry import HANDLERS, NOT_ENTERED, enterable_states
from services.workflow.timers import EXPIRIES

FOLDER = Path(handlers.__file__).parent
Functions = dict[str, ast.AsyncFunctionDef | ast.FunctionDef]


def _functions(tree: ast.Module) -> Functions:
    return {node.name: node for node in tree.body if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)}


def _kind_of(node: ast.AST) -> str | None:
    for decorator in getattr(node, "decorator_list", []):
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "handles":
            return decorator.args[0].attr  # type: ignore[attr-defined]
    return None


def _results(name: str, functions: Functions, seen: set[str]) -> set[str]:
    """Collect `Result.X` in a function and in what it calls inside its module."""
    seen.add(name)
    found: set[str] = set()
    for node in ast.walk(functions[name]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Result":
            found.add(node.attr)
        if isinstance(node, ast.Name) and node.id in functions and node.id not in seen:
            found |= _results(node.id, functions, seen)
    return found


def _answers() -> list[tuple[str, str]]:
    pairs = []
    for path in sorted(FOLDER.glob("*.py")):
        functions = _functions(ast.parse(path.read_text()))
        for name, node in functions.items():
            kind = _kind_of(node)
            if kind:
                pairs += [(kind, result) for result in sorted(_results(name, functions, set()))]
    return pairs


class TestOffered:
    @pytest.mark.parametrize("action", sorted({action for actions in OFFERED.values() for action in actions}))
    def test_actions_are_carried_out(self, action: JobAction) -> None:
        assert action is JobAction.START or action in ACTIONS

    def test_actions_are_available(self) -> None:
        assert not {action for actions in OFFERED.values() for action in actions} & UNAVAILABLE

    def test_keys_name_waits_of_the_canon(self) -> None:
        assert {wait for _, wait in OFFERED if wait is not None} <= set(WaitKind)

    @pytest.mark.parametrize(
        "state", [s for s in enterable_states() if STATE_KINDS[s] is StateKind.HUMAN and s is not JobState.PENDING]
    )
    def test_leave_no_waiting_person_without_a_way_on(self, state: JobState) -> None:
        offered = [actions for (key, _), actions in OFFERED.items() if key is state]
        assert offered or state is JobState.REPO_PRECHECK_BLOCKED


class TestDecisions:
    @pytest.mark.parametrize(("kind", "result"), _answers())
    def test_know_every_answer_a_handler_can_give(self, kind: str, result: str) -> None:
        assert (ItemKind[kind], Result[result]) in DECISIONS

    def test_stand_for_every_kind_of_item(self) -> None:
        assert {kind for kind, _ in DECISIONS} == set(ItemKind)


class TestHandlers:
    def test_exist_for_every_kind_of_item(self) -> None:
        handlers.load()
        assert set(HANDLERS) == set(ItemKind)

    def test_exist_for_the_work_of_every_state_that_can_be_entered(self) -> None:
        handlers.load()
        assert {ENTRY_ITEMS[state] for state in enterable_states() if state in ENTRY_ITEMS} <= set(HANDLERS)

    def test_are_22_states_wide(self) -> None:
        assert len(enterable_states()) == 22
        assert {state.value for state in NOT_ENTERED} == {
            "REPO_SYNC_THROTTLED",
            "GENERATING_ANALYSIS_REPORT",
            "DEEP_FIX_ACTIVE",
            "USER_INTERVENING",
            "CLIENT_HEARTBEAT_LOST",
            "REMOTE_REBASE_VALIDATING",
            "SYNC_APPLY_CONFLICT",
        }


class TestExpiries:
    def test_are_decided_for_every_timer(self) -> None:
        assert set(EXPIRIES) == set(TimerKind)


class TestFaults:
    @pytest.mark.parametrize("state", sorted(ENTRY_ITEMS))
    def test_of_every_working_state_have_a_legal_way_out(self, state: JobState) -> None:
        ways = (JobState.FAILED, JobState.REMOTE_WIPE_VERIFYING, JobState.REPO_SYNC_SCRATCH_WIPING)
        assert ENTRY_ITEMS[state] not in SIDE_ITEMS
        assert any(is_legal(state, way) for way in ways)
