"""Node operations: which definition is meant, what changes, what stays."""

from textwrap import dedent
from typing import Any

import pytest

from services.core.tree import file_fingerprint
from services.engine.apply import ApplyResult, OperationStatus, apply_document
from services.engine.document import EditDocument, document_to_json
from services.engine.refusals import RefusalCode
from services.engine.source import text_fingerprint
from tests.support.edit_oracle import ask_oracle

MODULE = dedent('''
    import os

    LIMIT: int = 3


    @cache
    def first(x):
        return x  # one


    class Shop:
        """Sells."""

        rate = 1

        @property
        def total(self):
            return 1

        @total.setter
        def total(self, value):
            pass

        async def close(self): ...


    if os.name == "nt":
        def sep():
            return ";"
    else:
        def sep():
            return ":"


    def outer():
        def inner():
            return 0
        return inner
''').lstrip("\n")


def operation(op: str, content: bytes, path: str, kind: str, name: str, source: str, **fields: Any) -> dict[str, Any]:
    return {
        "op": op, "path": path, "base_fingerprint": file_fingerprint(content), "kind": kind, "qualified_name": name,
        "node_fingerprint": text_fingerprint(source), **fields,
    }  # fmt: skip


def run(content: bytes, *operations: dict[str, Any], path: str = "m.py") -> ApplyResult:
    """Apply to one file; the oracle must reach the same bytes."""
    document = EditDocument.model_validate({"operations": list(operations)})
    result = apply_document({path: content}, document)
    if result.applied:
        expected = {name: file_fingerprint(data) for name, data in result.tree.items()}
        assert ask_oracle({path: content}, document_to_json(document)) == expected
    return result


def edited(before: str, op: str, kind: str, name: str, source: str, **fields: Any) -> str:
    result = run(before.encode(), operation(op, before.encode(), "m.py", kind, name, source, **fields))
    assert result.applied, result.outcomes
    return result.tree["m.py"].decode()


def code_of(result: ApplyResult) -> RefusalCode | None:
    [outcome] = result.outcomes
    assert outcome.status is OperationStatus.REFUSED and outcome.remedy
    return outcome.code


FIRST = "@cache\ndef first(x):\n    return x"
SETTER = "@total.setter\n    def total(self, value):\n        pass"
POSIX = 'def sep():\n        return ":"'


class TestAnchors:
    @pytest.mark.parametrize(
        ("kind", "name", "source"),
        [
            ("FUNCTION", "first", FIRST),
            ("METHOD", "Shop.total", SETTER),
            ("FUNCTION", "Shop.total", SETTER),
            ("FUNCTION", "sep", POSIX),
            ("FUNCTION", "outer.inner", "def inner():\n        return 0"),
            ("ASSIGNMENT", "LIMIT", "LIMIT: int = 3"),
            ("ASSIGNMENT", "Shop.rate", "rate = 1"),
            ("METHOD", "Shop.close", "async def close(self): ..."),
        ],
    )
    def test_finds_decorated_overloaded_conditional_and_inner_definitions(
        self, kind: str, name: str, source: str
    ) -> None:
        done = edited(MODULE, "node_replace", kind, name, source, text="replaced = 0")
        assert done == MODULE.replace(source, "replaced = 0")

    def test_a_method_is_no_free_function_and_a_function_no_method(self) -> None:
        content = MODULE.encode()
        result = run(content, operation("node_delete", content, "m.py", "METHOD", "first", FIRST))
        assert code_of(result) is RefusalCode.ANCHOR_NOT_FOUND

    def test_equal_definitions_need_an_occurrence(self) -> None:
        text = "def f(): 1\n\n\ndef f(): 1\n"
        content = text.encode()
        plain = operation("node_replace", content, "m.py", "FUNCTION", "f", "def f(): 1", text="g = 2")
        result = run(content, plain)
        assert code_of(result) is RefusalCode.ANCHOR_AMBIGUOUS and result.outcomes[0].location == "m.py:4"
        assert run(content, {**plain, "occurrence": 2}).tree["m.py"] == b"def f(): 1\n\n\ng = 2\n"
        assert code_of(run(content, {**plain, "occurrence": 3})) is RefusalCode.ANCHOR_NOT_FOUND

    def test_an_occurrence_with_other_source_is_refused(self) -> None:
        content = MODULE.encode()
        wrong = operation("node_delete", content, "m.py", "FUNCTION", "sep", POSIX, occurrence=1)
        assert code_of(run(content, wrong)) is RefusalCode.BASE_FINGERPRINT_MISMATCH

    def test_a_later_operation_sees_what_an_earlier_one_left(self) -> None:
        content = MODULE.encode()
        renamed = FIRST.replace("first", "one")
        result = run(
            content,
            operation("node_replace", content, "m.py", "FUNCTION", "first", FIRST, text=renamed),
            operation("node_insert_after", content, "m.py", "FUNCTION", "one", renamed, text="\n\ntwo = one\n"),
        )
        assert result.tree["m.py"].decode() == MODULE.replace(FIRST + "  # one\n", renamed + "  # one\n\n\ntwo = one\n")


