"""From a goal or a document file to what would become of a tree: outcomes, hazards and the new contents."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iama_app.cli.launch_error import LaunchError
from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree, is_within
from services.engine.apply import ApplyResult, OperationStatus, apply_document
from services.engine.document import EditDocument, document_from_json
from services.engine.hazards import Hazard
from services.engine.names import is_protected, is_python
from services.engine.protection import why_protected

STRATEGY = "strategy"
LEVELS = {level.value.lower(): level for level in ProposalLevel}
MAX_DOCUMENT_BYTES = 256_000_000
MAX_REASONS = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to carry out: exactly one of `goal` and `document`, with options by name."""

    goal: str | None
    document: str | None
    scope: tuple[str, ...]
    options: Mapping[str, str]
    protected: tuple[str, ...] = ()
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """The document, what applying it gives, and everything there is to accept; `steps` say it in words."""

    document: EditDocument
    result: ApplyResult
    hazards: tuple[Hazard, ...]
    steps: list[str] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether an operation was refused."""
        return any(outcome.status is OperationStatus.REFUSED for outcome in self.result.outcomes)


def plan(tree: Tree, wanted: Wanted) -> Planned:
    """Work out what is wanted; the tree is not changed.

    Raises:
        LaunchError: the document is none, or an option does not exist.
        services.canon.errors.IamaError: the goal is not understood.
        services.engine.refusals.RefusedError: the goal cannot be carried out safely.
    """
    if wanted.document is not None:
        return _applied(tree, wanted, _with_options(_read_document(wanted.document), wanted.options), (), [])
    return _plan_goal(tree, wanted)


def _plan_goal(tree: Tree, wanted: Wanted) -> Planned:
    from services.engine.catalogue import plan_change
    from services.engine.goals import parse_goal
    from services.engine.project import read_project

    if not any(is_within(path, wanted.scope) for path in tree):
        raise LaunchError(f"The folder holds no file within {', '.join(wanted.scope)}.")
    options = dict(wanted.options)
    level = _level(options.pop(STRATEGY, "standard"))
    goal = parse_goal(wanted.goal or "", options)
    change = plan_change(tree, read_project(tree, wanted.scope), goal, level, wanted.protected)
    return _applied(tree, wanted, change.document, tuple(change.hazards), [*change.steps, *_left_alone(tree, wanted)])


def _left_alone(tree: Tree, wanted: Wanted) -> list[str]:
    """Say which sources of the scope no plan may change, and why."""
    paths = [path for path in sorted(tree) if is_python(path) and is_within(path, wanted.scope)]
    left = [path for path in paths if is_protected(path, wanted.protected)]
    said = [f"Left alone: {path}. {why_protected(path, tree)}".rstrip() for path in left[:MAX_REASONS]]
    return [*said, f"Left alone: {len(left) - MAX_REASONS} more files."] if len(left) > MAX_REASONS else said


def _applied(
    tree: Tree, wanted: Wanted, document: EditDocument, hazards: Sequence[Hazard], steps: list[str]
) -> Planned:
    result = apply_document(tree, document, scope=wanted.scope, protected=wanted.protected, atomic=not wanted.partial)
    return Planned(document, result, tuple(dict.fromkeys((*hazards, *result.hazards))), steps)


def _level(name: str) -> ProposalLevel:
    if name.lower() not in LEVELS:
        raise LaunchError(f"There is no strategy {name}; use {', '.join(LEVELS)}.")
    return LEVELS[name.lower()]


def _read_document(name: str) -> EditDocument:
    from pydantic import ValidationError

    text = _document_bytes(name)
    if len(text) > MAX_DOCUMENT_BYTES:
        raise LaunchError(f"The document is larger than {MAX_DOCUMENT_BYTES:,} bytes.")
    try:
        return document_from_json(text)
    except ValidationError as error:
        reasons = [": ".join(filter(None, (_place(item["loc"]), item["msg"]))) for item in error.errors()]
        more = f"; and {len(reasons) - MAX_REASONS} more" if len(reasons) > MAX_REASONS else ""
        raise LaunchError(f"This is not an edit document: {'; '.join(reasons[:MAX_REASONS])}{more}") from error


def _place(parts: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in parts)


def _document_bytes(name: str) -> bytes:
    import sys

    try:
        return sys.stdin.buffer.read(MAX_DOCUMENT_BYTES + 1) if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise LaunchError(f"The document {name} cannot be read: {error.strerror}.") from error


def _with_options(document: EditDocument, options: Mapping[str, str]) -> EditDocument:
    """Set options in every operation that has them. Raises `LaunchError` for one that none has."""
    if not options:
        return document
    operations: list[dict[str, Any]] = [operation.model_dump(mode="json") for operation in document.operations]
    for name, text in options.items():
        having = [operation["options"] for operation in operations if name in operation.get("options", {})]
        if not having:
            known = sorted({key for operation in operations for key in operation.get("options", {})})
            raise LaunchError(f"No operation has the option {name}; there are: {', '.join(known) or 'none'}.")
        for values in having:
            values[name] = _value(text)
    return _read_options(operations)


def _value(text: str) -> object:
    switches = {"yes": True, "no": False, "on": True, "off": False}
    try:
        return switches.get(text.lower(), json.loads(text))
    except ValueError:
        return switches.get(text.lower(), text)


def _read_options(operations: list[dict[str, Any]]) -> EditDocument:
    from pydantic import ValidationError

    try:
        return EditDocument.model_validate_json(json.dumps({"operations": operations}))
    except ValidationError as error:
        item = error.errors()[0]
        raise LaunchError(f"The option {item['loc'][-1]} cannot have this value: {item['msg']}.") from error
