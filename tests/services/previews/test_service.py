"""A preview travels to a worker and back; its bounds hold and it leaves nothing behind."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from services.canon.errors import IamaError
from services.infra.paths import scratch_folder
from services.previews import planning, service, sources
from services.previews.schemas import Preview, PreviewRequest, SymbolRequest
from tests.support import git_repos
from tests.support.bench import Bench, Workspace
from tests.support.servers import RunningServers

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILES = {
    "shop/__init__.py": b"",
    "shop/prices.py": b"def total(items):\n    return sum(items)\n",
    "shop/cart.py": b"from shop.prices import total\n\n\ndef pay(items):\n    return total(items)\n",
    "shop/_pb2.py": b"",
    "shop/made_pb2.py": b"from shop.prices import total\n",
}


@pytest.fixture(autouse=True)
def shared(servers: RunningServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Web and worker share a Redis of their own; the person agreed; the folder is one the installation may read."""

    async def agreed(_: Any) -> None:
        return None

    monkeypatch.setenv("REDIS_URL", servers.empty_redis_url())
    monkeypatch.setenv("IAMA_LOCAL_ROOTS", str(tmp_path))
    monkeypatch.setenv("IAMA_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(service.identity, "require_consent", agreed)
    monkeypatch.setattr(sources, "_KEPT", sources._Kept())
    yield


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return git_repos.make(tmp_path / "shop", FILES)


def _wanted(shop: Path, **changes: Any) -> PreviewRequest:
    body = {"source": {"url": f"file://{shop}"}, "goal": "Rename `total` in `shop/prices.py` to `sum_up`"}
    return PreviewRequest.model_validate(body | changes)


async def _serve(bench: Bench, workspace: Workspace) -> None:
    """Do what relay and worker do: take each task, answer it, find nothing the second time."""
    while True:
        rows = bench.rows(
            "DELETE FROM outbox_events WHERE task = 'preview_change' AND tenant_id = %s RETURNING queue, payload",
            workspace.tenant_id,
        )
        for row in rows:
            assert row["queue"] == "models" and set(row["payload"]) == {"question_id", "tenant_id"}
            await service.answer(row["payload"]["question_id"], workspace.tenant_id)
            assert await service.answer(row["payload"]["question_id"], workspace.tenant_id) == "no question"
        await asyncio.sleep(0.02)


async def _served(bench: Bench, workspace: Workspace, asking: Any) -> Any:
    worker = asyncio.create_task(_serve(bench, workspace))
    try:
        return await asking
    finally:
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker


class TestPreview:
    async def test_is_worked_out_by_a_worker_and_leaves_nothing(
        self, bench: Bench, workspace: Workspace, shop: Path
    ) -> None:
        shown = await _served(bench, workspace, service.preview(workspace.person, _wanted(shop)))
        assert {item.path for item in shown.diff_files} == {"shop/prices.py", "shop/cart.py"}
        assert not any(scratch_folder().glob("*"))
        assert bench.rows("SELECT id FROM refactor_jobs WHERE tenant_id = %s", workspace.tenant_id) == []

    async def test_passes_a_refusal_back(self, bench: Bench, workspace: Workspace, shop: Path) -> None:
        with pytest.raises(IamaError) as refused:
            await _served(bench, workspace, service.preview(workspace.person, _wanted(shop, goal="Make it nicer")))
        assert refused.value.code == "GOAL_NOT_UNDERSTOOD" and refused.value.data["examples"]

    async def test_says_that_no_worker_answers(
        self, workspace: Workspace, shop: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "PREVIEW_SECONDS", 0.1)
        monkeypatch.setattr(service, "_ANSWER_SECONDS", 0.1)
        with pytest.raises(IamaError) as refused:
            await service.preview(workspace.person, _wanted(shop))
        assert refused.value.code == "DEPENDENCY_UNAVAILABLE"

    async def test_ends_at_its_time_limit(
        self, bench: Bench, workspace: Workspace, shop: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def slow(*_: Any) -> Preview:
            time.sleep(0.6)
            raise AssertionError

        monkeypatch.setattr(service, "PREVIEW_SECONDS", 0.3)
        monkeypatch.setattr(planning, "preview", slow)
        with pytest.raises(IamaError) as refused:
            await _served(bench, workspace, service.preview(workspace.person, _wanted(shop)))
        assert refused.value.code == "PREVIEW_TIMED_OUT"

    async def test_leaves_generated_files_alone_and_says_so(
        self, bench: Bench, workspace: Workspace, shop: Path
    ) -> None:
        shown = await _served(bench, workspace, service.preview(workspace.person, _wanted(shop)))
        kept = [item for item in shown.references if item.path == "shop/made_pb2.py"]
        assert kept and not any(item.changes for item in kept)

    async def test_sends_no_more_than_its_bounds(
        self, bench: Bench, workspace: Workspace, shop: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, bound in {"PREVIEW_MAX_ROWS": 1, "PREVIEW_MAX_FILES": 1, "PREVIEW_MAX_DOCUMENT_BYTES": 10}.items():
            monkeypatch.setattr(planning, name, bound)
        monkeypatch.setattr(planning, "PREVIEW_MAX_TEXT_CHARACTERS", 5)
        shown = await _served(bench, workspace, service.preview(workspace.person, _wanted(shop)))
        assert (len(shown.symbols), len(shown.references), len(shown.diff_files)) == (1, 1, 1)
        assert shown.document is None and shown.diff_files[0].hunks == []
        assert shown.totals.files == 2 and shown.totals.symbols > 1


class TestSearchSymbols:
    async def test_reads_a_commit_once(
        self, bench: Bench, workspace: Workspace, shop: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fetched: list[str] = []
        fetch: Callable[..., Any] = sources.snapshots.fetch

        async def counted(url: str, branch: str, sha: str, folder: Path, *, blobs: bool) -> None:
            fetched.append(sha)
            await fetch(url, branch, sha, folder, blobs=blobs)

        monkeypatch.setattr(sources.snapshots, "fetch", counted)
        wanted = SymbolRequest.model_validate({"source": {"url": f"file://{shop}"}, "query": "to"})
        for _ in range(2):
            found = await _served(bench, workspace, service.search_symbols(workspace.person, wanted))
            assert [item.symbol for item in found.items] == ["total"]
        assert len(fetched) == 1
        git_repos.commit(shop, {"shop/prices.py": b"def together(items):\n    return sum(items)\n"})
        found = await _served(bench, workspace, service.search_symbols(workspace.person, wanted))
        assert [item.symbol for item in found.items] == ["together"] and len(fetched) == 2

    async def test_keeps_no_large_tree(
        self, bench: Bench, workspace: Workspace, shop: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sources, "PREVIEW_KEPT_BYTES", 10)
        wanted = SymbolRequest.model_validate({"source": {"url": f"file://{shop}"}, "query": "to"})
        await _served(bench, workspace, service.search_symbols(workspace.person, wanted))
        assert not sources._KEPT._trees
