"""Writes `docs/reference/` from the sources of truth; `--check` writes nothing and fails when a page is stale.

One function per page, each a pure reading of canon, settings, rows, API or installed programs. The page of binaries
holds hashes of one platform and is compared on that platform only.
"""

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.reference_binaries import binaries, is_known_platform  # noqa: E402
from scripts.reference_markdown import code, seconds, table  # noqa: E402
from scripts.reference_rules import goals, rules  # noqa: E402
from services.canon import clocks, limits  # noqa: E402
from services.canon.errors import ERRORS  # noqa: E402
from services.canon.events import REQUIRED_FIELDS  # noqa: E402
from services.canon.failpoints import Failpoint  # noqa: E402
from services.canon.lifecycle import LEGAL_TARGETS, REASON_CLASSES, STATE_KINDS, JobState, StateKind  # noqa: E402
from services.canon.permissions import GRANTS, REFUSALS, Permission, Role  # noqa: E402
from services.canon.reasons import reason_sentence  # noqa: E402
from services.canon.tasks import ENTRY_ITEMS, ENTRY_TIMERS, ITEMS  # noqa: E402
from services.canon.vocabulary import STATE_WORDS  # noqa: E402
from services.engine.document import EDIT_TYPES, SCHEMA_NAME, SCHEMA_VERSION, document_schema  # noqa: E402
from services.engine.examples import EXAMPLES, FILES, example_document  # noqa: E402
from services.engine.refusals import REMEDIES, RefusalCode  # noqa: E402
from services.infra.database_roles import APPEND_ONLY  # noqa: E402
from services.infra.settings import Settings  # noqa: E402
from services.tables import METADATA, SQLModel, admin, identity, tenant_tables  # noqa: E402  # noqa: E402
from services.tables.workflow import QUEUE_TABLES  # noqa: E402
from services.workflow.registry import NOT_ENTERED  # noqa: E402

FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written by scripts/generate_reference.py; edit its sources instead. -->\n"
KINDS = {
    StateKind.WORKING: "the product works",
    StateKind.HUMAN: "a person decides",
    StateKind.TRANSIT: "a short transit",
    StateKind.TERMINAL: "ended",
}
OTHER_VARIABLES = (
    ("PYTHON", "`make install`", "The Python that makes `.venv`; otherwise the first 3.11 or later on the path."),
    ("RUNSC_PATH", "sandbox", "The `runsc` to use; otherwise the one on the path."),
    ("CHROMIUM", "tests", "The browser of the browser tests; otherwise Debian's."),
    ("IAMA_FAILPOINT", "tests", "Kills a process at a named point, once. Never set it in use."),
    ("IAMA_CLOCK_SCALE", "tests", "Factor on every durable wait. Never set it in use."),
)


def states() -> str:
    """States, what each allows, and the diagram of the states that are entered."""
    rows = [
        (
            f"`{state.value}`",
            KINDS[STATE_KINDS[state]],
            STATE_WORDS[state].plain_line,
            "no" if state in NOT_ENTERED else "yes",
            code(target.value for target in LEGAL_TARGETS[state]),
        )
        for state in JobState
    ]
    reasons = [(f"`{name}`", f"`{group.value}`", reason_sentence(name) or "") for name, group in REASON_CLASSES.items()]
    pairs = sum(len(targets) for targets in LEGAL_TARGETS.values())
    return (
        "# States of a job\n\n"
        f"{len(JobState)} states and {pairs} legal pairs stand in `services/canon/lifecycle.py`; the database holds "
        f"the same pairs and refuses every other. {len(JobState) - len(NOT_ENTERED)} states are entered here; "
        "asking for another answers `STATE_NOT_AVAILABLE`.\n\n"
        + table(("State", "Who moves it on", "Plain words", "Entered", "May become"), rows)
        + "\n## Diagram\n\nOnly entered states. Left out for legibility: the ways to `FAILED`, which every unfinished "
        "state has directly or through a wipe, and those to `REMOTE_WIPE_VERIFYING`.\n\n"
        f"```mermaid\n{_diagram()}```\n\n## Reasons of an ending\n\n"
        + table(("Reason", "Class, which decides the charge", "Said as"), reasons)
    )


def _diagram() -> str:
    hidden = {JobState.FAILED, JobState.REMOTE_WIPE_VERIFYING}
    kept = {JobState.RECOVERY_PENDING, JobState.REFACTORING, JobState.SELF_HEALING}
    lines = ["stateDiagram-v2", "    direction LR", "    [*] --> PENDING"]
    for state in (state for state in JobState if state not in NOT_ENTERED):
        for target in (target for target in LEGAL_TARGETS[state] if target not in NOT_ENTERED):
            is_wipe = target is JobState.REMOTE_WIPE_VERIFYING and state in kept
            if target not in hidden or is_wipe:
                lines.append(f"    {state.value} --> {target.value}")
    lines += [f"    {state.value} --> [*]" for state, kind in STATE_KINDS.items() if kind is StateKind.TERMINAL]
    return "\n".join(lines) + "\n"


