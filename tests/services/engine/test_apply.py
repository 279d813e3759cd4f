import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core.tree import file_fingerprint
from services.engine.apply import ApplyResult, OperationStatus, apply_document
from services.engine.blocks import document_between
from services.engine.document import EditDocument, FileCreate, FileDelete, FileMove, document_to_json
from services.engine.refusals import REMEDIES, RefusalCode
from tests.services.engine.builders import document, files, node, rename, replace
from tests.support.edit_oracle import ask_oracle

BASE = files({"pkg/a.py": "x = 1\ny = 2\nz = 3\n", "pkg/b.py": "from pkg.a import x\n", "notes.bin": "\0"})


def only_code(result: ApplyResult) -> RefusalCode | None:
    [code] = [outcome.code for outcome in result.outcomes if outcome.status is OperationStatus.REFUSED]
    return code


def statuses(result: ApplyResult) -> list[str]:
    return [outcome.status.value for outcome in result.outcomes]


class TestSearchReplace:
    def test_replaces_the_one_occurrence(self) -> None:
        result = apply_document(BASE, document(replace(BASE, "pkg/a.py", "y = 2\n", "y = 20\nw = 0\n")))
        assert result.applied and result.tree["pkg/a.py"] == b"x = 1\ny = 20\nw = 0\nz = 3\n"
        assert {path: result.tree[path] for path in ("pkg/b.py", "notes.bin")} == {
            path: BASE[path] for path in ("pkg/b.py", "notes.bin")
        }

    def test_applies_several_operations_with_one_base_in_order(self) -> None:
        first = replace(BASE, "pkg/a.py", "x = 1", "x = 5")
        second = replace(BASE, "pkg/a.py", "x = 5\ny", "x = 6\ny")
        assert apply_document(BASE, document(first, second)).tree["pkg/a.py"].startswith(b"x = 6\n")
        assert only_code(apply_document(BASE, document(second, first))) is RefusalCode.ANCHOR_NOT_FOUND

    @pytest.mark.parametrize(
        ("search", "code"), [("missing", RefusalCode.ANCHOR_NOT_FOUND), (" = ", RefusalCode.ANCHOR_AMBIGUOUS)]
    )
    def test_refuses_an_anchor_that_is_not_one_place(self, search: str, code: RefusalCode) -> None:
        result = apply_document(BASE, document(replace(BASE, "pkg/a.py", search, "!")))
        [outcome] = result.outcomes
        assert (outcome.code, result.tree) == (code, BASE)
        assert outcome.location is not None and outcome.location.startswith("pkg/a.py")
        assert outcome.remedy is not None and REMEDIES[code] in outcome.remedy

    def test_counts_overlapping_occurrences(self) -> None:
        base = {"a.txt": b"aaa"}
        assert (
            only_code(apply_document(base, document(replace(base, "a.txt", "aa", "b")))) is RefusalCode.ANCHOR_AMBIGUOUS
        )

    def test_refuses_a_stale_base(self) -> None:
        operation = replace(BASE, "pkg/a.py", "x = 1", "x = 5")
        result = apply_document({**BASE, "pkg/a.py": b"x = 1\n"}, document(operation))
        assert only_code(result) is RefusalCode.BASE_FINGERPRINT_MISMATCH

    def test_refuses_to_break_syntax_and_says_where(self) -> None:
        result = apply_document(BASE, document(replace(BASE, "pkg/a.py", "y = 2", "y = (")))
        assert only_code(result) is RefusalCode.SYNTAX_BROKEN
        assert result.tree == BASE and result.outcomes[0].location == "pkg/a.py:2"

    def test_allows_a_broken_step_that_a_later_one_mends(self) -> None:
        opened = replace(BASE, "pkg/a.py", "y = 2", "y = (")
        closed = replace(BASE, "pkg/a.py", "z = 3", "3)")
        assert apply_document(BASE, document(opened, closed)).tree["pkg/a.py"] == b"x = 1\ny = (\n3)\n"

    def test_mends_a_file_that_did_not_parse(self) -> None:
        base = {"a.py": b"def f(:\n    pass\n\nx = (\n"}
        assert apply_document(base, document(replace(base, "a.py", "f(:", "f():"))).applied

    def test_refuses_binary_content(self) -> None:
        result = apply_document(BASE, document(replace(BASE, "notes.bin", "\0", "x")))
        assert only_code(result) is RefusalCode.PARSE_UNSUPPORTED

    def test_keeps_declared_encoding_and_refuses_what_it_cannot_hold(self) -> None:
        base = {"a.py": "# -*- coding: latin-1 -*-\nx = 'é'\ny = 1\n".encode("latin-1")}
        done = apply_document(base, document(replace(base, "a.py", "y = 1", "y = 'ü'")))
        assert done.tree["a.py"] == "# -*- coding: latin-1 -*-\nx = 'é'\ny = 'ü'\n".encode("latin-1")
        refused = apply_document(base, document(replace(base, "a.py", "y = 1", "y = '€'")))
        assert only_code(refused) is RefusalCode.PARSE_UNSUPPORTED

    def test_keeps_bom_line_endings_and_a_missing_last_newline(self) -> None:
        base = {"a.py": b"\xef\xbb\xbfx = 1\r\ny = 2\nz = 3\r\nw = 4"}
        result = apply_document(base, document(replace(base, "a.py", "y = 2\nz = 3\n", "y = 2\nz = 30\nv = 5\n")))
        assert result.tree["a.py"] == b"\xef\xbb\xbfx = 1\r\ny = 2\nz = 30\r\nv = 5\r\nw = 4"


