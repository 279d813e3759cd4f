"""The commands. Each imports what it needs when it runs, so that a small one starts fast."""

import importlib
import importlib.util
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from iama_app.cli.launch_error import LaunchError

if TYPE_CHECKING:
    from services.infra.settings import Settings

app = typer.Typer(
    name="iama", help="Refactor Python code with proof.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False,
)  # fmt: skip

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

ADDED_BY = ("refactor", "jobs", "edit", "verify", "admin")
"""Modules of this package whose `register(app)` adds commands of their own."""


@app.command()
def up() -> None:
    """Start database, web, workers and scheduler; stop them all on Ctrl-C."""
    from iama_app.cli.up import up as run

    run(_settings())


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Explain what is configured, degraded or missing."""
    from iama_app.cli.doctor import doctor as run

    raise typer.Exit(run(_settings(), as_json=as_json))


@app.command()
def migrate(as_json: JsonOption = False) -> None:
    """Bring the database named in DATABASE_URL to the present schema."""
    from iama_app.cli.migration import migrate_now
    from services.infra.settings import secret

    settings = _settings()
    admin_url = secret(settings.database_url)
    if admin_url is None:
        raise LaunchError("DATABASE_URL is not set; the embedded database is migrated by `iama up` itself.")
    done = migrate_now(settings, admin_url)
    typer.echo(json.dumps(asdict(done)) if as_json else "The database has the present schema.")


@app.command()
def build() -> None:
    """Build the front end if its sources changed."""
    from iama_app.cli.terminal import progress
    from iama_app.cli.web_build import build as run

    run(progress)


def main() -> None:
    """Run the command line; refusals become one sentence and an exit status."""
    for name in _modules_to_load(sys.argv[1:]):
        importlib.import_module(f"iama_app.cli.{name}").register(app)
    try:
        app(prog_name="iama")
    except LaunchError as error:
        print(f"iama: {error}", file=sys.stderr)
        sys.exit(error.exit_status)


def _modules_to_load(words: list[str]) -> list[str]:
    """Load one module for its own command, all for help, none for the commands above."""
    command = next((word for word in words if not word.startswith("-")), None)
    wanted = ADDED_BY if command is None else tuple(name for name in ADDED_BY if name == command)
    return [name for name in wanted if importlib.util.find_spec(f"iama_app.cli.{name}")]


def _settings() -> "Settings":
    from services.infra.settings import SettingsError, load_settings

    try:
        return load_settings()
    except SettingsError as error:
        raise LaunchError(f"some settings cannot be used:\n{error}") from error
