"""`iama edit`: a goal or an edit document carried out on a folder, without any service running.

Exit status: 0 applied, or would apply · 2 not understood, refused, or hazards not accepted · 3 applied in part.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from iama_app.cli.edit_folder import Folder, read_folder, write_folder
from iama_app.cli.edit_planning import Planned, Wanted, plan
from iama_app.cli.edit_report import Ending, as_json, as_text, refusal_as_json
from iama_app.cli.launch_error import EXIT_REFUSED, LaunchError
from services.canon.errors import IamaError
from services.core.tree import UnsafePathError, normalise_path
from services.engine.apply import OperationStatus
from services.engine.protection import protected_entries
from services.engine.refusals import RefusedError

EXIT_PARTIAL = 3


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("edit")(edit)


def edit(
    path: Annotated[Path, typer.Argument(help="Folder with the sources.")],
    goal: Annotated[str | None, typer.Option("--goal", help="What to achieve, in words.")] = None,
    document: Annotated[str | None, typer.Option("--document", help="File with an edit document; - is stdin.")] = None,
    scope: Annotated[list[str] | None, typer.Option("--scope", help="Path that may change; default: all.")] = None,
    option: Annotated[list[str] | None, typer.Option("--option", help="name=value, such as tests=yes.")] = None,
    accept_hazards: Annotated[bool, typer.Option("--accept-hazards", help="Accept every disclosed hazard.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Write the result into the folder.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Show what would change; write nothing.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Keep what applies when an operation is refused.")] = False,
    as_json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Carry out a goal or an edit document on a folder: outcomes, hazards, diff; written only with --apply."""
    try:
        _require_sense(goal, document, apply=apply, preview=preview)
        options = _options(option or [])
        folder = read_folder(_root(path))
        wanted = Wanted(goal, document, _scopes(scope or ["."]), options, _protected(folder), partial)
        planned = plan(folder.files, wanted)
        ending = _ending(planned, folder, accepts=accept_hazards, writes=apply, previews=preview)
    except (LaunchError, IamaError, RefusedError) as error:
        raise typer.Exit(_refused(error, as_json_)) from error
    _print((as_json if as_json_ else as_text)(folder.files, planned, ending))
    raise typer.Exit(ending.exit_status)


def _require_sense(goal: str | None, document: str | None, *, apply: bool, preview: bool) -> None:
    if (goal is None) == (document is None):
        raise LaunchError("Say what to do: either --goal or --document.")
    if apply and preview:
        raise LaunchError("--preview writes nothing; leave out --apply, or --preview.")


def _root(path: Path) -> Path:
    root = path.expanduser()
    if not root.is_dir():
        raise LaunchError(f"{path} is not a folder.")
    return root.resolve()


def _scopes(scopes: list[str]) -> tuple[str, ...]:
    try:
        return tuple(normalise_path(scope) for scope in scopes)
    except UnsafePathError as error:
        raise LaunchError(f"A scope is a relative path inside the folder: {error}.") from error


def _options(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise LaunchError("An option is written name=value, such as tests=yes.")
    return {name: value for name, _, value in pairs}


def _protected(folder: Folder) -> tuple[str, ...]:
    """Return what may not be written: symbolic links with what lies behind them, and what the sources protect."""
    return (*folder.links, *protected_entries(folder.files))


def _ending(planned: Planned, folder: Folder, *, accepts: bool, writes: bool, previews: bool) -> Ending:
    """Decide how the command ends and, when everything allows it, write."""
    applied = sum(outcome.status is OperationStatus.APPLIED for outcome in planned.result.outcomes)
    refused = sum(outcome.status is OperationStatus.REFUSED for outcome in planned.result.outcomes)
    if refused and not applied:
        return Ending(
            EXIT_REFUSED, f"Refused: {refused} of {len(planned.result.outcomes)} operations; nothing changed."
        )
    if planned.hazards and not accepts and not previews:
        count = len(planned.hazards)
        return Ending(EXIT_REFUSED, f"Hazards not accepted: {count}; --accept-hazards accepts them. Nothing changed.")
    status = EXIT_PARTIAL if refused else 0
    if not planned.result.outcomes or planned.result.tree == folder.files:
        return Ending(status, "Nothing to change.")
    if not writes:
        return Ending(status, "This would be applied; --apply writes it.")
    write_folder(folder, planned.result.tree, planned.result.origins)
    return Ending(status, f"Applied in part; {refused} operations were refused." if refused else "Applied.", True)


def _refused(error: LaunchError | IamaError | RefusedError, as_document: bool) -> int:
    """Say why there is nothing to show and return the exit status."""
    if isinstance(error, RefusedError):
        ending = Ending(EXIT_REFUSED, f"{error.code} at {error.location}: {error.remedy}")
        reason = {"code": error.code.value, "location": error.location, "remedy": error.remedy}
    elif isinstance(error, IamaError):
        ending = Ending(EXIT_REFUSED, f"{error.sentence} {error.remedy}".strip())
        reason = {"code": error.code, **error.data}
    else:
        ending = Ending(EXIT_REFUSED, str(error))
        reason = {"code": "NOT_POSSIBLE"}
    if as_document:
        _print(refusal_as_json(ending, reason))
    else:
        typer.echo(f"iama: {ending.sentence}", err=True)
    return ending.exit_status


def _print(text: str) -> None:
    """Write to stdout; bytes of sources that are not UTF-8 leave as they came."""
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape") + b"\n")
    sys.stdout.flush()
