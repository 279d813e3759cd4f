"""W11: the spec workbench of one tab. The draft lives here until it is saved; a stale save meets the conflict panel."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import reflex as rx

from services.canon.errors import IamaError
from services.canon.limits import SPEC_FIELD_MAX_CHARACTERS
from services.canon.segment_words import Term, say
from services.canon.vocabulary import JobAction
from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from services.jobs.schemas import ProposalView
from services.specs.schemas import RevisionView
from services.specs.schemas import SpecView as Spec
from state.base import guarded
from state.jobs import loaders, present, present_delivery, present_spec, spec_draft
from state.jobs.base import checked_text
from state.jobs.choice_views import (
    BehaviourView,
    CompareLineView,
    ConflictView,
    LinkedTestView,
)
from state.jobs.choice_views import RevisionView as RevisionRow
from state.jobs.delivery_views import HazardView
from state.jobs.spec_draft_state import SpecDraftState
from state.jobs.views import NoticeView

Items = Sequence[Mapping[str, Any]]
CHOICES = frozenset({"MINE", "THEIRS", "VALUE"})
_NEWER = NoticeView("warning", "A newer revision was saved", "Your draft is kept; saving shows what overlaps.", "")


class SpecWorkbenchState(SpecDraftState, rx.State):
    """Behaviours, structure, revisions, the local draft and its conflicts."""

    behaviours: list[BehaviourView] = []
    behaviours_line: str = ""
    revisions: list[RevisionRow] = []
    all_revisions: bool = False
    has_more: bool = False
    has_history: bool = False
    linked: list[LinkedTestView] = []
    linked_title: str = ""
    hazards: list[HazardView] = []
    accepted: list[str] = []
    conflict: ConflictView = ConflictView()
    comparing: list[CompareLineView] = []
    comparing_title: str = ""
    _spec: Spec | None = None
    _revisions: Sequence[RevisionView] = ()
    _refusal: dict[str, Any] = {}
    _choices: dict[str, str] = {}
    _values: dict[str, str] = {}
    _own_id: str = ""
    _asked_of: list[str] = []

    @rx.var
    def verb(self) -> str:
        """Text of the filled button."""
        return f"Save and approve {self.view.next_revision}" if self.is_dirty else f"Approve {self.view.revision}"

    async def _paint(self, uow: UnitOfWork, job_id: UUID, segment: str) -> None:
        moment = now()
        data = await loaders.load_frame(uow, job_id)
        loaded = await loaders.load_spec(uow, job_id)
        job = data.job
        track = present.track_facts(job, data.transitions, data.attempts, moment)
        self._own_id = str((await self._actor()).user_id or "")
        self.head = present.head_view(job, track, segment)
        self.rail = present.rail_view(job, data.counts, segment=segment)
        self.view = present_spec.spec_view(job, loaded.spec, segment)
        self._spec, self._revisions = loaded.spec, loaded.revisions
        self.hazards = _hazards(loaded.proposals)
        if self._asked_of != (asked_of := [str(job_id), *(one.mark for one in self.hazards)]):
            self._asked_of, self.accepted = asked_of, _accepted_before(loaded.proposals)
        self._enter_job(job_id)
        if self.is_dirty and loaded.spec is not None and loaded.spec.revision_token != self._token:
            self.notice = _NEWER
        elif not self.is_dirty:
            self._take_over(loaded.spec)
        self._show()

    def _take_over(self, spec: Spec | None) -> None:
        self._start_draft(spec)
        self.conflict, self._refusal, self._choices, self._values = ConflictView(), {}, {}, {}

    def _show(self) -> None:
        in_conflict: dict[str, int] = {}
        for one in self._refusal.get("diff_payload", {}).get("conflicts", []):
            in_conflict[one["item_id"]] = in_conflict.get(one["item_id"], 0) + 1
        self.behaviours = present_spec.behaviour_rows(self._bdd, in_conflict, {})
        self.behaviours_line = f"{say(Term.BEHAVIOUR_HALF, self.head.segment)}, {len(self._bdd)} items"
        self.view = replace(self.view, components=present_spec.component_rows(self._sdd))
        changed = self._changed()
        self.is_dirty = self._differs()
        rows = present_spec.revision_rows(self._revisions, self._own_id, self.all_revisions)
        self.revisions = [present_spec.draft_row(len(changed), self._base), *rows] if self.is_dirty else rows
        self.has_more = len(self._revisions) > present_spec.REVISIONS_SHOWN
        self.has_history = self.is_dirty or len(self._revisions) > 1
        item = next((item for item in self._bdd if item["id"] == self.opened), None)
        self.linked = present_spec.linked_tests(item, [])
        self.linked_title = f"{self.opened}, linked tests" if item else ""
        if self._refusal:
            self.conflict = present_spec.conflict_view(
                self._refusal, self._base, self._choices, self._values, self._own_id
            )

    @rx.event
    async def open_item(self, item_id: str) -> None:
        """Open a behaviour, or close it."""
        self.opened, self.editing = ("" if self.opened == item_id else str(item_id)), ""
        self._show()

    @rx.event
    async def edit_item(self, item_id: str) -> None:
        """Open the fields of a behaviour; an empty id leaves them as they were."""
        self.editing = str(item_id)

    @rx.event
    @guarded
    async def save_item(self, form: dict[str, Any]) -> None:
        """Keep the edited fields in the draft."""
        names = {"given": "given", "when": "when_action", "then": "then_outcome"}
        texts = {
            field: checked_text(form.get(name, ""), name, SPEC_FIELD_MAX_CHARACTERS) for name, field in names.items()
        }
        if not texts["when_action"] or not texts["then_outcome"]:
            raise IamaError("VALIDATION_FAILED", sentence="A behaviour needs what happens and what follows.")
        self._change(spec_draft.edited(self._bdd, self.editing, texts))
        self.editing = ""

    @rx.event
    @guarded
    async def delete_item(self, item_id: str) -> None:
        """Take a behaviour out of the draft."""
        self._change(spec_draft.removed(self._bdd, item_id))

    @rx.event
    @guarded
    async def move_item(self, item_id: str, step: int) -> None:
        """Move a behaviour one place up or down in the draft."""
        if step not in (-1, 1):
            raise IamaError("VALIDATION_FAILED", fields=["step"])
        self._change(spec_draft.moved(self._bdd, item_id, step))

    @rx.event
    @guarded
    async def add_item(self, form: dict[str, Any]) -> None:
        """Add a behaviour from plain words to the draft and open its fields."""
        words = checked_text(form.get("words"), "words", SPEC_FIELD_MAX_CHARACTERS)
        if not words:
            return
        item = spec_draft.from_plain_words(words, self._bdd)
        self.opened = self.editing = item["id"]
        self._change([*self._bdd, item])

    @rx.event
    @guarded
    async def discard_draft(self) -> None:
        """Leave the draft and show the newest revision."""
        self._take_over(self._spec)
        self.notice = NoticeView()
        self._show()

    @rx.event
    @guarded
    async def save_draft(self) -> None:
        """Commit the draft on top of the revision it was made from."""
        await self._commit(self._bdd, self._changed_structure(), self._token)

    async def _commit(self, items: Items, structure: Items | None, token: str) -> bool:
        self._require_readable()
        self.notice = NoticeView()
        try:
            await loaders.save_spec(await self._actor(), self._job_id(), token, items, structure)
        except IamaError as error:
            if error.code != "SPEC_REVISION_CONFLICT" or "diff_payload" not in error.data:
                raise
            return await self._meet_conflict(error.data)
        self.is_dirty = False
        await self._load()
        return True

    async def _meet_conflict(self, data: Mapping[str, Any]) -> bool:
        payload = data["diff_payload"]
        if not payload["conflicts"]:
            structure = payload["merged_sdd"] if self._changed_structure() is not None else None
            return await self._commit(payload["merged_bdd"], structure, str(data["current_revision_token"]))
        self._refusal, self._choices, self._values = dict(data), {}, {}
        self._show()
        return False

    @rx.event
    @guarded
    async def choose_side(self, key: str, choice: str) -> None:
        """Settle one field of the conflict: mine, theirs, or the merged wording."""
        if choice not in CHOICES or key not in {field.key for field in self.conflict.fields}:
            raise IamaError("VALIDATION_FAILED", fields=["choice"])
        self._choices = {**self._choices, key: choice}
        self._show()

    @rx.event
    @guarded
    async def word_merged(self, key: str, text: str) -> None:
        """Keep the person's wording of one field."""
        if key not in {field.key for field in self.conflict.fields}:
            raise IamaError("VALIDATION_FAILED", fields=["key"])
        self._values = {**self._values, key: checked_text(text, "text", SPEC_FIELD_MAX_CHARACTERS)}
        self._show()

    @rx.event
    @guarded
    async def resolve(self) -> None:
        """Commit the settled conflict on top of the revision it met."""
        self._require_readable()
        payload = self._refusal["diff_payload"]
        if not self.conflict.is_settled:
            raise IamaError("VALIDATION_FAILED", sentence="Settle every field first.", fields=["choices"])
        texts = {"MINE": "mine", "THEIRS": "theirs"}
        chosen = {}
        for one in payload["conflicts"]:
            key = present_spec.conflict_key(one)
            side = texts.get(self._choices[key])
            chosen[one["item_id"], one["field"]] = one[side] if side else self._values.get(key, one["mine"])
        items = spec_draft.settled(payload["merged_bdd"], self._bdd, chosen)
        structure = self._changed_structure()
        if structure is not None:
            structure = spec_draft.settled(payload["merged_sdd"], structure, chosen)
        token = str(self._refusal["current_revision_token"])
        self._refusal, self.conflict = {}, ConflictView()
        await self._commit(items, structure, token)

    @rx.event
    @guarded
    async def accept_hazard(self, mark: str) -> None:
        """Accept one hazard, or take the acceptance back; none is ever implied."""
        if mark not in {hazard.mark for hazard in self.hazards}:
            raise IamaError("VALIDATION_FAILED", fields=["hazard"])
        kept = [one for one in self.accepted if one != mark]
        self.accepted = kept if mark in self.accepted else [*kept, mark]

    @rx.event
    @guarded
    async def approve(self) -> Any:
        """Save the draft if there is one, then approve the revision that is on screen."""
        if self.is_dirty and not await self._commit(self._bdd, self._changed_structure(), self._token):
            return None
        done = await self._act(JobAction.APPROVE_SPEC, revision_token=self._token, accepted_hazards=self.accepted)
        return rx.redirect(f"/jobs/{self.head.job_id}/execution") if done else None

    @rx.event
    @guarded
    async def show_all_revisions(self) -> None:
        """Show every revision, or the last three."""
        self.all_revisions = not self.all_revisions
        self._show()

    @rx.event
    @guarded
    async def compare(self) -> None:
        """Compare the first revision with the draft side by side, or close the comparison."""
        if self.comparing_title:
            self.comparing, self.comparing_title = [], ""
            return
        async with self._unit_of_work() as uow:
            first = await loaders.load_revision(uow, self._job_id(), 1)
        self.comparing = present_spec.compare_rows([item.model_dump() for item in first.bdd_items], self._bdd)
        self.comparing_title = "draft" if self.is_dirty else self.view.revision


def _disclosed(proposals: Sequence[ProposalView]) -> list[Any]:
    chosen = next((one for one in proposals if one.selected), None)
    return chosen.hazards if chosen else []


def _accepted_before(proposals: Sequence[ProposalView]) -> list[str]:
    """List the hazards that were accepted in a preview; they can still be taken back here."""
    return [str(one["id"]) for one in _disclosed(proposals) if isinstance(one, Mapping) and one.get("accepted")]


def _hazards(proposals: Sequence[ProposalView]) -> list[HazardView]:
    found = _disclosed(proposals)
    return [present_delivery.hazard_view(number, hazard) for number, hazard in enumerate(found, start=1)]
