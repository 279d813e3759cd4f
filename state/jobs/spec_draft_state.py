"""The draft that W11 holds: behaviours and structure of one tab, changed field by field or as one text."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import reflex as rx

from services.canon.errors import IamaError
from services.canon.limits import SPEC_FIELD_MAX_CHARACTERS, SPEC_MAX_ITEMS
from services.specs.schemas import SpecView as Spec
from state.base import guarded
from state.jobs import spec_draft, spec_text
from state.jobs.base import JobPageState
from state.jobs.choice_views import SpecView

TEXT_MAX_CHARACTERS = SPEC_FIELD_MAX_CHARACTERS * SPEC_MAX_ITEMS


class SpecDraftState(JobPageState, mixin=True):
    """Draft, the revision it was made from, and the text view of it; abstract until a page shows it (`_show`).

    What is typed is read at once: a text that cannot be read leaves the draft as it was and says which line is wrong.
    """

    view: SpecView = SpecView()
    opened: str = ""
    editing: str = ""
    is_dirty: bool = False
    as_text: bool = False
    text: str = ""
    text_round: int = 0
    text_problem: str = ""
    _draft_of: str = ""
    _bdd: list[dict[str, Any]] = []
    _sdd: list[dict[str, Any]] = []
    _token: str = ""
    _base: int = 0
    _base_bdd: list[dict[str, Any]] = []
    _base_sdd: list[dict[str, Any]] = []

    @abstractmethod
    def _show(self) -> None:
        """Word the draft for the page."""

    def _enter_job(self, job_id: UUID) -> None:
        """Leave the draft of another job, and the text of a spec that became frozen."""
        if self._draft_of != (own := str(job_id)):
            self._draft_of, self.as_text, self.is_dirty = own, False, False
        self.as_text = self.as_text and self.view.is_editable

    def _start_draft(self, spec: Spec | None) -> None:
        """Begin again from a revision; an open text is replaced only where the revision or the draft was another."""
        is_new = self.is_dirty or (spec.revision_token if spec else "") != self._token
        self._bdd = [item.model_dump() for item in spec.bdd_items] if spec else []
        self._sdd = [item.model_dump() for item in spec.sdd_items] if spec else []
        self._base_bdd, self._base_sdd = list(self._bdd), list(self._sdd)
        self._token, self._base = (spec.revision_token, spec.number) if spec else ("", 0)
        self.is_dirty, self.editing = False, ""
        if is_new:
            self._write_text()

    def _write_text(self) -> None:
        self.text = spec_text.as_text(self._bdd, None if self.head.segment == "A" else self._sdd)
        self.text_round, self.text_problem = self.text_round + 1, ""

    def _changed(self) -> list[tuple[str, str, str, str]]:
        halves = ((self._base_bdd, self._bdd), (self._base_sdd, self._sdd))
        return [one for before, after in halves for one in spec_draft.differing(before, after)]

    def _differs(self) -> bool:
        halves = ((self._base_bdd, self._bdd), (self._base_sdd, self._sdd))
        moved = any([item["id"] for item in before] != [item["id"] for item in after] for before, after in halves)
        return moved or bool(self._changed()) or self.text_problem != ""

    def _changed_structure(self) -> list[dict[str, Any]] | None:
        return self._sdd if self._sdd != self._base_sdd else None

    def _change(self, items: Sequence[Mapping[str, Any]]) -> None:
        self._require_editable()
        self._bdd = [dict(item) for item in items]
        self._show()

    def _require_editable(self) -> None:
        if not self.view.is_editable:
            raise IamaError("TRANSITION_NOT_ALLOWED", status=self.head.state, state_revision=self.head.revision)

    def _require_readable(self) -> None:
        if self.text_problem:
            raise IamaError("VALIDATION_FAILED", sentence=self.text_problem, fields=["text"])

    @rx.event
    @guarded
    async def show_fields(self) -> None:
        """Go back to the fields; a text that cannot be read stays open."""
        self._require_readable()
        self.as_text = False

    @rx.event
    @guarded
    async def show_text(self) -> None:
        """Open the draft as one text."""
        self._require_editable()
        if not self.as_text:
            self.as_text, self.opened, self.editing = True, "", ""
            self._write_text()

    @rx.event
    @guarded
    async def take_text(self, text: str) -> None:
        """Read the typed text into the draft."""
        self._require_editable()
        if not self.as_text:
            return
        try:
            if not isinstance(text, str) or len(text) > TEXT_MAX_CHARACTERS:
                raise IamaError("VALIDATION_FAILED", sentence="The text is too long.", fields=["text"])
            self._bdd, self._sdd = spec_text.from_text(text, self._base_bdd, self._base_sdd)
            self.text_problem = ""
        except IamaError as error:
            self.text_problem = error.sentence
        self._show()
