"""Pages say what is true: generated ones are fresh, links lead somewhere, codes and states exist, words fit."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import generate_reference, traceability
from services.canon.errors import ERRORS
from services.canon.lifecycle import REASON_CLASSES, JobState, WaitKind
from services.infra.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks/README.md"]
)
HAND_WRITTEN = [page for page in PAGES if not page.read_text().startswith("<!-- Written by")]
OWN_FOLDERS = ("alembic", "assets", "benchmarks", "components", "demo", "docs", "iama_app", "requirements", "scripts",
               "services", "state", "tests", "workers", ".ci")  # fmt: skip
TEXTS = {".py", ".md", ".sh", ".sql", ".css", ".js", ".jsx", ".in", ".lock", ".toml", ".rst", ".cfg", ".txt", ".json"}
REGISTRY_HOSTS = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com")
WORKPLACE = ("/" + "work/", "hel" + "per", "sit" + "ting")
KNOWN_ELSEWHERE = {"LOCAL_PLAN", "MEASURED_STAGES", "CHARACTERIZATION"}
"""Names in pages that are neither codes, states nor settings."""

_LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]*)?\)")
_CODE_NAME = re.compile(r"`([A-Z]{2,}(?:_[A-Z0-9]+)+)`")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def _own_files() -> Iterator[Path]:
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXTS | {""})
    for folder in OWN_FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            parts = path.relative_to(ROOT / folder).parts
            made = "__pycache__" in parts or any(part.startswith(".") for part in parts)
            if path.is_file() and not made and (path.suffix in TEXTS or not path.suffix):
                yield path


class TestGeneratedPages:
    @pytest.mark.parametrize("name", list(generate_reference.PAGES))
    def test_are_what_the_sources_say(self, name: str) -> None:
        if not generate_reference.is_comparable(name):
            pytest.skip(f"{name} holds hashes of another platform")
        stored = (generate_reference.FOLDER / name).read_text()
        assert stored == generate_reference.render(name), "run `python scripts/generate_reference.py`"

    def test_check_names_a_stale_page(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(generate_reference, "FOLDER", tmp_path)
        monkeypatch.setattr(generate_reference, "PAGES", {"errors.md": generate_reference.errors})
        assert generate_reference.main(["--check"]) == 1
        assert generate_reference.main([]) == 0
        assert generate_reference.main(["--check"]) == 0
        (tmp_path / "errors.md").write_text("old")
        assert generate_reference.main(["--check"]) == 1

    def test_check_runs_from_anywhere(self, tmp_path: Path) -> None:
        script = ROOT / "scripts" / "generate_reference.py"
        done = subprocess.run([sys.executable, str(script), "--check"], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


class TestPages:
    @pytest.mark.parametrize("page", PAGES, ids=_name)
    def test_link_to_what_is_there(self, page: Path) -> None:
        for target, anchor in _LINK.findall(page.read_text()):
            if "://" in target:
                continue
            found = (page.parent / target).resolve() if target else page
            assert found.exists(), f"{_name(page)} links to {target}"
            if anchor:
                assert anchor[1:] in _anchors(found), f"{_name(page)} links to {target}{anchor}"

    @pytest.mark.parametrize("page", HAND_WRITTEN, ids=_name)
    def test_name_codes_states_and_settings_that_exist(self, page: Path) -> None:
        variables = {str(field.alias) for field in Settings.model_fields.values()}
        variables |= {name for name, _, _ in generate_reference.OTHER_VARIABLES}
        known = {*ERRORS, *JobState, *REASON_CLASSES, *WaitKind, *variables, *KNOWN_ELSEWHERE}
        assert set(_CODE_NAME.findall(page.read_text())) - known == set()

    @pytest.mark.parametrize("page", PAGES, ids=_name)
    def test_name_files_that_exist(self, page: Path) -> None:
        named = re.findall(r"`((?:services|workers|iama_app|tests|scripts|alembic|docs)/[\w./-]+)`", page.read_text())
        assert [path for path in named if not (ROOT / path).exists()] == []

    @pytest.mark.parametrize("page", HAND_WRITTEN, ids=_name)
    def test_speak_of_the_project_only(self, page: Path) -> None:
        text = page.read_text().lower()
        assert [word for word in WORKPLACE if word in text] == []

    def test_are_reached_from_the_readme(self) -> None:
        reached, waiting = set(), [ROOT / "README.md"]
        while waiting:
            page = waiting.pop()
            reached.add(page)
            targets = (page.parent / target for target, _ in _LINK.findall(page.read_text()) if target.endswith(".md"))
            waiting += [path.resolve() for path in targets if path.is_file() and path.resolve() not in reached]
        assert {_name(page) for page in (ROOT / "docs").rglob("*.md")} - {_name(page) for page in reached} == set()


class TestTree:
    def test_names_no_registry_host_and_no_foreign_folder(self) -> None:
        words = (*REGISTRY_HOSTS, WORKPLACE[0])
        found = [
            f"{_name(path)}: {word}"
            for path in _own_files()
            for word in words
            if word in path.read_text(encoding="utf-8", errors="replace")
        ]
        assert found == []


class TestRegister:
    def test_names_tests_that_exist(self) -> None:
        register = traceability.read_register(traceability.REGISTER.read_text())
        for path, holder in ((p.partition("::")[0], p.partition("::")[2]) for r in register for p in r.shown_by):
            assert (ROOT / path).is_file(), path
            assert not holder or f"class {holder}" in (ROOT / path).read_text(), f"{path}::{holder}"

    def test_says_each_requirement_once_and_which_tests_show_it(self) -> None:
        register = traceability.read_register(traceability.REGISTER.read_text())
        assert len({row.identifier for row in register}) == len(register)
        assert [row.identifier for row in register if not row.shown_by] == []

    def test_holds_every_requirement_that_code_or_tests_name(self) -> None:
        register = {row.identifier for row in traceability.read_register(traceability.REGISTER.read_text())}
        assert {*traceability.code_places(ROOT), *traceability.test_places(ROOT)} - register == set()

    def test_rows_stand_in_the_page(self) -> None:
        page = traceability.PAGE.read_text()
        register = traceability.read_register(traceability.REGISTER.read_text())
        assert [row.identifier for row in register if f"| {row.identifier} |" not in page] == []


class TestVerdict:
    RUN = (
        traceability.Ended("tests/test_a.py", "TestA", "test_x[1]", "passed"),
        traceability.Ended("tests/test_a.py", "TestA", "test_y", "skipped"),
        traceability.Ended("tests/test_b.py", "", "test_z", "failed"),
    )

    @pytest.mark.parametrize(
        ("places", "expected"),
        [
            ([], "not proven"),
            (["tests/test_c.py"], "not run"),
            (["tests/test_a.py"], "1 passed, 1 skipped"),
            (["tests/test_a.py::TestA::test_x"], "1 passed"),
            (["tests/test_a.py::TestA::test_y"], "not proven: skipped"),
            (["tests/test_a.py", "tests/test_c.py"], "1 passed, 1 skipped, 1 of 2 places not run"),
            (["tests/test_a.py", "tests/test_b.py"], "**failed** (1 of 3)"),
        ],
    )
    def test_says_no_more_than_the_run_showed(self, places: list[str], expected: str) -> None:
        assert traceability.verdict(places, self.RUN) == expected

    def test_without_a_run_is_not_run(self) -> None:
        assert traceability.verdict(["tests/test_a.py"], None) == "not run"

    def test_reads_identifiers_in_docstrings_and_names(self) -> None:
        assert traceability.identifiers_in("Req: V2-FR-WF-001, V1-LLM-05.") == {"V2-FR-WF-001", "V1-LLM-05"}
        assert traceability.identifiers_in("test_v1_fr_test_003_pauses") == {"V1-FR-TEST-003"}
