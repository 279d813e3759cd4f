"""Generated tests: from the spec's examples where something was seen, from simple guesses where nothing was.

A test never changes with the code: after a change of names, places or parameters it reaches the function through
`names.json`. What the change takes away on purpose gets no test, and says so.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from services.baselines.project_files import project_root, read_pytest_config
from services.baselines.rendering import class_name, render_files, test_file_name
from services.baselines.samples import guesses
from services.baselines.schemas import CaseMode, GeneratedCase, GeneratedSuite
from services.baselines.suite import source_roots
from services.core.tree import Tree
from services.engine.project_model import FunctionModel, ProjectModel
from services.engine.successors import Argument, Successor, Successors

FOLDER = "iama_tests"
MAX_CASES = 800
GUESSES_SEEN = 3
GUESSES_UNSEEN = 6


class SpecItem(Protocol):
    """What a spec item must offer: a stable id and its evidence as plain mappings."""

    @property
    def id(self) -> str: ...

    @property
    def evidence(self) -> Sequence[Mapping[str, Any]]: ...


def generate_tests(items: Iterable[SpecItem], project: ProjectModel, tree: Tree, scope: str = ".") -> GeneratedSuite:
    """Write one suite for the approved behaviours.

    Returns:
        A suite that is not recorded yet: pass it to `recording.record` on the untouched code. Items whose evidence
        names no function of the project are listed in `unobserved`.
    """
    folder = _free_folder(tree)
    cases: list[GeneratedCase] = []
    unobserved: dict[str, str] = {}
    guessed_for: set[str] = set()
    for item in items:
        found = _cases(item, project, folder, guessed_for, len(cases))
        cases += found[: max(0, MAX_CASES - len(cases))]
        if not found:
            unobserved[item.id] = _why_nothing(item, project)
    root = project_root(tree, scope)
    roots = source_roots(tree, root, read_pytest_config(tree, root).python_path)
    return GeneratedSuite(
        folder=folder,
        files=render_files(folder, cases) if cases else {},
        cases=tuple(cases),
        python_path=tuple(dict.fromkeys((*roots, "."))),
        planned_by_item=planned(cases),
        unobserved=unobserved,
    )


def name_map(successors: Successors) -> bytes | None:
    """Return the `names.json` of a change, for proving trees in which it was carried out; None when nothing moved.

    `moved`: old → new `module:qualified.name`. `words`: spellings in messages. `calls`: by old place, the parameters
    before and what fills those of after.
    """
    known = [item for item in successors.of.values() if item.gone is None]
    moved = {item.was: item.now for item in known if item.was != item.now}
    calls = {item.was: {"before": _before(item), "after": _filled(item.arguments)} for item in known if item.before}
    if not moved and not calls and not successors.words:
        return None
    return json.dumps({"moved": moved, "words": dict(successors.words), "calls": calls}, sort_keys=True).encode()


def _before(successor: Successor) -> list[list[Any]]:
    return [[item.name, item.kind, item.default is not None] for item in successor.before]


def _filled(arguments: Iterable[Argument]) -> list[dict[str, Any]]:
    return [
        {
            "name": item.name,
            "kind": item.kind,
            "old": item.old,
            "value": item.value,
            "made_by": item.made_by,
            "fields": _filled(item.fields),
        }
        for item in arguments
    ]


def planned(cases: Iterable[GeneratedCase]) -> dict[str, int]:
    """Count tests per item key."""
    counts: dict[str, int] = {}
    for case in cases:
        counts[case.item_key] = counts.get(case.item_key, 0) + 1
    return counts


def _cases(
    item: SpecItem, project: ProjectModel, folder: str, guessed_for: set[str], start: int
) -> list[GeneratedCase]:
    found: list[GeneratedCase] = []
    for evidence in item.evidence:
        function = _function(project, evidence)
        if function is None or function.is_nested or evidence.get("gone"):
            continue
        if evidence.get("call"):
            found.append(_seen(item.id, evidence, folder, start + len(found)))
        if evidence["defined_at"] not in guessed_for and "raises" not in evidence:
            guessed_for.add(evidence["defined_at"])
            limit = GUESSES_SEEN if evidence.get("call") else GUESSES_UNSEEN
            for guess in guesses(function, project, limit):
                found.append(_guessed(item.id, evidence, guess.call, folder, start + len(found)))
    return found


def _function(project: ProjectModel, evidence: Mapping[str, Any]) -> FunctionModel | None:
    return project.function(str(evidence.get("path", "")), str(evidence.get("function", "")))


def _seen(item_key: str, evidence: Mapping[str, Any], folder: str, number: int) -> GeneratedCase:
    asserted = "expected" in evidence or "raises" in evidence or bool(evidence.get("holds"))
    reference = str(evidence["ref"])
    return GeneratedCase(
        test_id=_test_id(folder, evidence, number, reference.rpartition("/")[2]),
        item_key=item_key,
        target=evidence["target"],
        defined_at=evidence["defined_at"],
        call=evidence["call"],
        mode=CaseMode.ASSERTION if asserted else CaseMode.CHARACTERIZATION,
        source=f"Seen in {reference}.",
        imports=tuple(evidence.get("imports", ())),
        also=tuple((item["target"], item["defined_at"]) for item in evidence.get("also", ())),
        expected=evidence.get("expected"),
        raises=evidence.get("raises"),
    )


def _guessed(item_key: str, evidence: Mapping[str, Any], call: str, folder: str, number: int) -> GeneratedCase:
    return GeneratedCase(
        test_id=_test_id(folder, evidence, number, "simple_input"),
        item_key=item_key,
        target=evidence["target"],
        defined_at=evidence["defined_at"],
        call=call,
        mode=CaseMode.CHARACTERIZATION,
        source="Inputs chosen by kind; the outcome is recorded before the change.",
        guessed=True,
    )


def _test_id(folder: str, evidence: Mapping[str, Any], number: int, hint: str) -> str:
    module, _, qualified = str(evidence["defined_at"]).partition(":")
    words = re.sub(r"[^A-Za-z0-9]+", "_", hint).strip("_").lower()[:60]
    return f"{test_file_name(folder, module)}::{class_name(qualified)}::test_{number + 1:03d}_{words}"


def _why_nothing(item: SpecItem, project: ProjectModel) -> str:
    gone = next((str(evidence["gone"]) for evidence in item.evidence if evidence.get("gone")), None)
    if gone:
        return gone
    functions = [function for evidence in item.evidence if (function := _function(project, evidence))]
    if not functions:
        return "The behaviour names no function of the project that could be called."
    return f"No input could be found for `{functions[0].qualified_name}`: nothing shows how its arguments are made."


def _free_folder(tree: Tree) -> str:
    taken = {path.split("/")[0] for path in tree}
    names = [FOLDER, *(f"{FOLDER}_{number}" for number in range(2, 100))]
    return next(name for name in names if name not in taken and f"{name}.py" not in taken)
