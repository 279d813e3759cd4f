"""Bad documents and difficult files: one outcome each, the tree untouched or changed in the named place only."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from services.core.tree import file_fingerprint
from services.engine.apply import OperationStatus, apply_document
from services.engine.document import MAX_OPERATIONS, EditDocument, document_from_json
from services.engine.document_types import MAX_BLOCK_CHARACTERS
from services.engine.refusals import RefusalCode
from services.engine.source import text_fingerprint

TREE = {
    "pkg/a.py": b"x = 1\ny = 2\n",
    "pkg/b.py": b"x = 1\nx = 1\n",
    "broken.py": b"def f(:\n    x = 1\n",
    "out.py": b"",
}


def change(path: str = "pkg/a.py", search: str = "x = 1", **fields: Any) -> dict[str, Any]:
    base = file_fingerprint(TREE.get(path, b""))
    return {
        "op": "search_replace",
        "path": path,
        "base_fingerprint": base,
        "search": search,
        "replace": "w = 3",
        **fields,
    }


def node(content: bytes, **fields: Any) -> dict[str, Any]:
    return {
        "op": "node_replace", "path": "a.py", "base_fingerprint": file_fingerprint(content), "kind": "FUNCTION",
        "qualified_name": "f", "node_fingerprint": "0" * 64, "text": "def f(): ...", **fields,
    }  # fmt: skip


class TestReading:
    @pytest.mark.parametrize(
        "text",
        [
            "", "{", "null", "[]", '{"operations": {}}', '{"version": 1}', '{"version": "1", "operations": []}',
            '{"version": 1, "operations": [null]}', "[" * 100_000, '{"operations": [{"op": "file_create"}]}',
            '{"operations": [{"op": "file_create", "path": "a", "content": "\\ud800"}]}',
            '{"operations": [{"op": "file_create", "path": "' + "a/" * 600 + '", "content": ""}]}',
        ],
        ids=range(12),
    )  # fmt: skip
    def test_refuses_what_is_no_document(self, text: str) -> None:
        with pytest.raises(ValidationError):
            document_from_json(text)

    @pytest.mark.parametrize(
        "operation",
        [
            change(search=""),
            change(search="w = 3"),
            change(search="x" * (MAX_BLOCK_CHARACTERS + 1)),
            change(base_fingerprint="abc"),
            change(path="../a.py"),
            change(path="/etc/passwd"),
            change(path=".git/config"),
            node(b"", text=" \n"),
            node(b"", kind="MODULE"),
            node(b"", language="cobol"),
            node(b"", qualified_name="a b"),
            node(b"", qualified_name="$f"),
            node(b"", occurrence=0),
        ],
        ids=range(13),
    )
    def test_refuses_an_operation_that_cannot_be_meant(self, operation: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            EditDocument.model_validate({"operations": [operation]})

    def test_refuses_a_document_of_too_many_operations(self) -> None:
        operation = {"op": "file_create", "path": "a.py", "content": ""}
        with pytest.raises(ValidationError, match="at most"):
            document_from_json(json.dumps({"operations": [operation] * (MAX_OPERATIONS + 1)}))


class TestRefusals:
    @pytest.mark.parametrize(
        ("operations", "codes"),
        [
            ([change(search="nowhere")], [RefusalCode.ANCHOR_NOT_FOUND]),
            ([change("pkg/b.py")], [RefusalCode.ANCHOR_AMBIGUOUS]),
            ([change(base_fingerprint="0" * 64)], [RefusalCode.BASE_FINGERPRINT_MISMATCH]),
            ([change(block_fingerprint="0" * 64)], [RefusalCode.BASE_FINGERPRINT_MISMATCH]),
            ([change("out.py")], [RefusalCode.OUT_OF_SCOPE]),
            ([change("pkg/gone.py")], [RefusalCode.FILE_MISSING]),
            ([change(), change()], [None, RefusalCode.ANCHOR_NOT_FOUND]),
            (
                [{"op": "file_delete", "path": "pkg/a.py", "base_fingerprint": change()["base_fingerprint"]}, change()],
                [None, RefusalCode.FILE_MISSING],
            ),
            ([{"op": "file_create", "path": "pkg/n.py", "content": "a = 1"}] * 2, [None, RefusalCode.FILE_EXISTS]),
            ([{"op": "file_create", "path": "pkg/n", "content": "%", "encoding": "base64"}],
             [RefusalCode.PARSE_UNSUPPORTED]),
            ([change(), change(search="y = 2", base_fingerprint="1" * 64)],
             [None, RefusalCode.BASE_FINGERPRINT_MISMATCH]),
            ([change(replace="x = (")], [RefusalCode.SYNTAX_BROKEN]),
        ],
    )  # fmt: skip
    def test_are_one_outcome_each_and_leave_the_tree(
        self, operations: list[dict[str, Any]], codes: list[RefusalCode | None]
    ) -> None:
        document = EditDocument.model_validate({"operations": operations})
        result = apply_document(TREE, document, scope=["pkg"])
        assert [outcome.code for outcome in result.outcomes] == codes and result.tree == TREE
        refused = [outcome for outcome in result.outcomes if outcome.status is OperationStatus.REFUSED]
        assert all(outcome.location and outcome.remedy for outcome in refused)


class TestDifficultFiles:
    LONG = b"".join(b"v%d = %d\n" % (number, number) for number in range(50_000))

    @pytest.mark.parametrize(
        ("content", "search", "replace", "expected"),
        [
            (b"def f(:\n    x = 1\n", "x = 1", "x = 2", b"def f(:\n    x = 2\n"),
            ("# coding: cp1252\nx = '€'\n".encode("cp1252"), "€", "ä", "# coding: cp1252\nx = 'ä'\n".encode("cp1252")),
            (b"\xef\xbb\xbfx = 1\n", "x = 1", "x = 2", b"\xef\xbb\xbfx = 2\n"),
            (b"x = 1\r\ny = 2\r\n", "x = 1\ny", "a = 1\nb = 0\ny", b"a = 1\r\nb = 0\r\ny = 2\r\n"),
            (b"x = 1\ry = 2\rq = 0\n", "y = 2", "y = 3\nz = 4", b"x = 1\ry = 3\rz = 4\rq = 0\n"),
            (b"if x:\n\ty = 1\n", "y = 1", "y = 2", b"if x:\n\ty = 2\n"),
            (b"x = 1", "x = 1", "x = 2", b"x = 2"),
            (LONG, "v49999 = 49999", "v49999 = 0", LONG.replace(b"= 49999\n", b"= 0\n")),
            (b"(" * 150 + b"1" + b")" * 150 + b"\n", "1)", "2)", b"(" * 150 + b"2" + b")" * 150 + b"\n"),
            (b"x = " + b"-" * 50_000 + b"1\ny = 2\n", "y = 2", "y = 3", b"x = " + b"-" * 50_000 + b"1\ny = 3\n"),
        ],
        ids=["syntax error", "code page", "BOM", "CRLF", "CR and LF", "tabs", "no last newline", "50,000 lines",
             "deep nesting", "too deep to parse"],
    )  # fmt: skip
    def test_are_changed_in_the_named_place_only(
        self, content: bytes, search: str, replace: str, expected: bytes
    ) -> None:
        operation = {**change(search=search), "path": "a.py", "base_fingerprint": file_fingerprint(content)}
        document = EditDocument.model_validate({"operations": [{**operation, "replace": replace}]})
        result = apply_document({"a.py": content, "b.bin": b"\0"}, document)
        assert result.applied and result.tree == {"a.py": expected, "b.bin": b"\0"}, result.outcomes

    @pytest.mark.parametrize(
        ("content", "search"),
        [
            (b"x = '\xff'\n", "x"),
            ("é".encode("latin-1") + "é".encode(), "é"),
            ("x = 1\n".encode("utf-16"), "x"),
            (b"# coding: nonsense\nx = 1\n", "x"),
            (b"x\0y", "x"),
        ],
        ids=["not UTF-8", "mixed encodings", "UTF-16", "unknown declaration", "binary"],
    )
    def test_that_are_no_text_are_refused(self, content: bytes, search: str) -> None:
        operation = {**change(search=search), "path": "a.py", "base_fingerprint": file_fingerprint(content)}
        [outcome] = apply_document({"a.py": content}, EditDocument.model_validate({"operations": [operation]})).outcomes
        assert outcome.code is RefusalCode.PARSE_UNSUPPORTED

    @pytest.mark.parametrize(
        "content",
        [b"def f(:\n", b"x = " + b"-" * 50_000 + b"1\n", b"a" + b".b" * 50_000 + b"\n", b"x = '\xff'\n"],
        ids=["syntax error", "operators", "attributes", "encoding"],
    )
    def test_without_a_tree_refuse_node_operations(self, content: bytes) -> None:
        document = EditDocument.model_validate({"operations": [node(content)]})
        [outcome] = apply_document({"a.py": content}, document).outcomes
        assert outcome.code is RefusalCode.PARSE_UNSUPPORTED

    def test_of_fifty_thousand_lines_take_node_operations(self) -> None:
        content = self.LONG + b"def f():\n    pass\n"
        operation = node(content, node_fingerprint=text_fingerprint("def f():\n    pass"))
        result = apply_document({"a.py": content}, EditDocument.model_validate({"operations": [operation]}))
        assert result.tree["a.py"] == self.LONG + b"def f(): ...\n"

    def test_an_edit_planned_on_an_excerpt_applies_to_the_whole_file(self) -> None:
        whole = b"import os\n\n\ndef kept():\n    return os\n\n\ndef f():\n    return 1\n"
        excerpt = "def f():\n    return 1"
        operations = [
            {**change(search=excerpt), "replace": "def f():\n    return 2"},
            node(whole, node_fingerprint=text_fingerprint("def f():\n    return 2"), text="def f(): ..."),
        ]
        anchored = [{**item, "path": "a.py", "base_fingerprint": file_fingerprint(whole)} for item in operations]
        result = apply_document({"a.py": whole}, EditDocument.model_validate({"operations": anchored}))
        assert result.tree["a.py"] == whole.replace(b"def f():\n    return 1", b"def f(): ...")
