"""Another scope from the page of a blocked job, on a real database and a real repository."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.core.actor import Actor
from services.repositories import snapshots
from services.repositories.rules import LOCAL_ROOTS_VARIABLE
from state.base import PageState
from state.jobs.base import JobPageState
from state.jobs.execution import ExecutionMonitorState
from tests.support import git_repos
from tests.support.bench import Bench, Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")
FILES = {"shop/prices.py": b"PRICE = 1\n", "shop/names.py": b"NAME = 'a'\n", "README.md": b"# shop\n"}


@pytest.fixture
def blocked(bench: Bench, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A job whose two files are one too many."""
    monkeypatch.setenv(LOCAL_ROOTS_VARIABLE, str(tmp_path))
    monkeypatch.setattr(snapshots, "SCOPE_MAX_FILES", 1)
    return bench.job(
        workspace,
        "REPO_PRECHECK_BLOCKED",
        source_url=git_repos.make(tmp_path / "shop", FILES).as_uri(),
        target_paths=["shop"],
        failure_detail={"violations": [{"code": "REPO_FILE_COUNT_LIMIT_EXCEEDED", "found": 2, "limit": 1}]},
        state_revision=1,
    )


@pytest_asyncio.fixture(loop_scope="session")
async def tab(workspace: Workspace, blocked: UUID, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The execution page of that job, as its owner sees it."""

    async def actor(_state: Any) -> Actor:
        return workspace.person

    async def segment(_state: Any) -> str:
        return "B"

    async def itself(state: Any, *_error: Any) -> Any:
        return state

    for name, double in {"_actor": actor, "_words": segment, "_job_id": lambda _state: blocked}.items():
        monkeypatch.setattr(ExecutionMonitorState, name, double)
    monkeypatch.setattr(ExecutionMonitorState, "_unit_of_work", PageState._unit_of_work)
    monkeypatch.setattr(ExecutionMonitorState, "_load", JobPageState._load)
    monkeypatch.setattr(ExecutionMonitorState, "__aenter__", itself, raising=False)
    monkeypatch.setattr(ExecutionMonitorState, "__aexit__", lambda *_: _nothing(), raising=False)
    state: Any = ExecutionMonitorState(_reflex_internal_init=True)  # type: ignore[call-arg]
    await state._load()
    return state


async def _nothing() -> None:
    return None


async def _send(state: Any, **form: str) -> None:
    async for _update in ExecutionMonitorState.event_handlers["change_scope"].fn(state, form):
        pass


class TestChangeScope:
    async def test_begins_with_what_the_job_has(self, tab: Any) -> None:
        assert (tab.can_rescope, tab.scope, tab.branch) == (True, "shop", "")

    async def test_starts_a_blocked_job_on_a_narrower_scope(self, tab: Any, bench: Bench, blocked: UUID) -> None:
        await _send(tab, scope="shop/names.py", branch="")
        job = bench.state(blocked)
        assert (job["status"], job["target_paths"]) == ("REPO_SYNCING", ["shop/names.py"])
        assert (tab.head.state, tab.can_rescope, tab.is_checking, tab.problem.code) == (
            "REPO_SYNCING",
            False,
            False,
            "",
        )

    async def test_stays_blocked_and_says_why_when_the_new_scope_is_too_large_as_well(
        self, tab: Any, bench: Bench, blocked: UUID
    ) -> None:
        await _send(tab, scope=".", branch="")
        assert bench.state(blocked)["status"] == "REPO_PRECHECK_BLOCKED"
        assert tab.can_rescope and tab.scope == "." and "too many files" in tab.head.why

    async def test_says_at_the_field_what_is_no_path_and_changes_nothing(
        self, tab: Any, bench: Bench, blocked: UUID
    ) -> None:
        await _send(tab, scope="../other", branch="")
        assert "inside the repository" in tab.errors.scope
        assert bench.state(blocked)["state_revision"] == 1

    async def test_says_at_the_field_that_a_branch_is_unknown_and_can_be_sent_again(self, tab: Any) -> None:
        await _send(tab, scope="shop/names.py", branch="gone")
        assert "BRANCH_NOT_FOUND" in tab.errors.branch
        assert (tab.head.state, tab.can_rescope) == ("PENDING", True)

    async def test_is_refused_on_what_someone_else_moved_meanwhile(self, tab: Any, bench: Bench, blocked: UUID) -> None:
        bench.put(blocked, state_revision=2)
        await _send(tab, scope="shop/names.py", branch="")
        assert tab.problem.code == "STATE_REVISION_CONFLICT"
        assert bench.state(blocked)["target_paths"] == ["shop"]

    async def test_keeps_what_is_typed_while_the_page_repaints(self, tab: Any) -> None:
        await ExecutionMonitorState.event_handlers["type_text"].fn(tab, "scope", "shop/pri")
        await tab._load()
        assert tab.scope == "shop/pri"