def errors() -> str:
    """Codes by status."""
    rows = [
        (f"`{name}`", spec.http_status, spec.sentence, spec.remedy, "yes" if spec.retryable else "no")
        for name, spec in sorted(ERRORS.items(), key=lambda item: (item[1].http_status, item[0]))
    ]
    return (
        "# Error codes\n\nEvery refusal is `{error_code, message, detail}`. A sentence may be replaced by a "
        "more precise one; a code never changes its meaning. Some codes stand ready for features that are not there "
        "yet.\n\n" + table(("Code", "HTTP", "Sentence", "What to do", "Retry may help"), rows)
    )


def settings() -> str:
    """Environment variables of an installation."""
    rows = [(f"`{field.alias}`", _default(field), field.description or "") for field in Settings.model_fields.values()]
    return (
        "# Settings\n\nRead from the environment at start; a value that cannot be used is refused with one line that "
        "names the variable. `iama doctor` says what is in force.\n\n"
        + table(("Variable", "Default", "Meaning"), rows)
        + "\n## Other variables\n\n"
        + table(("Variable", "Read by", "Meaning"), [(f"`{name}`", by, words) for name, by, words in OTHER_VARIABLES])
    )


def _default(field: Any) -> str:
    value = field.default
    if value is None:
        return "not set"
    return f"`{int(value)}`" if isinstance(value, bool) else f"`{value}`"


def permissions() -> str:
    """Roles and what they may."""
    rows = [
        (f"`{permission.value}`", *("yes" if role in GRANTS[permission] else "" for role in Role), REFUSALS[permission])
        for permission in Permission
    ]
    heads = ("Permission", *(role.value for role in Role), "Sentence of the refusal")
    return (
        "# Permissions\n\nA personal workspace has one OWNER. Who is not of the workspace meets 404 whatever the "
        "right asked for.\n\n" + table(heads, rows)
    )


def events() -> str:
    """Frames of a job's stream."""
    rows = [(f"`{kind.value}`", code(fields)) for kind, fields in REQUIRED_FIELDS.items()]
    return (
        "# Events\n\nFrames of a job's feed: `seq` (grows by one per job and is the stream's event id), `job_id`, "
        "`type`, `state_revision`, `timestamp`, `payload`. The table names the fields that each payload must have; a "
        "payload may hold more.\n\n" + table(("Type", "Required in the payload"), rows)
    )


def tasks() -> str:
    """Work items, timers, failpoints."""
    entered_by = {kind: [state.value for state, item in ENTRY_ITEMS.items() if item is kind] for kind in ITEMS}
    items = [
        (f"`{kind.value}`", spec.queue.value, code(entered_by[kind]), seconds(spec.limit_seconds), spec.tries,
         seconds(spec.backoff_seconds))
        for kind, spec in ITEMS.items()
    ]  # fmt: skip
    timers = [
        (f"`{state.value}`", ", ".join(f"`{kind.value}` {seconds(wait)}" for kind, wait in waits))
        for state, waits in ENTRY_TIMERS.items()
    ]
    return (
        "# Work items and timers\n\nItems without an entering state are asked for by another item, by a timer or by a "
        "person. The first pause doubles with each further try. A lost lease is not a try.\n\n"
        + table(("Item", "Queue", "Entered with", "Limit of one try", "Tries", "First pause"), items)
        + "\n## Timers set on entry\n\n" + table(("State", "Timers"), timers)
        + "\n## Failpoints\n\nWhere tests kill a process on purpose: " + code(p.value for p in Failpoint) + ".\n"
    )  # fmt: skip


def bounds() -> str:
    """Named limits and durations with the words beside them in the source."""
    return (
        "# Limits and clocks\n\n## Limits\n\n" + table(("Name", "Value", "Note"), _constants(limits))
        + "\n## Clocks\n\nSeconds unless the name says otherwise.\n\n"
        + table(("Name", "Value", "Note"), _constants(clocks))
    )  # fmt: skip


def _constants(module: ModuleType) -> list[tuple[str, str, str]]:
    body = ast.parse(Path(str(module.__file__)).read_text()).body
    rows = []
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            follows = after.value if isinstance(after, ast.Expr) else None
            note = str(follows.value) if isinstance(follows, ast.Constant) else ""
            rows.append((f"`{name}`", _shown(getattr(module, name)), " ".join(note.split())))
    return rows


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item:,}" for key, item in value.items())
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def api() -> str:
    """Index of operations."""
    from iama_app.api.app import api as application

    paths: dict[str, dict[str, Any]] = application.openapi()["paths"]
    rows = [
        (f"`{method.upper()} /api{path}`", ", ".join(operation.get("tags", [])), _first(operation["description"]))
        for path, operations in sorted(paths.items())
        for method, operation in operations.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]
    return (
        "# API index\n\nThe whole description with schemas and examples is served at `/api/openapi.json` and, to read, "
        "at `/api/docs`. Version 1 routes are views on the same verbs.\n\n"
        + table(("Operation", "Group", "What it does"), rows)
    )


