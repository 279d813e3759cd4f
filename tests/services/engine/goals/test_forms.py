"""Each form writes a sentence that the grammar reads back as what was filled in."""

import pytest

from services.engine.goals import Goal, GoalKind, GoalNotUnderstoodError, ParameterChange, parse_goal
from services.engine.goals.forms import FIELDS, FORMS, form_sentence

EXAMPLES = {name: field.example for name, field in FIELDS.items()} | {"symbol": "total", "symbols": "f, g"}
A, B = "package/module.py", "package/other.py"


def _change(action: str, **fields: object) -> tuple[ParameterChange, ...]:
    return (ParameterChange(action, **fields),)  # type: ignore[arg-type]


GOALS: dict[str, Goal] = {
    "rename": Goal(GoalKind.RENAME, symbol="total", path=A, new_name="new_name"),
    "rename_parameter": Goal(GoalKind.RENAME, symbol="total.log", path=A, new_name="new_name", what="parameter"),
    "rename_module": Goal(GoalKind.RENAME_MODULE, path=A, new_path=B),
    "move": Goal(GoalKind.MOVE_SYMBOLS, symbols=("f", "g"), path=A, new_path=B),
    "fold": Goal(GoalKind.FOLD_MODULE, path=A, new_path=B),
    "extract_function": Goal(GoalKind.EXTRACT_FUNCTION, path=A, lines=(10, 20), new_name="new_name"),
    "extract_variable": Goal(
        GoalKind.EXTRACT_VARIABLE, path=A, expression="price * rate", lines=(12, 12), new_name="new_name"
    ),
    "extract_constant": Goal(
        GoalKind.EXTRACT_CONSTANT, path=A, expression="price * rate", lines=(12, 12), new_name="new_name"
    ),
    "inline": Goal(GoalKind.INLINE, symbol="total", path=A),
    "add_parameter": Goal(
        GoalKind.CHANGE_SIGNATURE,
        symbol="total",
        path=A,
        changes=_change("ADD", name="log", default="False", annotation="bool", call_value="None"),
    ),
    "remove_parameter": Goal(GoalKind.CHANGE_SIGNATURE, symbol="total", path=A, changes=_change("REMOVE", name="log")),
    "reorder_parameters": Goal(
        GoalKind.CHANGE_SIGNATURE, symbol="total", path=A, changes=_change("REORDER", order=("x", "y"))
    ),
    "change_default": Goal(
        GoalKind.CHANGE_SIGNATURE, symbol="total", path=A, changes=_change("DEFAULT", name="log", default="False")
    ),
    "parameter_object": Goal(
        GoalKind.PARAMETER_OBJECT, symbol="total", path=A, parameters=("x", "y"), class_name="ClassName"
    ),
    "method_to_function": Goal(GoalKind.METHOD_TO_FUNCTION, symbol="total", path=A, new_name="new_name"),
    "function_to_method": Goal(GoalKind.FUNCTION_TO_METHOD, symbol="total", path=A, class_name="ClassName"),
    "wrap_in_class": Goal(GoalKind.WRAP_IN_CLASS, symbols=("f", "g"), path=A, class_name="ClassName"),
    "add_import": Goal(GoalKind.ADD_IMPORT, module="os", path=A),
    "remove_import": Goal(GoalKind.REMOVE_IMPORT, module="os", path=A),
    "organise_imports": Goal(GoalKind.ORGANISE_IMPORTS, path=A),
    "modernise": Goal(GoalKind.MODERNISE, target="3.11", path=A),
    "clean_up": Goal(GoalKind.CLEAN_UP, path=A),
}


class TestFormSentence:
    def test_every_form_has_its_goal(self) -> None:
        assert FORMS.keys() == GOALS.keys()

    @pytest.mark.parametrize("name", FORMS)
    def test_is_read_back_as_what_was_filled_in(self, name: str) -> None:
        assert parse_goal(form_sentence(name, EXAMPLES)) == GOALS[name]

    @pytest.mark.parametrize("name", FORMS)
    def test_leaves_out_what_is_optional(self, name: str) -> None:
        form = FORMS[name]
        goal = parse_goal(form_sentence(name, {key: EXAMPLES[key] for key in form.required}))
        assert goal.kind is form.kind

    @pytest.mark.parametrize("name", FORMS)
    def test_names_a_required_field_that_is_empty(self, name: str) -> None:
        for missing in FORMS[name].required:
            with pytest.raises(GoalNotUnderstoodError, match=FIELDS[missing].label):
                form_sentence(name, EXAMPLES | {missing: " "})

    def test_several_stack_up_in_their_order(self) -> None:
        text = "; ".join(form_sentence(name, EXAMPLES) for name in FORMS)
        assert [step.kind for step in parse_goal(text).each] == [form.kind for form in FORMS.values()]

    @pytest.mark.parametrize(
        ("name", "field", "text"),
        [("rename", "new_name", "not a name"), ("rename", "path", "../x.py"), ("extract_function", "lines", "many")],
    )
    def test_refuses_what_the_grammar_refuses(self, name: str, field: str, text: str) -> None:
        with pytest.raises(GoalNotUnderstoodError):
            form_sentence(name, EXAMPLES | {field: text})

    def test_knows_no_other_form(self) -> None:
        with pytest.raises(GoalNotUnderstoodError, match="no form"):
            form_sentence("guess", {})
