import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core.tree import file_fingerprint
from services.engine.diff import FileChange, file_diffs, unified_patch

OLD = b"".join(b"line %d\n" % number for number in range(40))
NEW = OLD.replace(b"line 3\n", b"line three\n").replace(b"line 30\n", b"").replace(b"line 39\n", b"line 39")
CASES = {
    "changed": ({"a.py": OLD}, {"a.py": NEW}),
    "new and deleted": ({"a.py": OLD, "gone.py": b"x\n"}, {"a.py": OLD, "d/new.py": b"y"}),
    "no newline at either end": ({"a": b"x\ny"}, {"a": b"x\nz"}),
    "newline added": ({"a": b"x"}, {"a": b"x\n"}),
    "line endings": ({"a": b"x\r\ny\r\n"}, {"a": b"x\r\nz\r\n"}),
    "empty files": ({"was_empty": b"", "b": b"1\n"}, {"was_empty": b"1\n", "b": b"", "c": b""}),
    "moved": ({"a.py": OLD}, {"d/b.py": OLD}),
    "binary": ({"a": b"\0old", "gone": b"\0"}, {"a": b"\0new" * 90, "made": bytes(range(256))}),
    "odd names": (
        {"with space.py": b"1\n", 'quo"te': b"1\n"},
        {"with space.py": b"2\n", 'quo"te': b"2\n", "é x": b"3\n"},
    ),
    "not UTF-8": ({"a": b"\xe9\n"}, {"a": b"\xe8\n"}),
}


def applied(folder: Path, before: dict[str, bytes], after: dict[str, bytes]) -> dict[str, bytes]:
    """Write `before`, let Git apply the patch, read what is there."""
    for path, content in before.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True)
    patch = unified_patch(before, after).encode("utf-8", "surrogateescape")
    if patch:
        subprocess.run(["git", "apply", "--whitespace=nowarn"], cwd=folder, input=patch, check=True)
    found = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


class TestUnifiedPatch:
    @pytest.mark.parametrize("case", CASES)
    def test_git_applies_it(self, case: str, tmp_path: Path) -> None:
        before, after = CASES[case]
        assert applied(tmp_path, before, after) == after

    def test_is_empty_for_equal_trees(self) -> None:
        assert unified_patch({"a": b"1"}, {"a": b"1"}) == ""


class TestFileDiffs:
    def test_counts_lines_and_gives_fingerprints(self) -> None:
        [diff] = file_diffs({"a.py": OLD}, {"a.py": NEW})
        assert (diff.change, diff.additions, diff.deletions) == (FileChange.MODIFIED, 2, 3)
        assert (diff.base_fingerprint, diff.result_fingerprint) == (file_fingerprint(OLD), file_fingerprint(NEW))
        assert [hunk.header for hunk in diff.hunks] == ["@@ -1,7 +1,7 @@", "@@ -28,7 +28,6 @@", "@@ -37,4 +36,4 @@"]

    def test_keeps_hunk_ids_when_other_lines_move(self) -> None:
        [one] = file_diffs({"a.py": OLD}, {"a.py": OLD.replace(b"line 30\n", b"x\n")})
        [two] = file_diffs({"a.py": OLD}, {"a.py": b"first\n" + OLD.replace(b"line 30\n", b"x\n")})
        assert one.hunks[0].hunk_id == two.hunks[1].hunk_id

    def test_tells_equal_hunks_apart(self) -> None:
        base = b"same\n" + b"-\n" * 20 + b"same\n"
        [diff] = file_diffs({"a": base}, {"a": base.replace(b"same", b"other")})
        first, second = (hunk.hunk_id for hunk in diff.hunks)
        assert first != second

    @pytest.mark.parametrize(
        ("before", "after", "change"),
        [
            ({}, {"a": b"1\n"}, FileChange.ADDED),
            ({"a": b"1\n"}, {}, FileChange.DELETED),
            ({"b": b"1\n"}, {"a": b"1\n"}, FileChange.RENAMED),
        ],
    )
    def test_names_the_change(self, before: dict[str, bytes], after: dict[str, bytes], change: FileChange) -> None:
        [diff] = file_diffs(before, after)
        assert diff.change is change

    @given(
        old=st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=30),
        new=st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=30),
    )
    @settings(max_examples=100, deadline=None)
    def test_hunks_hold_every_change(self, old: list[str], new: list[str]) -> None:
        before, after = "\n".join(old).encode(), "\n".join(new).encode()
        diffs = file_diffs({"a": before}, {"a": after})
        assert bool(diffs) == (before != after)
        lines = [line for diff in diffs for hunk in diff.hunks for line in hunk.text.split("\n")]
        assert sum(line.startswith("+") for line in lines) == sum(diff.additions for diff in diffs)
