"""`iama admin`: what the people do at the terminal who operate an installation."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from iama_app.cli.data_folder import read_run
from iama_app.cli.launch_error import EXIT_FAILED, EXIT_REFUSED, LaunchError
from iama_app.cli.terminal import result
from services.admin.bootstrap import Administrator, create_first_administrator
from services.canon.errors import IamaError
from services.infra.settings import Settings, load_settings, secret

commands = typer.Typer(help="Operate the installation.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="admin")


@commands.callback()
def _group() -> None:
    """Operate the installation."""


@commands.command("bootstrap")
def bootstrap(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Address of the first administrator.")],
    generate: Annotated[bool, typer.Option("--generate", help="Make up a password that lasts 24 hours.")] = False,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Make the first administrator; works once for an installation."""
    password = None if generate else _password(password_stdin)
    settings = load_settings()
    try:
        with _admin_url(settings) as url:
            made = asyncio.run(create_first_administrator(url, email, password))
    except IamaError as error:
        status = EXIT_REFUSED if error.http_status < 500 else EXIT_FAILED
        raise LaunchError(f"{error.code}: {error.sentence}", status) from error
    result(json.dumps(asdict(made), indent=2, default=str) if as_json else _words(made))


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise LaunchError("Nobody can type a password here; add --password-stdin or --generate.")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


@contextlib.contextmanager
def _admin_url(settings: Settings) -> Iterator[str]:
    """Yield the database administrator's address: the operator's, the running instance's, or one started for this."""
    live = read_run(settings.data_folder)
    if live is None:
        from iama_app.cli.private_instance import private_database

        with private_database(settings) as servers:
            yield servers.admin_url
        return
    yield secret(settings.database_url) or _embedded_url(settings.data_folder)


def _embedded_url(folder: Path) -> str:
    from services.infra.embedded.postgres import PostgresServer

    try:
        port = int((folder / "pg" / "postmaster.pid").read_text().splitlines()[3])
    except (OSError, ValueError, IndexError) as error:
        raise LaunchError("The running installation uses a database of its own; set DATABASE_URL.") from error
    return PostgresServer(folder, port=port).url


def _words(made: Administrator) -> str:
    lines = [f"{made.email} is the first administrator ({made.role.value})."]
    if made.password and made.expires_at:
        lines.append(f"Password: {made.password}")
        lines.append(f"It is shown once, lasts until {made.expires_at:%Y-%m-%d %H:%M} UTC and must be changed.")
    return "\n".join(lines)
