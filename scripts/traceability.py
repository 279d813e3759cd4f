"""Writes `docs/traceability.md`: each requirement, the code that names it, the tests that try it, how those ended.

Tests belong to a requirement when their docstring or name mentions its id, or when `docs/reference/requirements.md`
lists their file or class. `--results FILE` takes the `--junitxml` file of one pytest run; else nothing counts as run.
"""

import argparse
import ast
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.reference_markdown import table  # noqa: E402

REGISTER = ROOT / "docs" / "reference" / "requirements.md"
PAGE = ROOT / "docs" / "traceability.md"
CODE_FOLDERS = ("services", "workers", "iama_app", "state", "components", "alembic")
IDENTIFIER = re.compile(r"\bV[12]-[A-Z]+(?:-[A-Z]+)*-\d+[A-Z]?\b")
_NAMED = re.compile(r"v([12])_((?:[a-z]+_)+)(\d+[a-z]?)(?=_|$)")
_SHOWN_BY = re.compile(r"tests/[\w/]+\.py(?:::\w+)?")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the register; `shown_by` are test files or `file::Class`."""

    identifier: str
    sentence: str
    extent: str
    shown_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """One test of a run: file, class (may be empty), and `passed`, `failed` or `skipped`."""

    path: str
    holder: str
    name: str
    outcome: str

    @property
    def places(self) -> tuple[str, str, str]:
        """What may stand for this test: its file, its class, itself without parameters."""
        bare = self.name.partition("[")[0]
        own = f"{self.path}::{self.holder}" if self.holder else self.path
        return self.path, own, f"{own}::{bare}"


def read_register(text: str) -> list[Requirement]:
    """Return the rows of the register in order."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and IDENTIFIER.fullmatch(cells[0]):
            found.append(Requirement(cells[0], cells[1], cells[2], tuple(_SHOWN_BY.findall(cells[3]))))
    return found


def code_places(root: Path) -> dict[str, list[str]]:
    """Return identifier → files that mention it, sorted."""
    found: dict[str, set[str]] = {}
    for path in _python_files(root, CODE_FOLDERS):
        for identifier in set(IDENTIFIER.findall(path.read_text(encoding="utf-8"))):
            found.setdefault(identifier, set()).add(path.relative_to(root).as_posix())
    return {identifier: sorted(paths) for identifier, paths in found.items()}


def test_places(root: Path) -> dict[str, set[str]]:
    """Return identifier → tests that mention it: a file, `file::Class`, or one test."""
    found: dict[str, set[str]] = {}
    for path in _python_files(root, ("tests",)):
        if path.name.startswith("test_"):
            for place, words in _documented(ast.parse(path.read_text(encoding="utf-8")), path.relative_to(root)):
                for identifier in identifiers_in(words):
                    found.setdefault(identifier, set()).add(place)
    return found


def identifiers_in(words: str) -> set[str]:
    """Return identifiers of a docstring, or of a test's name as in `test_v1_fr_test_003_pauses`."""
    named = {f"V{kind}-{family.strip('_').replace('_', '-')}-{number}".upper() for kind, family, number in
             _NAMED.findall(words)}  # fmt: skip
    return set(IDENTIFIER.findall(words)) | named


def _documented(module: ast.Module, path: Path) -> Iterator[tuple[str, str]]:
    yield path.as_posix(), ast.get_docstring(module) or ""
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            own = f"{path.as_posix()}::{node.name}"
            yield own, f"{node.name} {ast.get_docstring(node) or ''}"
            for inner in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{own}::{inner.name}", f"{inner.name} {ast.get_docstring(inner) or ''}"


def _python_files(root: Path, folders: Iterable[str]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))


def read_results(path: Path) -> list[Ended]:
    """Return the tests of a junit file."""
    found = []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        words = case.get("classname", "").split(".")
        holders = [word for word in words if word.startswith("Test")]
        file = "/".join(word for word in words if word not in holders) + ".py"
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        found.append(Ended(file, "::".join(holders), case.get("name", ""), outcome))
    return found


def verdict(places: Iterable[str], results: Sequence[Ended] | None) -> str:
    """Say in words whether a requirement is shown: failures outrank everything, a skip is no proof."""
    wanted = set(places)
    if not wanted:
        return "not proven"
    if results is None:
        return "not run"
    counts = Counter(test.outcome for test in results if wanted.intersection(test.places))
    if counts["failed"]:
        return f"**failed** ({counts['failed']} of {counts.total()})"
    if not counts["passed"]:
        return "not proven: skipped" if counts["skipped"] else "not run"
    silent = sum(1 for place in wanted if not any(place in test.places for test in results))
    rest = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    return f"{counts['passed']} passed{rest}" + (f", {silent} of {len(wanted)} places not run" if silent else "")


def page(
    register: Sequence[Requirement], code: Mapping[str, list[str]], tests: Mapping[str, set[str]],
    results: Sequence[Ended] | None,
) -> str:  # fmt: skip
    """Return the whole page."""
    rows = []
    for item in register:
        places = sorted({*item.shown_by, *tests.get(item.identifier, ())})
        paths = code.get(item.identifier, [])
        rows.append((item.identifier, _listed(paths), _listed(places), verdict(places, results)))
    state = "no run was given" if results is None else f"a run of {len(results)} tests"
    unknown = sorted({*code, *tests} - {item.identifier for item in register})
    note = f"\nNamed in code or tests but not in the register: {', '.join(unknown)}.\n" if unknown else ""
    return (
        "<!-- Written by scripts/traceability.py. -->\n# Traceability\n\n"
        f"Outcomes: {state}. \"Not proven\" means that no test is known to try the row, \"not run\" that none of "
        "its tests stood in the results. Words and extent of each row: [requirements](reference/requirements.md).\n\n"
        + table(("Requirement", "Named in code", "Tried by", "Outcome"), rows) + note
    )  # fmt: skip


def _listed(places: Sequence[str]) -> str:
    return "<br>".join(places) or "–"


def main(arguments: Sequence[str]) -> int:
    """Write the page; return 1 when a test that belongs to a requirement failed."""
    parser = argparse.ArgumentParser(description="Write docs/traceability.md.")
    parser.add_argument("--results", type=Path, help="pytest's --junitxml file of one run")
    given = parser.parse_args(arguments)
    results = read_results(given.results) if given.results else None
    register = read_register(REGISTER.read_text(encoding="utf-8"))
    text = page(register, code_places(ROOT), test_places(ROOT), results)
    PAGE.write_text(text, encoding="utf-8")
    return 1 if "**failed**" in text else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
