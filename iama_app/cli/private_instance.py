"""Database, and workers where jobs are to move, without a web process, for one command; they stop with it."""

import contextlib
import os
from collections.abc import Callable, Iterator

from iama_app.cli.data_folder import FORMAT_FILE, held_data_folder, new_run_record
from iama_app.cli.environment import Surroundings
from iama_app.cli.launch_error import LaunchError
from iama_app.cli.migration import migrate_apart
from iama_app.cli.supervisor import Supervisor
from iama_app.cli.terminal import progress
from iama_app.cli.up import programs
from services.infra.database import APP_URL_VARIABLE
from services.infra.embedded.errors import EmbeddedStartError
from services.infra.embedded.servers import Servers, running_servers
from services.infra.settings import Settings, secret


@contextlib.contextmanager
def private_instance(settings: Settings) -> Iterator[Callable[[], None]]:
    """Start what a job needs, yield a check that restarts dead parts, stop everything.

    Raises:
        LaunchError: the data folder is in use, or a part could not be started.
    """
    with contextlib.ExitStack() as stack:
        progress("starting database and workers")
        servers, around = _started(settings, stack)
        supervisor = Supervisor(progress)
        stack.callback(supervisor.stop)
        for server in servers.embedded:
            supervisor.watch(server)
        for program in programs(settings, around):
            if program.name != "web":
                supervisor.start(program)
        yield supervisor.check


@contextlib.contextmanager
def private_database(settings: Settings) -> Iterator[Servers]:
    """Start the database alone, for a command that only looks; nothing works on jobs meanwhile.

    Raises:
        LaunchError: there is no installation yet, the data folder is in use, or the database could not be started.
    """
    if not settings.is_external and not (settings.data_folder / FORMAT_FILE).exists():
        raise LaunchError(f"There is no installation in {settings.data_folder} yet; `iama up` makes one.")
    with contextlib.ExitStack() as stack:
        progress("starting the database")
        yield _started(settings, stack)[0]


def _started(settings: Settings, stack: contextlib.ExitStack) -> tuple[Servers, Surroundings]:
    """Lock the folder, start and migrate the database, point this process at it as the web process would be."""
    folder = stack.enter_context(held_data_folder(settings.data_folder))
    try:
        urls = (secret(settings.database_url), secret(settings.redis_url))
        servers = stack.enter_context(running_servers(folder.path, database_url=urls[0], redis_url=urls[1]))
    except EmbeddedStartError as error:
        raise LaunchError(str(error)) from error
    migrated = migrate_apart(settings, servers.admin_url)
    around = Surroundings(settings, new_run_record(""), migrated.urls, servers.redis_url)
    os.environ.update({name: around.web()[name] for name in (APP_URL_VARIABLE, "REDIS_URL", "IAMA_DATA")})
    return servers, around