class TestNodeReplace:
    SOURCE = "class A:\n    @staticmethod\n    def f() -> int:\n        return 1\n\n    def g(self): ...\n"

    def test_replaces_a_method_with_its_decorators(self) -> None:
        base = {"a.py": self.SOURCE.encode()}
        old = "@staticmethod\n    def f() -> int:\n        return 1"
        done = apply_document(
            base, document(node(base, "a.py", "FUNCTION", "A.f", old, "def f(self) -> int:\n        return 2"))
        )
        assert done.tree["a.py"] == b"class A:\n    def f(self) -> int:\n        return 2\n\n    def g(self): ...\n"

    def test_refuses_another_definition_than_planned(self) -> None:
        base = {"a.py": self.SOURCE.encode()}
        result = apply_document(base, document(node(base, "a.py", "FUNCTION", "A.g", "def g(self): pass", "x = 1")))
        assert only_code(result) is RefusalCode.BASE_FINGERPRINT_MISMATCH

    @pytest.mark.parametrize(
        ("source", "code"),
        [("x = 1\n", RefusalCode.ANCHOR_NOT_FOUND), ("def f(): 1\ndef f(): 1\n", RefusalCode.ANCHOR_AMBIGUOUS),
         ("def f(:\n", RefusalCode.PARSE_UNSUPPORTED)],
    )  # fmt: skip
    def test_refuses_a_node_that_is_not_one(self, source: str, code: RefusalCode) -> None:
        base = {"a.py": source.encode()}
        assert (
            only_code(apply_document(base, document(node(base, "a.py", "FUNCTION", "f", "def f(): 1", "f = 1"))))
            is code
        )

    def test_recognises_a_replay(self) -> None:
        base = {"a.py": b"def f(): return 1\n"}
        change = document(node(base, "a.py", "FUNCTION", "f", "def f(): return 1", "def f(): return 2"))
        assert statuses(apply_document(apply_document(base, change).tree, change)) == ["ALREADY_APPLIED"]


