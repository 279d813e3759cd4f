"""The form of a structured request: fields of the table, sentences of the grammar, refusals beside the button."""

import asyncio
from typing import Any

import pytest

from services.canon.limits import GOAL_MAX_CHARACTERS
from services.engine.goals import parse_goal
from services.engine.goals.forms import FORMS
from state.setup.new import NewJobState
from state.setup.requests import RequestState
from state.setup.views import symbol_source


class Tab:
    """Both states of the page in one tab."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        internal: dict[str, Any] = {"_reflex_internal_init": True}
        self.setup, self.request = NewJobState(**internal), RequestState(**internal)

        async def sibling(_self: Any, _cls: Any) -> NewJobState:
            return self.setup

        monkeypatch.setattr(RequestState, "get_state", sibling)

    def run(self, name: str, *args: Any) -> None:
        owner = RequestState if name in RequestState.event_handlers else NewJobState
        asyncio.run(owner.event_handlers[name].fn(self.request if owner is RequestState else self.setup, *args))

    def add(self, form: str, **values: str) -> None:
        self.run("choose_form", form)
        self.run("add", {f"request-{name}": text for name, text in values.items()})


@pytest.fixture
def tab(monkeypatch: pytest.MonkeyPatch) -> Tab:
    return Tab(monkeypatch)


class TestChooseForm:
    @pytest.mark.parametrize("name", FORMS)
    def test_draws_the_fields_of_the_table(self, tab: Tab, name: str) -> None:
        tab.run("choose_form", name)
        assert [field.name for field in tab.request.fields] == [field.name for field in FORMS[name].fields]
        assert {field.name for field in tab.request.fields if field.required} == FORMS[name].required

    def test_keeps_what_both_forms_ask_for(self, tab: Tab) -> None:
        tab.run("open_form")
        tab.run("type_value", "path", "shop/prices.py")
        tab.run("choose_form", "inline")
        assert {field.name: field.value for field in tab.request.fields}["path"] == "shop/prices.py"

    def test_ignores_a_form_that_is_none(self, tab: Tab) -> None:
        tab.run("choose_form", "guess")
        assert tab.request.form in FORMS


class TestAdd:
    def test_stacks_sentences_that_can_be_taken_out_again(self, tab: Tab) -> None:
        tab.add("rename", symbol="total", path="shop/prices.py", new_name="sums")
        tab.add("inline", symbol="pay", path="shop/cart.py")
        assert tab.setup.goal == "Rename `total` in `shop/prices.py` to `sums`; Inline `pay` in `shop/cart.py`"
        assert len(parse_goal(tab.setup.goal).each) == len(tab.setup.goal_view.requests) == 2
        tab.run("drop_request", 0)
        assert tab.setup.goal == "Inline `pay` in `shop/cart.py`" and tab.setup.goal_view.requests == []

    def test_continues_a_typed_sentence(self, tab: Tab) -> None:
        tab.run("type_goal", "Clean up.")
        tab.add("organise_imports", path="a.py")
        assert tab.setup.goal == "Clean up; Organise imports in `a.py`"

    def test_says_what_is_missing_and_adds_nothing(self, tab: Tab) -> None:
        tab.add("rename", symbol="total", path="shop/prices.py")
        assert tab.request.error == "Fill in: New name." and tab.setup.goal == ""

    def test_keeps_what_was_filled_in_when_it_is_refused(self, tab: Tab) -> None:
        tab.add("rename", symbol="total", path="shop/prices.py", new_name="not a name")
        assert tab.request.error and tab.setup.goal == ""
        assert {field.name: field.value for field in tab.request.fields}["new_name"] == "not a name"

    def test_refuses_more_than_a_goal_holds(self, tab: Tab) -> None:
        tab.run("type_goal", "Clean up " + "a" * (GOAL_MAX_CHARACTERS - 20))
        tab.add("organise_imports", path="package/module.py")
        assert "at most" in tab.request.error and "Organise" not in tab.setup.goal

    def test_leaves_the_file_for_the_next_request_only(self, tab: Tab) -> None:
        tab.add("rename", symbol="total", path="shop/prices.py", new_name="sums")
        values = {field.name: field.value for field in tab.request.fields}
        assert values == {"symbol": "", "path": "shop/prices.py", "new_name": ""}


class TestPick:
    def test_fills_definition_and_file(self, tab: Tab) -> None:
        tab.run("choose_form", "rename")
        tab.run("pick", "shop/prices.py", "Basket.size")
        values = {field.name: field.value for field in tab.request.fields}
        assert (values["symbol"], values["path"]) == ("Basket.size", "shop/prices.py")

    def test_gathers_several_of_one_file(self, tab: Tab) -> None:
        tab.run("choose_form", "move")
        for path, symbol in (("a.py", "f"), ("a.py", "g"), ("a.py", "f")):
            tab.run("pick", path, symbol)
        assert {field.name: field.value for field in tab.request.fields}["symbols"] == "f, g"
        tab.run("pick", "b.py", "h")
        assert {field.name: field.value for field in tab.request.fields}["symbols"] == "h"

    def test_takes_a_module_as_a_file(self, tab: Tab) -> None:
        tab.run("choose_form", "rename_module")
        tab.run("pick", "shop/prices.py", "")
        assert {field.name: field.value for field in tab.request.fields}["path"] == "shop/prices.py"


class TestSymbolSource:
    def test_needs_an_address(self) -> None:
        assert symbol_source(" ", "", ".") is None

    def test_names_address_branch_and_scope(self) -> None:
        found = symbol_source("/srv/app", "main", "src\npkg")
        assert found is not None and found["path_scope"] == ["src", "pkg"] and found["source"].branch == "main"