def _first(text: str) -> str:
    return re.split(r"(?<=[.;])\s", " ".join(text.split()), maxsplit=1)[0].rstrip(";")


def database() -> str:
    """Tables with the protections that the migrations give them."""
    rows_of = {mapper.class_.__tablename__: mapper.class_ for mapper in SQLModel._sa_registry.mappers}
    isolated = set(tenant_tables())
    rows = [
        (
            f"`{name}`",
            "forced" if name in isolated else "no",
            "yes" if name in APPEND_ONLY else "",
            "yes" if name in QUEUE_TABLES else "",
            _first(rows_of[name].__doc__ or ""),
        )
        for name in sorted(METADATA.tables)
    ]
    open_tables = "\n".join(
        f"- `{name}`: {reason}." for name, reason in sorted({**admin.GLOBAL_TABLES, **identity.GLOBAL_TABLES}.items())
    )
    heads = ("Table", "Row security", "Append only", "Queue", "One row is")
    return (
        "# Database tables\n\n*Forced* row security binds every role that does not bypass it, the owner included. "
        "*Append only* tables have a trigger that refuses change and deletion. The worker role sees *queue* tables of "
        "every tenant.\n\n" + table(heads, rows) + "\nTables that belong to no tenant, and why:\n\n"
        f"{open_tables}\n- `legal_transitions`: the same pairs for everybody; read only.\n"
    )


def edit_document() -> str:
    """Operations of the edit document, one example each, all on the same small tree."""
    parts = []
    for example in EXAMPLES:
        [operation] = example_document(example).operations
        meaning = inspect.cleandoc(type(operation).__doc__ or "")
        text = json.dumps(example, indent=2)
        parts.append(f"## `{example['op']}`\n\nKind `{EDIT_TYPES[example['op']]}`. {meaning}\n\n```json\n{text}\n```\n")
    trees = "".join(f"`{path}`\n\n```\n{text}```\n\n" for path, text in FILES.items() if text)
    codes = table(("Code", "Remedy"), [(f"`{code_.value}`", REMEDIES[code_]) for code_ in RefusalCode])
    return (
        '# Edit document\n\nThe only thing that is ever applied: `{"version": 1, "operations": [...]}`. '
        "`base_fingerprint` is the SHA-256 of the whole file before the document; of a file that an earlier operation "
        "made, as that operation left it. Operations are carried out in order, each on what the earlier ones left. "
        "An unknown `op` or field is refused. "
        f"JSON Schema: [edit-document.schema.json](edit-document.schema.json), served at `/api/v2/schemas/{SCHEMA_NAME}"
        f"/{SCHEMA_VERSION}`.\n\nEach operation is `APPLIED`, `ALREADY_APPLIED`, `REFUSED` with a code, a location and "
        "a remedy, or `SKIPPED` because another one of the document was refused.\n\n"
        f"{codes}\n{chr(10).join(parts)}\n## Files of the examples\n\n{trees}"
    ).rstrip() + "\n"


def edit_document_schema() -> str:
    """The JSON Schema itself."""
    return json.dumps(document_schema(), sort_keys=True, separators=(",", ":")) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "states.md": states,
    "errors.md": errors,
    "settings.md": settings,
    "permissions.md": permissions,
    "events.md": events,
    "tasks.md": tasks,
    "limits.md": bounds,
    "api.md": api,
    "database.md": database,
    "edit-document.md": edit_document,
    "edit-document.schema.json": edit_document_schema,
    "goals.md": goals,
    "rules.md": rules,
    "binaries.md": binaries,
}


def render(name: str) -> str:
    """Return one page as it should stand in the folder."""
    text = PAGES[name]()
    return NOTE + text if name.endswith(".md") else text


def is_comparable(name: str) -> bool:
    """Say whether this machine can tell that a page is stale."""
    return name != "binaries.md" or is_known_platform()


def main(arguments: Sequence[str]) -> int:
    """Write every page, or with `--check` list stale ones and return 1."""
    names = [name for name in PAGES if is_comparable(name)]
    if list(arguments) == ["--check"]:
        stale = [name for name in names if not _is_fresh(name)]
        for name in stale:
            print(f"docs/reference/{name} is stale: run `python scripts/generate_reference.py`", file=sys.stderr)
        return 1 if stale else 0
    if arguments:
        print("usage: generate_reference.py [--check]", file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names:
        (FOLDER / name).write_text(render(name), encoding="utf-8")
    return 0


def _is_fresh(name: str) -> bool:
    page = FOLDER / name
    return page.is_file() and page.read_text(encoding="utf-8") == render(name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