class TestFiles:
    def test_creates_moves_and_deletes(self) -> None:
        prints = {path: file_fingerprint(content) for path, content in BASE.items()}
        result = apply_document(
            BASE,
            document(
                FileCreate(path="new/c.py", content="c = 1\r\n"),
                FileMove(path="pkg/a.py", base_fingerprint=prints["pkg/a.py"], new_path="pkg/moved.py"),
                FileDelete(path="notes.bin", base_fingerprint=prints["notes.bin"]),
            ),
        )
        assert result.tree == {"pkg/b.py": BASE["pkg/b.py"], "new/c.py": b"c = 1\r\n", "pkg/moved.py": BASE["pkg/a.py"]}

    def test_edits_a_file_that_was_moved_before(self) -> None:
        move = FileMove(path="pkg/a.py", base_fingerprint=file_fingerprint(BASE["pkg/a.py"]), new_path="pkg/c.py")
        edit = replace({"pkg/c.py": BASE["pkg/a.py"]}, "pkg/c.py", "x = 1", "x = 9")
        result = apply_document(BASE, document(move, edit))
        assert result.applied and result.tree["pkg/c.py"].startswith(b"x = 9")
        assert statuses(apply_document(result.tree, document(move, edit))) == ["ALREADY_APPLIED"] * 2

    @pytest.mark.parametrize("path", ["pkg/a.py", "pkg", "pkg/a.py/inner.py"])
    def test_refuses_to_create_where_something_is(self, path: str) -> None:
        assert only_code(apply_document(BASE, document(FileCreate(path=path, content="")))) is RefusalCode.FILE_EXISTS

    def test_refuses_a_missing_file(self) -> None:
        move = FileMove(path="gone.py", base_fingerprint="0" * 64, new_path="b.py")
        assert only_code(apply_document(BASE, document(move))) is RefusalCode.FILE_MISSING

    def test_refuses_a_created_file_that_does_not_parse(self) -> None:
        result = apply_document(BASE, document(FileCreate(path="c.py", content="def (")))
        assert only_code(result) is RefusalCode.SYNTAX_BROKEN and "c.py" not in result.tree

    def test_writes_binary_content(self) -> None:
        result = apply_document({}, document(FileCreate(path="a.bin", content="AAE=", encoding="base64")))
        assert result.tree == {"a.bin": b"\x00\x01"}


class TestLimits:
    def test_refuses_a_path_outside_the_scope(self) -> None:
        result = apply_document(BASE, document(FileCreate(path="other.py", content="")), scope=["pkg"])
        assert only_code(result) is RefusalCode.OUT_OF_SCOPE

    @pytest.mark.parametrize("pattern", ["pkg/a.py", "pkg", "*.py"])
    def test_refuses_a_protected_file(self, pattern: str) -> None:
        change = document(replace(BASE, "pkg/a.py", "x = 1", "x = 5"))
        assert only_code(apply_document(BASE, change, protected=[pattern])) is RefusalCode.PROTECTED_FILE

    def test_is_all_or_nothing_by_default(self) -> None:
        change = document(replace(BASE, "pkg/a.py", "x = 1", "x = 5"), replace(BASE, "pkg/b.py", "missing", "!"))
        result = apply_document(BASE, change)
        assert (result.applied, result.tree, statuses(result)) == (False, BASE, ["SKIPPED", "REFUSED"])

    def test_keeps_the_applicable_part_when_asked(self) -> None:
        change = document(replace(BASE, "pkg/a.py", "x = 1", "x = 5"), replace(BASE, "pkg/b.py", "missing", "!"))
        result = apply_document(BASE, change, atomic=False)
        assert statuses(result) == ["APPLIED", "REFUSED"]
        assert result.tree == {**BASE, "pkg/a.py": b"x = 5\ny = 2\nz = 3\n"}


