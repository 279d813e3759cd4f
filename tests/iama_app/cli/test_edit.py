"""`iama edit` as a person calls it: what is printed, what is written, how it ends."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from iama_app.cli import edit_folder
from iama_app.cli.app import app
from iama_app.cli.edit import register
from iama_app.cli.launch_error import LaunchError
from services.core.tree import file_fingerprint

ROOT = Path(__file__).resolve().parents[3]
RENAME = "Rename `old` in `pkg/a.py` to `new`"

if not any(command.name == "edit" for command in app.registered_commands):
    register(app)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with an executable module."""
    files = {
        "pkg/__init__.py": "",
        "pkg/_a.py": "",
        "pkg/a.py": "def old(x):\n    return x\n",
        "pkg/b.py": "from pkg.a import old\n\nprint(old(1))\n",
        "uv.lock": "version = 1\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "pkg/a.py").chmod(0o755)
    return tmp_path


def run(*words: str | Path, stdin: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["edit", *map(str, words)], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def document(tmp_path: Path, *operations: dict[str, Any]) -> Path:
    place = tmp_path.parent / f"{tmp_path.name}.json"
    place.write_text(json.dumps({"version": 1, "operations": list(operations)}))
    return place


def on(project: Path, path: str, **fields: Any) -> dict[str, Any]:
    return {"path": path, "base_fingerprint": file_fingerprint((project / path).read_bytes()), **fields}


class TestGoal:
    def test_shows_hazards_and_diff_and_writes_nothing_until_they_are_accepted(self, project: Path) -> None:
        before = contents(project)
        status, text = run(project, "--goal", RENAME, "--apply")
        assert status == 2 and "PUBLIC_NAME" in text and "+def new(x):" in text and contents(project) == before

    def test_writes_what_was_accepted_and_keeps_modes(self, project: Path) -> None:
        status, text = run(project, "--goal", RENAME, "--accept-hazards", "--apply")
        assert status == 0 and text.endswith("Applied.\n")
        assert (project / "pkg/b.py").read_text() == "from pkg.a import new\n\nprint(new(1))\n"
        assert stat.S_IMODE((project / "pkg/a.py").stat().st_mode) == 0o755

    def test_a_preview_ends_well_with_hazards_open_and_writes_nothing(self, project: Path) -> None:
        before = contents(project)
        status, text = run(project, "--goal", RENAME, "--preview")
        assert status == 0 and "WOULD_APPLY" in text and "PUBLIC_NAME" in text and contents(project) == before

    @pytest.mark.parametrize("goal", ["Fix the bugs", "Rename `gone` in `pkg/a.py` to `new`", ""])
    def test_ends_with_two_when_it_is_not_understood_or_impossible(self, project: Path, goal: str) -> None:
        status, text = run(project, "--goal", goal, "--json")
        answer = json.loads(text)
        assert (status, answer["exit_status"], answer["written"]) == (2, 2, False) and answer["reason"]["code"]

    def test_json_is_one_document_with_everything(self, project: Path) -> None:
        status, text = run(project, "--goal", RENAME, "--accept-hazards", "--json")
        answer = json.loads(text)
        assert status == 0 and answer["document"]["operations"][0]["op"] == "rename_symbol"
        assert [item["status"] for item in answer["outcomes"]] == ["APPLIED"]
        assert [item["kind"] for item in answer["hazards"]] == ["PUBLIC_NAME"]
        assert "+def new(x):" in answer["diff"]
        assert [item["path"] for item in answer["files"]] == ["pkg/a.py", "pkg/b.py"]

    def test_a_document_from_json_gives_the_same_result(self, project: Path) -> None:
        answer = json.loads(run(project, "--goal", RENAME, "--json")[1])
        place = document(project, *answer["document"]["operations"])
        status, text = run(project, "--document", place, "--accept-hazards", "--json")
        assert status == 0 and json.loads(text)["diff"] == answer["diff"]


class TestDocument:
    def test_is_read_from_stdin(self, project: Path) -> None:
        operation = on(project, "pkg/a.py", op="search_replace", search="return x", replace="return x + 0")
        status, _ = run(project, "--document", "-", "--apply", stdin=json.dumps({"operations": [operation]}))
        assert status == 0 and "x + 0" in (project / "pkg/a.py").read_text()

    def test_is_all_or_nothing_unless_asked_otherwise(self, project: Path) -> None:
        good = on(project, "pkg/a.py", op="search_replace", search="return x", replace="return x + 0")
        bad = on(project, "pkg/b.py", op="search_replace", search="nowhere", replace="!")
        place, before = document(project, good, bad), contents(project)
        status, text = run(project, "--document", place, "--apply")
        assert status == 2 and "ANCHOR_NOT_FOUND at pkg/b.py" in text and contents(project) == before
        status, text = run(project, "--document", place, "--apply", "--partial")
        assert status == 3 and "x + 0" in (project / "pkg/a.py").read_text()

    def test_applied_twice_changes_nothing_the_second_time(self, project: Path) -> None:
        place = document(project, {"op": "file_create", "path": "new/c.py", "content": "c = 1\n"})
        assert run(project, "--document", place, "--apply")[0] == 0
        status, text = run(project, "--document", place, "--apply")
        assert status == 0 and "ALREADY_APPLIED" in text and text.endswith("Nothing to change.\n")

    def test_moves_keep_the_mode_and_leave_no_empty_folder(self, project: Path) -> None:
        (project / "tools").mkdir()
        (project / "pkg/a.py").rename(project / "tools/run.py")
        move = on(project, "tools/run.py", op="file_move", new_path="pkg/deep/run.py")
        assert run(project, "--document", document(project, move), "--apply")[0] == 0
        assert stat.S_IMODE((project / "pkg/deep/run.py").stat().st_mode) == 0o755
        assert not (project / "tools").exists()

    @pytest.mark.parametrize(
        ("name", "text", "said"),
        [("a.json", "{", "not an edit document"), ("a.json", '{"operations": [{"op": "shell"}]}', "operations.0"),
         ("gone.json", None, "cannot be read")],
    )  # fmt: skip
    def test_that_is_none_is_refused_in_one_sentence(
        self, project: Path, name: str, text: str | None, said: str
    ) -> None:
        place = project.parent / name
        if text is not None:
            place.write_text(text)
        status, answer = run(project, "--document", place, "--json")
        assert status == 2 and said in json.loads(answer)["message"]

    def test_options_reach_the_operations_that_have_them(self, project: Path) -> None:
        (project / "tests").mkdir()
        (project / "tests/test_a.py").write_text("from pkg.a import old\n")
        rename = on(project, "pkg/a.py", op="rename_symbol", symbol="old", new_name="new")
        place = document(project, rename)
        status, text = run(project, "--document", place, "--option", "tests=true", "--accept-hazards")
        assert status == 0 and "tests/test_a.py" in text
        status, text = run(project, "--document", place, "--option", "nonsense=1", "--json")
        assert status == 2 and "keep_alias" in json.loads(text)["message"]


class TestLimits:
    def test_scope_and_protected_files_hold(self, project: Path) -> None:
        outside = on(project, "uv.lock", op="search_replace", search="1", replace="2")
        place = document(project, outside)
        assert "PROTECTED_FILE" in run(project, "--document", place)[1]
        status, text = run(project, "--document", place, "--scope", "pkg", "--json")
        assert status == 2 and json.loads(text)["outcomes"][0]["code"] == "OUT_OF_SCOPE"

    def test_a_goal_leaves_protected_files_alone_and_says_so(self, project: Path) -> None:
        source = "import os\n\nx = 1\n"
        (project / "pkg/made.py").write_text(f"# Generated by a tool. Do not edit.\n{source}")
        (project / "pkg/own.py").write_text(source)
        (project / "pkg/kept.py").write_text(source)
        (project / ".iamaignore").write_text("kept.py\n")
        status, text = run(project, "--goal", "Clean up", "--option", "strategy=comprehensive", "--preview", "--json")
        answer = json.loads(text)
        assert status == 0 and [item["path"] for item in answer["files"]] == ["pkg/own.py"]
        left = [note for note in answer["notes"] if note.startswith("Left alone: ")]
        assert len(left) == 2 and ".iamaignore" in left[0] and "generator" in left[1]

    @pytest.mark.parametrize(
        "words", [[], ["--goal", RENAME, "--document", "-"], ["--goal", RENAME, "--apply", "--preview"],
                  ["--goal", RENAME, "--option", "tests"], ["--goal", RENAME, "--option", "strategy=bold"]],
    )  # fmt: skip
    def test_a_command_without_sense_is_refused_as_json_too(self, project: Path, words: list[str]) -> None:
        status, text = run(project, *words, "--json")
        assert status == 2 and json.loads(text)["message"].endswith(".")

    @pytest.mark.parametrize("scope", ["/etc", "../x", "", "nowhere"])
    def test_a_scope_outside_or_empty_is_refused(self, project: Path, scope: str) -> None:
        assert run(project, "--goal", RENAME, "--scope", scope)[0] == 2

    def test_symbolic_links_are_neither_followed_nor_replaced(self, project: Path) -> None:
        outside = project.parent / f"{project.name}-outside"
        outside.mkdir()
        (outside / "secret.py").write_text("s = 1\n")
        (project / "linked").symlink_to(outside)
        (project / "secret.py").symlink_to(outside / "secret.py")
        for path in ("secret.py", "linked/secret.py"):
            delete = {"op": "file_delete", "path": path, "base_fingerprint": file_fingerprint(b"s = 1\n")}
            status, text = run(project, "--document", document(project, delete), "--apply")
            assert status == 2 and "PROTECTED_FILE" in text
        create = {"op": "file_create", "path": "linked/new.py", "content": ""}
        assert run(project, "--document", document(project, create), "--apply")[0] == 2
        assert contents(outside) == {"secret.py": b"s = 1\n"}

    def test_a_dirty_git_tree_is_fine_and_git_itself_is_not_read(self, project: Path) -> None:
        subprocess.run(["git", "init", "-q", str(project)], check=True)
        assert run(project, "--goal", RENAME, "--accept-hazards", "--apply")[0] == 0


class TestWriteFolder:
    def test_takes_everything_back_when_one_file_cannot_be_written(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = edit_folder.read_folder(project)
        before = contents(project)
        after = {**folder.files, "pkg/a.py": b"a\n", "pkg/b.py": b"b\n", "new/c.py": b"c\n"}
        del after["uv.lock"]
        real, calls = Path.replace, 0

        def fail_late(self: Path, target: Path) -> Path:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise OSError(28, "No space left on device", str(target))
            return real(self, target)

        monkeypatch.setattr(Path, "replace", fail_late)
        with pytest.raises(LaunchError, match="No space left"):
            edit_folder.write_folder(folder, after, {})
        assert contents(project) == before and not (project / "new").exists()

    def test_refuses_a_file_that_changed_since_it_was_read(self, project: Path) -> None:
        folder = edit_folder.read_folder(project)
        (project / "pkg/a.py").write_text("somebody = 'else'\n")
        with pytest.raises(LaunchError, match="changed by somebody else"):
            edit_folder.write_folder(folder, {**folder.files, "pkg/a.py": b"x\n"}, {})
        assert (project / "pkg/a.py").read_text() == "somebody = 'else'\n"


class TestImports:
    def test_needs_neither_database_nor_queue_nor_web(self, project: Path) -> None:
        code = (
            "import sys; from iama_app.cli.app import main\n"
            "try:\n main()\nexcept SystemExit as error:\n"
            " heavy = {'sqlalchemy', 'redis', 'rq', 'reflex', 'fastapi', 'libcst', 'rope', 'litellm', 'pathspec'}\n"
            " print(sorted(heavy & set(sys.modules)), error.code, file=sys.stderr)\n"
        )
        words = ["edit", str(project), "--goal", RENAME, "--accept-hazards"]
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.stderr.strip().splitlines()[-1] == "[] 0", done.stderr
