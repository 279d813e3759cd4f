"""`iama verify`: checks an evidence statement without network, database or running instance."""

import asyncio
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from iama_app.cli.launch_error import EXIT_REFUSED, LaunchError
from iama_app.cli.terminal import result
from services.delivery.verification import Answer, Check, Given, result_paths, stands, verify
from services.infra.paths import DATA_VARIABLE

MARKS = {Answer.HOLDS: "holds      ", Answer.FAILS: "FAILS      ", Answer.NOT_CHECKED: "not checked"}
MAX_BYTES = 64 * 1024 * 1024


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify_command)


def verify_command(
    statement: Annotated[Path, typer.Argument(metavar="FILE", help="The evidence statement, as JSON.")],
    files: Annotated[Path | None, typer.Option("--files", help="Folder that holds the result's files.")] = None,
    repository: Annotated[Path | None, typer.Option("--repository", help="Clone with the branch or the base.")] = None,
    branch: Annotated[str | None, typer.Option("--branch", help="Branch with the result; needs --repository.")] = None,
    patch: Annotated[Path | None, typer.Option("--patch", help="Patch of the change; needs --repository.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check an evidence statement offline: form, sums, hash, files; say what is signed and what is not."""
    if (branch or patch) and repository is None:
        raise LaunchError("--branch and --patch need --repository, the clone they belong to.")
    document = _document(statement)
    checks = verify(Given(document))
    if checks[0].answer is Answer.HOLDS:
        checks = verify(_given(document, files, repository, branch, patch))
    _print(statement, checks, as_json)
    raise typer.Exit(0 if stands(checks) else EXIT_REFUSED)


def _document(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise LaunchError(f"{path} is larger than {MAX_BYTES // 2**20} MB and cannot be an evidence statement.")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LaunchError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise LaunchError(f"{path} is not JSON.") from error
    if not isinstance(document, dict):
        raise LaunchError(f"{path} is JSON, but not a statement.")
    return document


def _given(
    document: dict[str, Any], files: Path | None, repository: Path | None, branch: str | None, patch: Path | None
) -> Given:
    """Read the result at every place that was named."""
    from iama_app.cli import verify_sources as sources

    places: dict[str, dict[str, bytes | None]] = {}
    message = None
    paths = result_paths(document)
    if files is not None:
        places[str(files)] = sources.of_folder(files, paths)
    if repository is not None and (branch or patch):
        with tempfile.TemporaryDirectory(prefix="iama-verify-") as scratch:
            os.environ[DATA_VARIABLE] = scratch
            base = document["predicate"]["source"]["head_sha"]
            if branch:
                places[branch], message = asyncio.run(sources.of_branch(repository, branch, base))
            if patch:
                places[str(patch)] = asyncio.run(sources.of_patch(repository, patch, base, Path(scratch)))
    return Given(document, places, message)


def _print(statement: Path, checks: list[Check], as_json: bool) -> None:
    if as_json:
        answer = {"file": str(statement), "stands": stands(checks), "checks": [asdict(check) for check in checks]}
        result(json.dumps(answer, indent=2))
        return
    width = max(len(check.name) for check in checks)
    for check in checks:
        result(f"{MARKS[check.answer]}  {check.name:<{width}}  {check.sentence}")
    result("")
    result(f"{statement}: {'no check failed' if stands(checks) else 'does not stand'}.")