class TestReplay:
    @pytest.mark.parametrize("new", ["x = 5", "x = 1  # kept", "import os\nx = 1"])
    def test_recognises_an_edit_without_a_result_fingerprint(self, new: str) -> None:
        change = document(replace(BASE, "pkg/a.py", "x = 1", new))
        once = apply_document(BASE, change)
        twice = apply_document(once.tree, change)
        assert (twice.applied, twice.tree, statuses(twice)) == (True, once.tree, ["ALREADY_APPLIED"])

    def test_recognises_a_rename(self) -> None:
        change = document(rename(BASE, "pkg/a.py", "x", "renamed"))
        once = apply_document(BASE, change)
        assert once.tree["pkg/b.py"] == b"from pkg.a import renamed\n"
        twice = apply_document(once.tree, change)
        assert (twice.tree, statuses(twice)) == (once.tree, ["ALREADY_APPLIED"])

    def test_does_not_take_a_similar_file_for_a_replay(self) -> None:
        change = document(replace(BASE, "pkg/a.py", "x = 1", "x = 5"))
        other = {**BASE, "pkg/a.py": b"x = 5\ny = 2\nz = 4\n"}
        assert only_code(apply_document(other, change)) is RefusalCode.BASE_FINGERPRINT_MISMATCH

    def test_recreates_a_file_that_only_differs_in_line_endings(self) -> None:
        before, after = {"a.txt": b"a\nb\n"}, {"a.txt": b"a\r\nb\r\n"}
        change = document_between(before, after)
        assert [operation.op for operation in change.operations] == ["file_delete", "file_create"]
        once = apply_document(before, change)
        assert once.tree == after
        assert statuses(apply_document(after, change)) == ["ALREADY_APPLIED", "ALREADY_APPLIED"]


LINES = st.lists(st.sampled_from(["a = 1", "b = 2", "", "# é", "    # x", "c = 'ü'"]), max_size=12)
ENDINGS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def contents(draw: Any) -> bytes:
    parts = [f"{line}{draw(ENDINGS)}" for line in draw(LINES)]
    is_open_ended: bool = draw(st.booleans())
    if parts and is_open_ended:
        parts[-1] = parts[-1].rstrip("\r\n")
    bom: bytes = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    return bom + "".join(parts).encode()


TREES = st.dictionaries(st.sampled_from(["a.txt", "d/b.txt", "d/e/c.txt"]), contents(), max_size=3)


class TestProperties:
    @given(before=TREES, after=TREES)
    @settings(max_examples=150, deadline=None)
    def test_a_document_between_two_trees_leads_from_one_to_the_other_and_replays(
        self, before: dict[str, bytes], after: dict[str, bytes]
    ) -> None:
        change = document_between(before, after)
        once = apply_document(before, change)
        assert once.applied and once.tree == after
        twice = apply_document(once.tree, change)
        assert twice.applied and twice.tree == after
        assert EditDocument.model_validate_json(document_to_json(change)) == change

    @given(content=contents(), data=st.data())
    @settings(max_examples=200, deadline=None)
    def test_bytes_outside_the_anchor_never_change(self, content: bytes, data: st.DataObject) -> None:
        text = content.decode("utf-8-sig")
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 9)))
        base = {"a.txt": content}
        search = text[start:end]
        new = data.draw(st.sampled_from(["", "new", "x\ny\n", "\n"]))
        if not search or search == new or text.count(search) != 1:
            return
        result = apply_document(base, document(replace(base, "a.txt", search, new)))
        if result.applied:
            bom = content[: len(content) - len(text.encode())]
            changed = result.tree["a.txt"]
            assert changed.startswith(bom + text[:start].encode()) or "\r" in text[max(0, start - 1) : start + 1]
            assert changed.endswith(text[end:].encode()) or text[end - 1 : end + 1] == "\r\n"

    def test_the_oracle_reaches_the_same_bytes(self) -> None:
        generator = random.Random(20)
        names = ["a.py", "d/b.txt", "d/c.md"]
        for _ in range(12):
            trees = [{name: _random_content(generator) for name in names if generator.random() < 0.8} for _ in range(2)]
            change = document_between(*trees)
            result = apply_document(trees[0], change)
            assert result.applied
            expected = {path: file_fingerprint(content) for path, content in result.tree.items()}
            assert ask_oracle(trees[0], document_to_json(change)) == expected


def _random_content(generator: random.Random) -> bytes:
    ending = generator.choice(["\n", "\r\n"])
    lines = [f"v{generator.randrange(6)} = '{generator.choice('äb')}'" for _ in range(generator.randrange(9))]
    return (ending.join(lines) + generator.choice(["", ending])).encode()
