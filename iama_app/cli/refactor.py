"""`iama refactor`: the main job in a terminal, from repository to pushed branch with proof."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from pydantic import ValidationError

from iama_app.cli.data_folder import read_run
from iama_app.cli.driving import EXIT_BROKEN, EXIT_CANCELLED, EXIT_REFUSED, Ended, Wishes, drive
from iama_app.cli.job_client import JobClient
from iama_app.cli.launch_error import LaunchError
from iama_app.cli.showing import Display, document, summary
from iama_app.cli.terminal import progress, result
from services.canon.errors import IamaError
from services.canon.lifecycle import TERMINAL_STATES
from services.canon.reasons import reason_sentence
from services.canon.vocabulary import JobAction, ProposalLevel
from services.infra.settings import Settings, load_settings

if TYPE_CHECKING:
    from services.jobs.schemas import CreateJobRequest

STRATEGIES = {level.value.lower(): level for level in ProposalLevel}
CANCEL_SECONDS = 60.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("refactor")(refactor)


def refactor(
    repository: Annotated[str, typer.Argument(help="Folder or address of a Git repository.")],
    scope: Annotated[list[str], typer.Option("--scope", help="Path that may change; '.' is everything.")],
    goal: Annotated[str, typer.Option("--goal", help="What to achieve, in words.")],
    strategy: Annotated[str, typer.Option("--strategy", help="conservative, standard or comprehensive.")] = "standard",
    yes: Annotated[bool, typer.Option("--yes", help="Answer every question with the recommended choice.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    own_code: Annotated[
        bool, typer.Option("--own-code", help="Allow the weaker sandbox for code of your own.")
    ] = False,
    accept_hazards: Annotated[bool, typer.Option("--accept-hazards", help="Accept every disclosed hazard.")] = False,
    from_branch: Annotated[str | None, typer.Option("--from", help="Branch to start from.")] = None,
    branch: Annotated[str | None, typer.Option("--branch", help="Name of the branch to push.")] = None,
    timeout: Annotated[int | None, typer.Option("--timeout", help="Seconds that one test run may take.")] = None,
) -> None:
    """Refactor a repository, prove it, push the result as a new branch."""
    level = STRATEGIES.get(strategy.lower())
    if level is None:
        raise LaunchError(f"There is no strategy {strategy}; use {', '.join(STRATEGIES)}.")
    if not yes and not sys.stdin.isatty():
        raise LaunchError("Nobody can answer questions here; add --yes.")
    wishes = Wishes(level, yes, accept_hazards, branch, lambda question: typer.confirm(question, err=True))
    values = {
        "source": {"kind": "GIT", "url": _address(repository), "branch": from_branch},
        "path_scope": scope,
        "goal": goal,
        "strategy_preference": level.value,
        "own_code": own_code,
        "test_timeout_seconds": timeout,
        "escalation_preauth": {"phase_ceiling": 2 if yes else 1},
    }
    raise typer.Exit(_run(load_settings(), values, wishes, as_json))


def _address(repository: str) -> str:
    path = Path(repository).expanduser()
    return path.resolve().as_uri() if path.exists() or "://" not in repository and ":" not in repository else repository


def _run(settings: Settings, values: dict[str, object], wishes: Wishes, as_json: bool) -> int:
    from services.jobs.schemas import CreateJobRequest

    began = time.monotonic()
    display = Display(quiet=as_json)
    try:
        request = CreateJobRequest.model_validate(values)
        live = read_run(settings.data_folder)
        if live is not None:
            from iama_app.cli.http_client import HttpClient

            progress(f"using the running instance at {live.url}")
            return asyncio.run(_job(HttpClient(live), request, wishes, display, as_json, began, lambda: None))
        from iama_app.cli.private_instance import private_instance

        _refuse_early(request)
        with private_instance(settings) as check:
            return asyncio.run(_own_instance(request, wishes, display, as_json, began, check))
    except ValidationError as error:
        return _refused(IamaError("VALIDATION_FAILED", sentence=_sentence(error)), as_json)
    except IamaError as error:
        return _refused(error, as_json)


def _refuse_early(request: "CreateJobRequest") -> None:
    """Refuse what the job would be refused for anyway before servers are started for it."""
    from services.engine.goals import parse_goal
    from services.repositories.rules import check_source

    check_source(request.source.url)
    parse_goal(request.goal)


def _sentence(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors())


async def _own_instance(request, wishes, display, as_json, began, check) -> int:  # type: ignore[no-untyped-def]
    from iama_app.cli.local_client import LocalClient

    return await _job(await LocalClient.sign_in(), request, wishes, display, as_json, began, check)


async def _job(  # type: ignore[no-untyped-def]
    client: JobClient, request, wishes: Wishes, display: Display, as_json: bool, began: float, tick: Callable[[], None]
) -> int:
    if wishes.yes or wishes.confirm("IAMA processes the code of this repository on this machine. Agree?"):
        await client.consent()
    created = await client.create(request)
    display.say(f"job {created.job_id}: {created.goal}")
    try:
        ended = await drive(client, created.job_id, wishes, display, tick)
    except (KeyboardInterrupt, asyncio.CancelledError):
        await _cancel(client, created.job_id, display)
        return EXIT_CANCELLED
    return await _report(client, ended, as_json, time.monotonic() - began)


async def _cancel(client: JobClient, job_id: UUID, display: Display) -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
    display.say("cancelling; the sandbox is erased first")
    deadline = time.monotonic() + CANCEL_SECONDS
    while time.monotonic() < deadline:
        view = await client.view(job_id)
        if view.status in TERMINAL_STATES:
            return
        with contextlib.suppress(IamaError):
            if any(item.action is JobAction.CANCEL for item in view.available_actions):
                await client.act(job_id, JobAction.CANCEL, view.state_revision)
        await asyncio.sleep(0.5)


async def _report(client: JobClient, ended: Ended, as_json: bool, seconds: float) -> int:
    delivery = await client.delivery(ended.view.job_id) if ended.view.status.value == "DELIVERED" else None
    evidence_file = None
    if delivery is not None:
        folder = load_settings().data_folder / "evidence"
        folder.mkdir(parents=True, exist_ok=True)
        evidence_file = folder / f"{ended.view.job_id}.json"
        evidence_file.write_text(json.dumps(delivery.evidence, indent=1, sort_keys=True))
    detail = ended.detail or ended.view.failure_detail
    if as_json:
        facts = {
            "reason": ended.reason,
            "detail": detail,
            "branch": ended.branch,
            "commit": ended.commit,
            "evidence_file": str(evidence_file) if evidence_file else None,
            "duration_seconds": round(seconds, 1),
        }
        result(document(ended.view, delivery, **facts))
    elif delivery is not None and ended.branch:
        result(summary(delivery, ended.branch, ended.commit))
        result(f"Evidence file    {evidence_file}")
    else:
        result(f"{ended.view.status.value}: {ended.reason}. {reason_sentence(ended.reason) or ''}".rstrip())
        if detail:
            result(json.dumps(detail, indent=1, default=str))
    return ended.exit_status


def _refused(error: IamaError, as_json: bool) -> int:
    if as_json:
        answer = {"error_code": error.code, "message": error.sentence, "remedy": error.remedy, "detail": error.data}
        result(json.dumps(answer, indent=2, default=str))
    else:
        print(f"iama: {error.code}: {error.sentence} {error.remedy}", file=sys.stderr)
        for example in error.data.get("examples", []):
            print(f"  {example}", file=sys.stderr)
    return EXIT_REFUSED if error.http_status < 500 else EXIT_BROKEN
