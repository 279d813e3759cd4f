"""Applying lint fixes to texts until nothing more is found, one guarded fix at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from services.engine.guards import FileView, may_take, removed_imports
from services.engine.project_model import ProjectModel
from services.engine.ruff_gateway import Finding, find_fixes
from services.engine.source import Splice
from services.engine.syntax import parse_text

MAX_ROUNDS = 12


@dataclass
class FixedTexts:
    """Texts after the fixes, by path, changed ones only; `taken` counts the fixes by rule, `left` those not taken."""

    texts: dict[str, str] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    left: int = 0


def fix_texts(
    texts: Mapping[str, str],
    rules: tuple[str, ...],
    target: str,
    project: ProjectModel,
    *,
    originals: Mapping[str, str] | None = None,
) -> FixedTexts:
    """Return what the rules make of the texts.

    Args:
        texts: path → source text with LF line endings.
        target: Python version as `3.11`.
        originals: The texts before any rule: imports unused there stay, and only those that fixes leave unused go.
    """
    result = FixedTexts()
    wanted = names_wanted_elsewhere(project)
    read = annotations_are_read(project)
    spared = _unused_imports(originals, target) if originals else {}

    def views(path: str, text: str) -> FileView:
        return FileView(path, text, wanted, read, spared.get(path, frozenset()))

    pending = dict(texts)
    for _ in range(MAX_ROUNDS):
        changed = _round(pending, rules, target, views, result)
        result.texts |= changed
        pending = changed
        if not pending:
            break
    tidy = {path: _without_new_blank_head(texts[path], text) for path, text in result.texts.items()}
    result.texts = {path: text for path, text in tidy.items() if text != texts[path]}
    return result


def _without_new_blank_head(before: str, after: str) -> str:
    """Drop the blank lines that the removal of a first line leaves on top."""
    return after if before.startswith("\n") else after.lstrip("\n")


def _unused_imports(texts: Mapping[str, str], target: str) -> dict[str, frozenset[tuple[str, str]]]:
    """Return by path the imports that nothing in the file uses."""
    found: dict[str, frozenset[tuple[str, str]]] = {}
    for finding in find_fixes(texts, ("F401",), target):
        gone = removed_imports(finding, texts[finding.path])
        found[finding.path] = found.get(finding.path, frozenset()) | gone
    return found


def names_wanted_elsewhere(project: ProjectModel) -> frozenset[str]:
    """Names that some file imports from the project or reaches as an attribute: not unused, whatever the file says."""
    imported = {item.name for module in project.modules.values() for item in module.imports if item.name}
    reached = {part for module in project.modules.values() for part in module.attribute_names}
    exported = {name for module in project.modules.values() for name in module.exports or ()}
    return frozenset(_imported_from_project(project) | (reached & imported) | exported)


def annotations_are_read(project: ProjectModel) -> bool:
    """Tell whether some file of the project reads annotations at run time."""
    readers = {"get_type_hints", "get_annotations", "get_origin", "get_args", "__annotations__"}
    return any(
        readers & (module.attribute_names | {item.name for item in module.imports})
        for module in project.modules.values()
    )


def _imported_from_project(project: ProjectModel) -> set[str]:
    own = {module.name for module in project.modules.values()}
    return {
        item.name
        for module in project.modules.values()
        for item in module.imports
        if item.name and (item.module in own or any(name.endswith("." + item.module) for name in own))
    }


def _round(
    texts: Mapping[str, str],
    rules: tuple[str, ...],
    target: str,
    views: Callable[[str, str], FileView],
    result: FixedTexts,
) -> dict[str, str]:
    by_path: dict[str, list[Finding]] = {}
    for finding in find_fixes(texts, rules, target):
        by_path.setdefault(finding.path, []).append(finding)
    changed: dict[str, str] = {}
    for path, findings in by_path.items():
        text = _with_fixes(views(path, texts[path]), findings, result)
        if text != texts[path]:
            changed[path] = text
    return changed


def _with_fixes(view: FileView, findings: list[Finding], result: FixedTexts) -> str:
    taken: list[Splice] = []
    count: list[Finding] = []
    for finding in findings:
        if _overlaps(finding, taken) or not may_take(finding, view):
            continue
        taken += [edit for edit in finding.edits if edit not in taken]
        count.append(finding)
    text = view.text
    for edit in sorted(taken, reverse=True):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    if text == view.text or not _is_valid(text):
        return view.text
    for finding in count:
        result.taken[finding.rule] = result.taken.get(finding.rule, 0) + 1
        result.messages.setdefault(finding.rule, finding.message)
    return text


def _overlaps(finding: Finding, taken: list[Splice]) -> bool:
    return any(
        edit.start <= other.end and other.start <= edit.end and edit != other
        for edit in finding.edits
        for other in taken
    )


def _is_valid(text: str) -> bool:
    try:
        parse_text(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
