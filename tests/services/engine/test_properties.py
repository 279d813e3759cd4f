"""What holds for every document: it can be taken back, touches what it names, stays in scope, never crashes."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.core.tree import file_fingerprint, is_within
from services.engine import symbolic
from services.engine.apply import ApplyResult, OperationStatus, apply_document
from services.engine.blocks import document_between, reverse_document, sealed_document
from services.engine.document import EditDocument, document_from_json
from services.engine.examples import EXAMPLES, example_document, example_tree
from services.engine.refusals import RefusalCode
from services.engine.source import SourceText, text_fingerprint
from services.engine.tree_edits import TreeEdits

Files = dict[str, bytes]

PATHS = ["a.py", "pkg/b.py", "pkg/c.ts", "pkg", "notes.txt", "pkg/deep/d.py"]
SNIPPETS = [
    "def f(x):\n    return x\n", "class A:\n    def m(self):\n        pass\n", "x = 1\n", "y = 'ü'\n", "\n", "# é\n",
    "def broken(:\n", "export function g() {}\n", "\tif x:\n", "if x:\n\ty = 2\n",
]  # fmt: skip


@st.composite
def contents(draw: Any) -> bytes:
    text = "".join(draw(st.lists(st.sampled_from(SNIPPETS), max_size=6)))
    text = draw(st.sampled_from([text, text.rstrip("\n")])).replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))
    encoded: bytes = draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode()
    return draw(st.sampled_from([encoded, encoded, encoded, text.encode("latin-1"), b"\0" + encoded]))


@st.composite
def trees(draw: Any) -> Files:
    """Trees in which no file is also a folder."""
    tree = draw(st.dictionaries(st.sampled_from(PATHS), contents(), max_size=5))
    return {path: content for path, content in tree.items() if not any(other.startswith(path + "/") for other in tree)}


@st.composite
def operations(draw: Any, tree: Files) -> dict[str, Any]:
    """One operation, most often anchored in what is there."""
    path = draw(st.sampled_from([*tree, *PATHS]))
    content = tree.get(path, b"")
    base = file_fingerprint(content)
    op = draw(st.sampled_from(["search_replace", "node_replace", "node_insert_before", "node_insert_after",
                               "node_delete", "rename_symbol", "file_create", "file_delete", "file_move"]))  # fmt: skip
    new = draw(st.sampled_from([*SNIPPETS, "z = 3", "x", ""]))
    name, source = draw(st.sampled_from([("f", "def f(x):\n    return x"), ("A.m", "def m(self):\n        pass"),
                                         ("x", "x = 1"), ("g", "export function g() {}")]))  # fmt: skip
    common = {"op": op, "path": path}
    if op == "file_create":
        return {**common, "content": new}
    common["base_fingerprint"] = base
    if op == "search_replace":
        return {**common, "search": draw(st.sampled_from([*SNIPPETS, "x", "y = "])), "replace": new}
    if op == "rename_symbol":
        return {**common, "symbol": name, "new_name": draw(st.sampled_from(["h", "x", "A"]))}
    if op == "file_move":
        return {**common, "new_path": draw(st.sampled_from([*PATHS, "pkg/new.py", "a.py/in.py"]))}
    if op == "file_delete":
        return common
    kind = {"f": "FUNCTION", "A.m": "METHOD", "x": "ASSIGNMENT", "g": "FUNCTION"}[name]
    node = {**common, "kind": kind, "qualified_name": name, "node_fingerprint": text_fingerprint(source)}
    if path.endswith(".ts"):
        node["language"] = "typescript"
    return node if op == "node_delete" else {**node, "text": new}


def read(raw: list[dict[str, Any]]) -> EditDocument | None:
    try:
        return document_from_json(json.dumps({"version": 1, "operations": raw}))
    except ValidationError:
        return None


@st.composite
def cases(draw: Any) -> tuple[Files, EditDocument]:
    tree = draw(trees())
    raw = draw(st.lists(operations(tree), max_size=4))
    return tree, read([item for item in raw if read([item])]) or EditDocument(operations=[])


def named_paths(document: EditDocument) -> set[str]:
    return {path for item in document.operations for path in (item.path, getattr(item, "new_path", item.path))}


SLOW = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class TestEveryDocument:
    @given(case=cases(), partial=st.booleans())
    @SLOW
    def test_has_one_outcome_per_operation_and_changes_nothing_when_refused(
        self, case: tuple[Files, EditDocument], partial: bool
    ) -> None:
        tree, document = case
        before = dict(tree)
        result = apply_document(tree, document, atomic=not partial)
        assert tree == before and [item.index for item in result.outcomes] == list(range(len(document.operations)))
        refused = [item for item in result.outcomes if item.status is OperationStatus.REFUSED]
        assert all(item.code and item.location and item.remedy for item in refused)
        assert result.applied is not bool(refused)
        if refused and not partial:
            assert result.tree == before

    @given(case=cases())
    @SLOW
    def test_is_taken_back_by_its_reverse(self, case: tuple[Files, EditDocument]) -> None:
        tree, document = case
        after = apply_document(tree, document, atomic=False).tree
        back = apply_document(after, reverse_document(tree, after), allow_broken=True)
        assert back.applied and back.tree == tree, back.outcomes

    @given(case=cases())
    @SLOW
    def test_leaves_files_it_does_not_name_byte_for_byte(self, case: tuple[Files, EditDocument]) -> None:
        tree, document = case
        after = apply_document(tree, document, atomic=False).tree
        touched = {path for path in {*tree, *after} if tree.get(path) != after.get(path)}
        if any(item.op == "rename_symbol" for item in document.operations):
            touched = {path for path in touched if not path.endswith(".py")}
        assert touched <= named_paths(document)

    @given(case=cases(), scope=st.sampled_from(["pkg", "a.py", "pkg/deep", "none"]))
    @SLOW
    def test_writes_nothing_outside_the_scope(self, case: tuple[Files, EditDocument], scope: str) -> None:
        tree, document = case
        after = apply_document(tree, document, scope=[scope], atomic=False).tree
        changed = {path for path in {*tree, *after} if tree.get(path) != after.get(path)}
        assert all(is_within(path, (scope,)) for path in changed)

    @given(case=cases())
    @SLOW
    def test_is_recognised_when_applied_again_once_sealed(self, case: tuple[Files, EditDocument]) -> None:
        tree, document = case
        sealed = sealed_document(tree, document)
        once = apply_document(tree, sealed)
        if once.applied and once.tree != tree:
            again = apply_document(once.tree, sealed)
            assert again.applied and again.tree == once.tree, again.outcomes

    @given(before=trees(), after=trees())
    @SLOW
    def test_one_exists_between_any_two_trees(self, before: Files, after: Files) -> None:
        result = apply_document(before, document_between(before, after), allow_broken=True)
        assert result.applied and result.tree == after, result.outcomes


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from(["a.py", "0" * 64, "f", "\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


class TestFuzzedDocuments:
    @given(example=st.sampled_from(EXAMPLES), changes=st.dictionaries(st.integers(0, 9), JSON, max_size=3), extra=JSON)
    @SLOW
    def test_a_damaged_example_is_refused_or_has_its_outcome(
        self, example: dict[str, Any], changes: dict[int, Any], extra: Any
    ) -> None:
        fields = list(example)
        damaged = {**example, **{fields[number]: value for number, value in changes.items() if number < len(fields)}}
        document = read([damaged, extra] if isinstance(extra, dict) else [damaged])
        if document is not None:
            result = apply_document(example_tree(), document)
            assert len(result.outcomes) == 1

    @given(example=st.sampled_from(EXAMPLES), content=contents(), data=st.data())
    @SLOW
    def test_an_example_on_another_file_never_crashes(
        self, example: dict[str, Any], content: bytes, data: st.DataObject
    ) -> None:
        if "base_fingerprint" not in example:
            return
        moved = {**example, "base_fingerprint": file_fingerprint(content)}
        result = apply_document({**example_tree(), example["path"]: content}, example_document(moved))
        assert len(result.outcomes) == 1


class TestPlanners:
    """A planner that misbehaves is held to the limits by the applier."""

    TREE = {"pkg/a.py": b"x = 1\n", "other.py": b"y = 1\n", "pkg/locked.py": b"z = 1\n"}

    def run(self, monkeypatch: pytest.MonkeyPatch, answer: Any) -> ApplyResult:
        def planner(tree: Any, operation: Any, limits: Any) -> TreeEdits:
            if isinstance(answer, BaseException):
                raise answer
            return TreeEdits(answer)

        monkeypatch.setitem(symbolic.PLANNERS, "rename_symbol", planner)
        rename = {
            "op": "rename_symbol", "path": "pkg/a.py", "base_fingerprint": file_fingerprint(b"x = 1\n"),
            "symbol": "x", "new_name": "w",
        }  # fmt: skip
        document = EditDocument.model_validate({"operations": [rename]})
        return apply_document(self.TREE, document, scope=["pkg"], protected=["pkg/locked.py"])

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            ({"other.py": b""}, RefusalCode.OUT_OF_SCOPE),
            ({"pkg/a.py": b"w = 1\n", "other.py": None}, RefusalCode.OUT_OF_SCOPE),
            ({"pkg/../other.py": b""}, RefusalCode.OUT_OF_SCOPE),
            ({"/etc/passwd": b""}, RefusalCode.OUT_OF_SCOPE),
            ({"pkg/locked.py": b""}, RefusalCode.PROTECTED_FILE),
            ({"pkg/a.py/b.py": b""}, RefusalCode.FILE_EXISTS),
            ({"pkg/gone.py": None}, RefusalCode.FILE_MISSING),
            ({"pkg/a.py": b"w = ("}, RefusalCode.SYNTAX_BROKEN),
            ({"pkg/new.py": b"w = ("}, RefusalCode.SYNTAX_BROKEN),
            (KeyError("x"), RefusalCode.OPERATION_FAILED),
            (RecursionError(), RefusalCode.OPERATION_FAILED),
        ],
    )
    def test_is_refused_and_the_tree_untouched(
        self, monkeypatch: pytest.MonkeyPatch, answer: Any, code: RefusalCode
    ) -> None:
        result = self.run(monkeypatch, answer)
        assert [item.code for item in result.outcomes] == [code] and result.tree == self.TREE

    def test_a_file_it_makes_can_be_edited_by_a_later_operation(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = b"v = 1\n"
        monkeypatch.setitem(
            symbolic.PLANNERS, "rename_symbol", lambda *_: TreeEdits({"pkg/new.py": made, "pkg/a.py": b"w = 1\n"})
        )
        raw: list[dict[str, Any]] = [
            {"op": "rename_symbol", "path": "pkg/a.py", "base_fingerprint": file_fingerprint(b"x = 1\n"),
             "symbol": "x", "new_name": "w"},
            {"op": "search_replace", "path": "pkg/new.py", "base_fingerprint": file_fingerprint(made),
             "search": "v", "replace": "u"},
        ]  # fmt: skip
        sealed = sealed_document(self.TREE, EditDocument.model_validate({"operations": raw}))
        once = apply_document(self.TREE, sealed)
        assert once.applied and once.tree["pkg/new.py"] == b"u = 1\n"
        again = apply_document(once.tree, sealed)
        assert [item.status for item in again.outcomes] == [OperationStatus.ALREADY_APPLIED] * 2


class TestSourceText:
    @given(content=contents())
    @SLOW
    def test_reading_is_lossless_or_refused(self, content: bytes) -> None:
        try:
            source = SourceText.read("a.txt", content)
        except Exception as error:
            assert type(error).__name__ == "RefusedError"
        else:
            assert source.splice([]) == content
