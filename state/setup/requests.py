"""Structured requests beside the goal: a filled form writes a sentence of it, names come from the project."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from services.canon.errors import IamaError
from services.canon.limits import GOAL_MAX_CHARACTERS
from services.engine.goals.forms import FORMS, FormField, form_sentence
from services.previews import service as previews
from services.previews.schemas import SymbolKind, SymbolRequest, SymbolView
from state.base import PageState, guarded, internal_error
from state.setup.new import NewJobState
from state.setup.views import symbol_source

_FIRST = next(iter(FORMS))
_MATCHES = 8
_TEXT_MAX = 500
_KIND_WORDS: dict[SymbolKind, str] = {
    "MODULE": "module",
    "CLASS": "class",
    "FUNCTION": "function",
    "METHOD": "method",
    "NAME": "name",
}


@dataclass(frozen=True)
class FieldView:
    """One field of the chosen form."""

    name: str = ""
    label: str = ""
    example: str = ""
    value: str = ""
    required: bool = True


@dataclass(frozen=True)
class MatchView:
    """One definition that was found."""

    path: str = ""
    symbol: str = ""
    kind: str = ""
    place: str = ""


class RequestState(PageState, rx.State):
    """The form that is being filled in."""

    form: str = _FIRST
    fields: list[FieldView] = []
    query: str = ""
    matches: list[MatchView] = []
    match_line: str = ""
    searching: bool = False
    error: str = ""
    added: str = ""
    _values: dict[str, str] = {}

    @rx.event
    async def open_form(self) -> None:
        """Draw the chosen form when the page opens."""
        self._show()

    @rx.event
    async def choose_form(self, name: str) -> None:
        """Change to another form; what was filled in stays where both have the field."""
        if name in FORMS:
            self.form, self.error, self.added = name, "", ""
            self._show()

    @rx.event
    async def type_value(self, name: str, text: str) -> None:
        """Keep one field."""
        if name in {field.name for field in FORMS[self.form].fields}:
            self._values = {**self._values, name: str(text)[:_TEXT_MAX]}
            self.error = ""
            self._show()

    @rx.event(background=True)
    async def search(self, text: str) -> Any:
        """Find definitions of the project whose name begins so; a late answer to an earlier text is dropped."""
        async with self:
            self.query = str(text)[:200]
            self.matches, self.match_line, self.searching = [], "", bool(self.query.strip())
            asked = self.query
            wanted = await self._wanted() if self.searching else None
        if wanted is None:
            return
        try:
            request, actor = wanted
            answer = await previews.search_symbols(actor, request)
            async with self:
                if self.query == asked:
                    self.matches = [_match(item) for item in answer.items]
                    self.match_line = (
                        f"{len(answer.items)} of {answer.total} definitions" if answer.total else "No match."
                    )
        except Exception as error:
            async with self:
                refusal = error if isinstance(error, IamaError) else internal_error("search")
                self.match_line = f"{refusal.sentence} {refusal.remedy}"
        finally:
            async with self:
                self.searching = False

    async def _wanted(self) -> tuple[SymbolRequest, Any] | None:
        """Return the search in the source of the set-up, or None after saying what is missing."""
        setup = await self.get_state(NewJobState)
        source = symbol_source(setup.url, setup.branch, setup.scope)
        if source is None:
            self.match_line, self.searching = "Name the repository first.", False
            return None
        try:
            return SymbolRequest(**source, query=self.query, limit=_MATCHES), await self._actor()
        except IamaError as error:
            self.match_line, self.searching = error.sentence, False
            return None

    @rx.event
    @guarded
    async def pick(self, path: str, symbol: str) -> None:
        """Take a definition into the form: its file, and its name where the form asks for one or several."""
        names = {field.name: field for field in FORMS[self.form].fields}
        taken = dict(self._values)
        if "path" in names:
            same_file = taken.get("path") == path
            taken["path"] = str(path)[:_TEXT_MAX]
            if "symbols" in names and symbol:
                before = taken.get("symbols", "") if same_file else ""
                taken["symbols"] = ", ".join(dict.fromkeys([*filter(None, before.split(", ")), symbol]))
        if "symbol" in names and symbol:
            taken["symbol"] = str(symbol)[:_TEXT_MAX]
        self._values, self.error = taken, ""
        self._show()

    @rx.event
    @guarded
    async def add(self, form: dict[str, Any]) -> None:
        """Put the form's sentence behind the goal.

        Args:
            form: The fields as they stood when the form was sent; keys typed last may not have arrived otherwise.
        """
        names = {field.name for field in FORMS[self.form].fields}
        typed = {name: str(form[f"request-{name}"])[:_TEXT_MAX] for name in names if f"request-{name}" in form}
        self._values = {**self._values, **typed}
        try:
            sentence = form_sentence(self.form, self._values)
        except IamaError as error:
            self.error, self.added = error.sentence, ""
            self._show()
            return
        setup = await self.get_state(NewJobState)
        goal = "; ".join(filter(None, (setup.goal.rstrip(" .;"), sentence)))
        if len(goal) > GOAL_MAX_CHARACTERS:
            self.error = f"A goal has at most {GOAL_MAX_CHARACTERS} characters. Start a job for the requests so far."
            return
        setup._set_goal(goal)
        self.added, self.error, self._values = f"Added: {sentence}", "", _kept(FORMS[self.form].fields, self._values)
        self._show()

    def _show(self) -> None:
        form = FORMS[self.form]
        self.fields = [
            FieldView(item.name, item.label, item.example, self._values.get(item.name, ""), item.name in form.required)
            for item in form.fields
        ]


def _match(item: SymbolView) -> MatchView:
    return MatchView(item.path, item.symbol, _KIND_WORDS[item.kind], f"{item.path}:{item.line}")


def _kept(fields: Sequence[FormField], values: dict[str, str]) -> dict[str, str]:
    """Keep the file for the next request, nothing else."""
    return {item.name: values.get(item.name, "") for item in fields if item.name == "path"}
