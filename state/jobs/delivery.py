"""W14: the delivery screen of one tab. Sources stay on the server; only the selected file's diff is sent."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import reflex as rx

from services.canon.errors import IamaError
from services.core.clock import now
from services.delivery.schemas import FileDiffView
from services.infra.unit_of_work import UnitOfWork
from state.base import guarded
from state.jobs import loaders, present, present_delivery, present_diff
from state.jobs.base import JobPageState, checked_text
from state.jobs.delivery_views import DiffView, EvidenceView, FileRow, HandoverView, SelectionView, SourcesView

WHOLE_FILE = frozenset({"file", "inline"})
MODES = frozenset({"split", "unified"}) | WHOLE_FILE
METHODS = frozenset({"PUSH_BRANCH", "PATCH_BUNDLE"})
BRANCH_LONGEST = 200


class DeliveryState(JobPageState, rx.State):
    """Evidence, the choice of files and hunks, the way of handing over."""

    evidence: EvidenceView = EvidenceView()
    files: list[FileRow] = []
    diff: DiffView = DiffView()
    sources: SourcesView = SourcesView()
    selection: SelectionView = SelectionView()
    handover: HandoverView = HandoverView()
    mode: str = "split"
    method: str = "PUSH_BRANCH"
    branch: str = ""
    editing_branch: bool = False
    delivering: bool = False
    locked: bool = False
    _diffs: Sequence[FileDiffView] = ()
    _left_out: dict[str, frozenset[str]] = {}
    _selected: str = ""
    _by_file: bool = True
    _proposed: str = ""

    @rx.var
    def verb(self) -> str:
        """Text of the filled button."""
        if self.method != "PUSH_BRANCH":
            return "Download patch"
        return "Branch is pushed" if self.is_pushed else "Push branch"

    @rx.var
    def is_pushed(self) -> bool:
        """Say whether the named branch stands at the source already; another name can still be pushed."""
        return bool(self.branch) and self.handover.published_branch == self.branch

    async def _paint(self, uow: UnitOfWork, job_id: UUID, segment: str) -> None:
        moment = now()
        data = await loaders.load_frame(uow, job_id)
        result = await loaders.load_delivery(await self._actor(), job_id)
        job = data.job
        track = present.track_facts(job, data.transitions, data.attempts, moment)
        self.head = present.head_view(job, track, segment)
        self.rail = present.rail_view(job, {**data.counts, "delivery_count": str(len(result.diffs))}, segment=segment)
        self.evidence = present_delivery.evidence_view(job, data.baseline, data.newest, result.evidence, segment)
        self.handover = present_delivery.handover_view(
            job,
            bundle_bytes=result.bundle_bytes,
            published=result.published,
            record_hash=result.record_hash,
            segment=segment,
        )
        self.locked = bool(job.publishing_closed_reason)
        self._by_file = result.by_file or segment == "A"
        self._diffs = result.diffs
        self._proposed = result.branch
        self.branch = self.branch or result.branch
        self._show()

    def _show(self) -> None:
        paths = [diff.path for diff in self._diffs]
        self._selected = self._selected if self._selected in paths else (paths[0] if paths else "")
        self.files = present_diff.file_rows(self._diffs, self._left_out, self._selected)
        self.selection = present_diff.selection_view(self._diffs, self._left_out)
        chosen = next((diff for diff in self._diffs if diff.path == self._selected), None)
        unified, by_file = self.mode == "unified", self._by_file
        self.diff = (
            present_diff.diff_view(chosen, self._left_out, unified=unified, by_file=by_file) if chosen else DiffView()
        )

    def _known(self, path: Any) -> FileDiffView:
        found = next((diff for diff in self._diffs if diff.path == path), None)
        if found is None:
            raise IamaError("VALIDATION_FAILED", fields=["path"])
        return found

    @rx.event
    @guarded
    async def open_file(self, path: str) -> None:
        """Show another file of the change."""
        self._selected = self._known(path).path
        self._show()
        await self._show_sources()

    @rx.event
    @guarded
    async def choose_mode(self, mode: str) -> None:
        """Show hunks side by side or unified, or the whole file in the editor, side by side or inline."""
        if mode not in MODES:
            raise IamaError("VALIDATION_FAILED", fields=["mode"])
        self.mode = mode
        self._show()
        await self._show_sources()

    async def _show_sources(self) -> None:
        self.sources = SourcesView()
        if self.mode in WHOLE_FILE and self._selected:
            before, after = await loaders.load_file(await self._actor(), self._job_id(), self._selected)
            self.sources = SourcesView(before, after)

    @rx.event
    @guarded
    async def toggle_file(self, path: str) -> None:
        """Include a file or leave it out."""
        diff = self._known(path)
        if self.locked:
            return
        out = {name: ids for name, ids in self._left_out.items() if name != diff.path}
        if diff.path not in self._left_out:
            out[diff.path] = present_diff.every_hunk(diff)
        self._left_out = out
        self._show()

    @rx.event
    @guarded
    async def toggle_hunk(self, hunk_id: str) -> None:
        """Include a hunk of the shown file or leave it out."""
        diff = self._known(self._selected)
        if self.locked or self._by_file or hunk_id not in {hunk.hunk_id for hunk in diff.hunks}:
            raise IamaError("VALIDATION_FAILED", fields=["hunk_id"])
        ids = self._left_out.get(diff.path, frozenset()) ^ {hunk_id}
        self._left_out = {**{name: old for name, old in self._left_out.items() if name != diff.path}}
        if ids:
            self._left_out[diff.path] = ids
        self._show()

    @rx.event
    @guarded
    async def choose_method(self, method: str) -> None:
        """Choose how the result is handed over."""
        if method not in METHODS:
            raise IamaError("VALIDATION_FAILED", fields=["method"])
        self.method = method

    @rx.event
    async def edit_branch(self) -> None:
        """Open the field for the branch name."""
        self.editing_branch = True

    @rx.event
    @guarded
    async def name_branch(self, form: dict[str, Any]) -> None:
        """Keep the branch name that was typed; the service checks it when it is used."""
        self.branch = checked_text(form.get("branch"), "branch", BRANCH_LONGEST) or self.branch
        self.editing_branch = False

    @rx.event
    @guarded
    async def deliver(self) -> Any:
        """Push the branch, or download the patch; a repeat never pushes twice."""
        actor, job_id = await self._actor(), self._job_id()
        if self.method == "PATCH_BUNDLE":
            content, name = await loaders.read_patch(actor, job_id)
            return rx.download(data=content, filename=name)
        rows = {row.path: row.status for row in self.files}
        if "some" in rows.values():
            raise IamaError(
                "VALIDATION_FAILED", sentence="Files are pushed whole; include all hunks of a file or none."
            )
        chosen = [path for path, status in rows.items() if status == "all"]
        branch = self.branch if self.branch != self._proposed else None
        await loaders.publish(actor, job_id, branch, None if len(chosen) == len(rows) else chosen)
        await self._load()
        return None