class TestNodeInsert:
    def test_puts_lines_above_with_the_indentation_of_the_definition(self) -> None:
        new = "    def none(self):\n        return 0\n\n"
        done = edited(MODULE, "node_insert_before", "METHOD", "Shop.total", SETTER, text=new)
        assert done == MODULE.replace("    " + SETTER, new + "    " + SETTER)

    def test_takes_text_whose_first_line_is_not_indented(self) -> None:
        new = "def none(self):\n        return 0\n\n"
        done = edited(MODULE, "node_insert_before", "METHOD", "Shop.total", SETTER, text=new)
        assert done == MODULE.replace("    " + SETTER, "    " + new + "    " + SETTER)

    def test_puts_lines_below_and_after_a_trailing_comment(self) -> None:
        done = edited(MODULE, "node_insert_after", "FUNCTION", "first", FIRST, text="\n\ndef second(): ...")
        assert done == MODULE.replace("return x  # one\n", "return x  # one\n\n\ndef second(): ...\n")

    def test_adds_the_missing_last_newline_only_between(self) -> None:
        assert edited("x = 1", "node_insert_after", "ASSIGNMENT", "x", "x = 1", text="y = 2\n") == "x = 1\ny = 2"

    def test_keeps_line_endings_and_bom(self) -> None:
        content = b"\xef\xbb\xbfx = 1\r\nz = 3\r\n"
        insert = operation("node_insert_after", content, "m.py", "ASSIGNMENT", "x", "x = 1", text="y = 2\ny = 3\n")
        assert run(content, insert).tree["m.py"] == b"\xef\xbb\xbfx = 1\r\ny = 2\r\ny = 3\r\nz = 3\r\n"

    @pytest.mark.parametrize(
        ("text", "name"), [("x = 1; y = 2\n", "y"), ("x = 1; y = 2\n", "x"), ("if True: x = 1\n", "x")]
    )
    @pytest.mark.parametrize("op", ["node_insert_before", "node_insert_after", "node_delete"])
    def test_refuses_a_definition_that_shares_its_lines(self, op: str, text: str, name: str) -> None:
        content = text.encode()
        source = "y = 2" if name == "y" else "x = 1"
        fields = {} if op == "node_delete" else {"text": "new = 0"}
        result = run(content, operation(op, content, "m.py", "ASSIGNMENT", name, source, **fields))
        assert code_of(result) is RefusalCode.LAYOUT_UNSUPPORTED and result.outcomes[0].location == "m.py:1"

    def test_refuses_text_that_does_not_parse_there(self) -> None:
        content = MODULE.encode()
        broken = operation("node_insert_before", content, "m.py", "FUNCTION", "first", FIRST, text="def (")
        assert code_of(run(content, broken)) is RefusalCode.SYNTAX_BROKEN


class TestNodeDelete:
    def test_takes_the_blank_lines_to_the_next_statement_of_the_block(self) -> None:
        done = edited(MODULE, "node_delete", "FUNCTION", "first", FIRST)
        assert done == MODULE.replace(FIRST + "  # one\n\n\n", "")

    def test_takes_the_blank_lines_above_at_the_end_of_a_block(self) -> None:
        close = "async def close(self): ..."
        done = edited(MODULE, "node_delete", "METHOD", "Shop.close", close)
        assert done == MODULE.replace("\n    " + close + "\n", "")

    def test_leaves_pass_where_a_body_would_be_empty(self) -> None:
        done = edited(MODULE, "node_delete", "FUNCTION", "sep", POSIX)
        assert done == MODULE.replace(POSIX, "pass")

    def test_deletes_the_only_statement_of_a_file(self) -> None:
        assert edited("x = 1\n", "node_delete", "ASSIGNMENT", "x", "x = 1") == ""


class TestReplay:
    @pytest.mark.parametrize(
        "fields",
        [
            {"op": "node_insert_before", "text": "def new(): ...\n\n\n"},
            {"op": "node_insert_after", "text": "\n\ndef new(): ...\n"},
            {"op": "node_replace", "text": "def first(): ..."},
        ],
    )
    def test_an_insertion_and_a_replacement_are_recognised(self, fields: dict[str, str]) -> None:
        content = MODULE.encode()
        document = EditDocument.model_validate(
            {"operations": [{**operation("", content, "m.py", "FUNCTION", "first", FIRST), **fields}]}
        )
        once = apply_document({"m.py": content}, document)
        twice = apply_document(once.tree, document)
        assert once.applied and (twice.applied, twice.tree) == (True, once.tree)
        assert [outcome.status for outcome in twice.outcomes] == [OperationStatus.ALREADY_APPLIED]

    def test_a_deletion_is_recognised_by_its_result(self) -> None:
        content = MODULE.encode()
        delete = operation("node_delete", content, "m.py", "FUNCTION", "first", FIRST)
        after = run(content, delete).tree
        sealed = {**delete, "result_fingerprint": file_fingerprint(after["m.py"])}
        again = apply_document(after, EditDocument.model_validate({"operations": [sealed]}))
        assert [outcome.status for outcome in again.outcomes] == [OperationStatus.ALREADY_APPLIED]

    def test_an_insertion_beside_other_changes_is_no_replay(self) -> None:
        content = b"x = 1\n"
        insert = operation("node_insert_after", content, "m.py", "ASSIGNMENT", "x", "x = 1", text="y = 2")
        other = {"m.py": b"x = 1\ny = 2\nz = 3\n"}
        result = apply_document(other, EditDocument.model_validate({"operations": [insert]}))
        assert code_of(result) is RefusalCode.BASE_FINGERPRINT_MISMATCH
