"""`iama jobs`: the workspace's jobs, and one job with everything that decides what happens to it next."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from iama_app.cli.data_folder import read_run
from iama_app.cli.job_client import JobReader
from iama_app.cli.jobs_text import job_table, job_text, why_text
from iama_app.cli.launch_error import EXIT_FAILED, LaunchError
from iama_app.cli.terminal import result
from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.limits import PAGE_DEFAULT, PAGE_MAX
from services.infra.settings import load_settings

T = TypeVar("T")
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

commands = typer.Typer(help="List jobs, or show one of them.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="jobs")


@commands.callback()
def list_jobs(
    context: typer.Context,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only jobs in this state; may be repeated.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="Part of goal, repository, path or id.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=PAGE_MAX, help="How many, newest first.")] = PAGE_DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """List jobs, newest first."""
    if context.invoked_subcommand is not None:
        return
    wanted = [_state(name) for name in state or ()]
    page = _read(lambda reader: reader.page(status=wanted, text=text, limit=limit))
    result(page.model_dump_json(indent=2) if as_json else job_table(page))


@commands.command("show")
def show(
    job: Annotated[str, typer.Argument(metavar="ID", help="The job's id, or the start of it.")],
    why: Annotated[
        bool, typer.Option("--why", help="Also transitions, guards, work items, leases and timers.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show one job; with --why everything that moves it on or keeps it."""
    result(_read(lambda reader: _shown(reader, job, why, as_json)))


async def _shown(reader: JobReader, words: str, why: bool, as_json: bool) -> str:
    job_id = await _find(reader, words)
    view = await reader.view(job_id)
    if not why:
        return view.model_dump_json(indent=2) if as_json else job_text(view)
    transitions, workings = await reader.transitions(job_id), await reader.workings(job_id)
    if not as_json:
        return f"{job_text(view)}\n\n{why_text(transitions, workings)}"
    parts = {
        "job": view.model_dump(mode="json"),
        "transitions": [one.model_dump(mode="json") for one in transitions],
        "workings": workings.model_dump(mode="json"),
    }
    return json.dumps(parts, indent=2)


async def _find(reader: JobReader, words: str) -> UUID:
    """Return the id that the words are or begin.

    Raises:
        LaunchError: no job, or more than one.
    """
    try:
        return UUID(words)
    except ValueError:
        wanted = words.strip().lower()
    found = [item.job_id for item in (await reader.page(text=wanted or "-", limit=PAGE_MAX)).items]
    fitting = [job_id for job_id in found if str(job_id).startswith(wanted)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise LaunchError(f"{len(fitting)} jobs have an id that starts with {wanted}; write more of it.")
    raise LaunchError(f"There is no job whose id starts with {words}; `iama jobs` lists them.")


def _state(name: str) -> str:
    wanted = name.upper().replace("-", "_")
    if wanted not in JobState.__members__:
        raise LaunchError(f"There is no state {name}; docs/reference/states.md lists them.")
    return wanted


def _read(ask: Callable[[JobReader], Awaitable[T]]) -> T:
    """Ask the running instance, or the database started for this command alone.

    Raises:
        LaunchError: refused (status 2), or the installation does not answer (status 4).
    """
    settings = load_settings()
    live = read_run(settings.data_folder)
    try:
        if live is not None:
            from iama_app.cli.http_client import HttpClient

            return asyncio.run(_asked(ask, HttpClient(live)))
        from iama_app.cli.private_instance import private_database

        with private_database(settings):
            return asyncio.run(_asked_here(ask))
    except IamaError as error:
        status = LaunchError("").exit_status if error.http_status < 500 else EXIT_FAILED
        raise LaunchError(f"{error.code}: {error.sentence} {error.remedy}".rstrip(), status) from error


async def _asked(ask: Callable[[JobReader], Awaitable[T]], reader: JobReader) -> T:
    return await ask(reader)


async def _asked_here(ask: Callable[[JobReader], Awaitable[T]]) -> T:
    from iama_app.cli.local_client import LocalClient

    return await ask(await LocalClient.sign_in())
