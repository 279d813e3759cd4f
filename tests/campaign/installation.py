"""One installation to break: servers, workers and scheduler as processes, kept alive as `iama up` keeps them."""

import asyncio
import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from psycopg.rows import dict_row

from iama_app.cli.data_folder import new_run_record
from iama_app.cli.environment import Surroundings
from iama_app.cli.migration import migrate_apart
from iama_app.cli.supervisor import Program, Supervisor
from iama_app.cli.up import programs
from services.infra.database import APP_URL_VARIABLE
from services.infra.embedded.processes import free_port
from services.infra.embedded.servers import EmbeddedServer, running_servers
from services.infra.failpoints import VARIABLE as FAILPOINT_VARIABLE
from services.infra.paths import DATA_VARIABLE
from services.infra.settings import load_settings
from services.infra.settings_clock import CLOCK_SCALE_VARIABLE
from services.repositories.rules import LOCAL_ROOTS_VARIABLE
from tests.campaign.kills import Kill, full_table

SHORT_CLOCKS = 0.15
"""Leases of 3 s, beats of 0.75 s: short enough to wait for, long enough not to be lost on a busy machine."""

_ADDRESSES = (APP_URL_VARIABLE, "REDIS_URL", DATA_VARIABLE, LOCAL_ROOTS_VARIABLE)
_T = TypeVar("_T")


@dataclass
class Installation:
    """Running processes by name, and how to hurt them."""

    folder: Path
    addresses: Mapping[str, str]
    admin_url: str
    servers: Mapping[str, EmbeddedServer]
    programs: Mapping[str, Program]
    restarts: list[str] = field(default_factory=list)
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    _supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        self.renew()

    @property
    def repositories(self) -> Path:
        """Where repositories may lie."""
        return self.folder / "repositories"

    @property
    def markers(self) -> Path:
        """Where failpoints look for their markers."""
        return self.folder / "markers"

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine on the one event loop that this process uses against the installation."""
        return self.runner.run(work)

    def renew(self) -> None:
        """Watch everything with a fresh count of restarts; no failpoint stays armed."""
        self.forget_restarts()
        for marker in self.markers.iterdir():
            marker.unlink(missing_ok=True)

    def forget_restarts(self) -> None:
        """Count restarts anew: a campaign kills more often than the launcher puts up with."""
        self._supervisor = Supervisor(self.restarts.append)
        for item in (*self.servers.values(), *self.programs.values()):
            self._supervisor.watch(item)

    def check(self) -> None:
        """Restart what ended, as the launcher does on every round."""
        self._supervisor.check()

    def arm(self, kill: Kill) -> None:
        """Let a failpoint fire the next time it is reached."""
        (self.markers / kill.marker).touch()

    def is_armed(self, kill: Kill) -> bool:
        """Tell whether a failpoint is still waiting."""
        return (self.markers / kill.marker).exists()

    def kill(self, program: str) -> None:
        """End a program's first process with SIGKILL."""
        process = self.programs[program].process
        assert process is not None
        process.kill()
        process.wait(10)

    def stop_server(self, name: str, how: signal.Signals) -> None:
        """End a server with a signal and wait until it is gone."""
        process = self.servers[name].process
        assert process is not None
        process.send_signal(how)
        process.wait(30)

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Read rows past every access rule."""
        with psycopg.connect(self.admin_url, row_factory=dict_row) as connection:
            return connection.execute(statement, values).fetchall()

    def wait(self, done: Any, seconds: float, what: str) -> None:
        """Poll a condition while everything is kept alive."""
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s\n{self.last_words()}"
            self.check()
            time.sleep(0.1)

    def last_words(self) -> str:
        """Return the ends of the log files, for a failing test."""
        logs = sorted((self.folder / "data" / "logs").glob("*.log"))
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-2500:]}" for log in logs)


@contextlib.contextmanager
def running_installation(
    *, clock_scale: float = SHORT_CLOCKS, without: frozenset[str] = frozenset({"web"})
) -> Iterator[Installation]:
    """Start an installation in a temporary folder; stop and delete it afterwards. Call from the main thread."""
    with contextlib.ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="iama-campaign-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(temporary))
        folder.chmod(0o755)
        for name in ("repositories", "markers", "data/logs"):
            (folder / name).mkdir(parents=True)
        with pytest.MonkeyPatch.context() as patch:
            installation = _start(stack, patch, folder, clock_scale, without)
        stack.enter_context(installation.runner)
        yield installation


def _start(
    stack: contextlib.ExitStack, patch: pytest.MonkeyPatch, folder: Path, scale: float, without: frozenset[str]
) -> Installation:
    patch.setenv(DATA_VARIABLE, str(folder / "data"))
    patch.setenv("IAMA_PORT", str(free_port()))
    patch.setenv(LOCAL_ROOTS_VARIABLE, str(folder / "repositories"))
    patch.setenv(CLOCK_SCALE_VARIABLE, str(scale))
    settings = load_settings()
    servers = stack.enter_context(running_servers(settings.data_folder))
    migrated = migrate_apart(settings, servers.admin_url)
    around = Surroundings(settings, new_run_record(""), migrated.urls, servers.redis_url)
    children = {
        program.name: replace(program, env={**program.env, FAILPOINT_VARIABLE: _failpoints(program.name, folder)})
        for program in programs(settings, around)
        if program.name not in without
    }
    for program in children.values():
        stack.callback(program.stop)
        program.start()
    for program in children.values():
        stack.callback(_ask_to_end, program)
    patch.setenv("REDIS_URL", servers.redis_url)
    patch.setenv(APP_URL_VARIABLE, around.web()[APP_URL_VARIABLE])
    return Installation(
        folder=folder,
        addresses={name: os.environ[name] for name in _ADDRESSES},
        admin_url=servers.admin_url,
        servers={server.name: server for server in servers.embedded},
        programs=children,
    )


def _ask_to_end(program: Program) -> None:
    program.signal_stop()


def _failpoints(program: str, folder: Path) -> str:
    """Name every kill of a program; which one fires is decided by the marker that is laid down."""
    kills = [kill for kill in full_table() if kill.program == program]
    if program == "worker-async":
        assert all(kill.target == "child" for kill in kills), "the asyncio worker's parent is the test itself"
    return ";".join(kill.setting(str(folder / "markers")) for kill in kills)
