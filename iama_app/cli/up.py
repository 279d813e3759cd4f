"""`iama up`: the whole installation in the foreground, from lock to clean stop."""

import errno
import shutil
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from iama_app.cli import web_build
from iama_app.cli.data_folder import DataFolder, RunRecord, held_data_folder, new_run_record, plain_sentence
from iama_app.cli.environment import Surroundings, base_environment
from iama_app.cli.launch_error import EXIT_FAILED, LaunchError
from iama_app.cli.migration import Migrated, migrate_apart
from iama_app.cli.powers import fewer_powers
from iama_app.cli.supervisor import Program, StartInterrupted, StopRequest, Supervisor, stop_on_signals
from iama_app.cli.terminal import progress, result
from services.infra.embedded.demo_repository import ensure_demo_repository
from services.infra.embedded.errors import EmbeddedStartError
from services.infra.embedded.servers import Servers, running_servers
from services.infra.settings import Settings, secret

READY_SECONDS = 120.0
LOG_MAX_BYTES = 10 * 1024 * 1024
SIGN_IN_FILE = "first-sign-in.txt"


def up(settings: Settings) -> None:
    """Run until Ctrl-C or SIGTERM, then stop everything.

    Raises:
        LaunchError: refused to start, or a part could not be kept alive.
    """
    with stop_on_signals() as stop, held_data_folder(settings.data_folder) as folder:
        try:
            _run(settings, folder, stop)
        except StartInterrupted:
            progress("stopped before everything had started")
        except EmbeddedStartError as error:
            raise LaunchError(str(error)) from error
        except OSError as error:
            raise LaunchError(plain_sentence(folder.path, error)) from error


def require_free_port(host: str, port: int) -> None:
    """Refuse early when the port cannot be had.

    Raises:
        LaunchError: taken, reserved for root, or the address is not this machine's.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise LaunchError(f"Port {port} is taken by another program; set IAMA_PORT to a free one.") from error
            if error.errno == errno.EACCES:
                raise LaunchError(f"Port {port} is reserved for root; set IAMA_PORT to 1024 or higher.") from error
            raise LaunchError(f"Cannot listen on {host} port {port}: {error.strerror}.") from error


def programs(settings: Settings, around: Surroundings) -> list[Program]:
    """Return the processes of an installation, in the order they are started."""
    web = [
        "-m", "granian", "--interface", "asgi", "--factory", "iama_app.cli.web_process:application",
        "--host", settings.host, "--port", str(settings.port), "--workers", str(settings.web_workers),
        "--log-level", settings.log_level,
    ]  # fmt: skip
    commands = {
        "web": ([*fewer_powers(), sys.executable, *web], around.web()),
        "worker-async": ([sys.executable, "-m", "workers.main", "async"], around.worker()),
        "worker-pool": ([sys.executable, "-m", "workers.main", "pool"], around.worker()),
        "scheduler": ([sys.executable, "-m", "workers.main", "scheduler"], around.worker()),
    }
    logs = settings.data_folder / "logs"
    return [Program(name, words, env, web_build.ROOT, logs / f"{name}.log") for name, (words, env) in commands.items()]


def _run(settings: Settings, folder: DataFolder, stop: StopRequest) -> None:
    require_free_port(settings.host, settings.port)
    web_build.build(progress, base_environment(settings))
    stop.raise_if_set()
    _rotate_logs(folder.path / "logs")
    progress("starting the database")
    supervisor = Supervisor(progress)
    with ExitStack() as stack:
        servers = stack.enter_context(
            running_servers(
                folder.path, database_url=secret(settings.database_url), redis_url=secret(settings.redis_url)
            )
        )
        stop.raise_if_set()
        progress("bringing tables up to date")
        migrated = migrate_apart(settings, servers.admin_url)
        stop.raise_if_set()
        demo = ensure_demo_repository(folder.path) if settings.demo and not settings.is_external else None
        run = new_run_record(f"http://localhost:{settings.port}")
        stack.callback(supervisor.stop)
        around = Surroundings(settings, run, migrated.urls, servers.redis_url)
        _start_programs(settings, supervisor, servers, around)
        _wait_for_web(settings, supervisor, stop)
        folder.write_run(run)
        _announce(folder, run, migrated, demo)
        if demo:
            stack.enter_context(_beside(settings, "demo", [str(demo)], around.web(), "iama_app.cli.demo_jobs"))
        admin = base_environment(settings) | {"DATABASE_URL": servers.admin_url}
        stack.enter_context(_beside(settings, "sweep", [], admin, "iama_app.cli.sweep"))
        supervisor.run(stop)
        progress("stopping")
        folder.clear_run()
    progress("stopped")


@contextmanager
def _beside(settings: Settings, name: str, words: list[str], env: Mapping[str, str], module: str) -> Iterator[None]:
    """Run something once beside the running installation; it ends by itself, or with the installation."""
    log = settings.data_folder / "logs" / f"{name}.log"
    program = Program(name, [sys.executable, "-m", module, *words], env, web_build.ROOT, log)
    program.start()
    try:
        yield
    finally:
        program.stop()


def _start_programs(settings: Settings, supervisor: Supervisor, servers: Servers, around: Surroundings) -> None:
    for server in servers.embedded:
        supervisor.watch(server)
    progress("starting web, workers and scheduler")
    for program in programs(settings, around):
        supervisor.start(program)


def _wait_for_web(settings: Settings, supervisor: Supervisor, stop: StopRequest) -> None:
    deadline = time.monotonic() + READY_SECONDS
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    while not _answers(f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/ping"):
        stop.raise_if_set()
        supervisor.check()
        if time.monotonic() > deadline:
            log = settings.data_folder / "logs" / "web.log"
            raise LaunchError(f"The web process did not answer within {READY_SECONDS:.0f} s; see {log}.", EXIT_FAILED)
        time.sleep(0.05)


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _announce(folder: DataFolder, run: RunRecord, migrated: Migrated, demo: Path | None) -> None:
    note = folder.path / SIGN_IN_FILE
    if migrated.password:
        note.unlink(missing_ok=True)
        note.touch(0o600)
        note.write_text(f"{migrated.email}\n{migrated.password}\n")
    result(f"IAMA ready at {run.url}")
    result(_sign_in_line(note, migrated))
    if demo:
        result(f"Demo repository: {demo}")
    result("Stop with Ctrl-C.")


def _sign_in_line(note: Path, migrated: Migrated) -> str:
    if migrated.password:
        return f"Sign in as {migrated.email} with the password {migrated.password} (kept in {note})."
    if note.exists():
        return f"Sign in as {migrated.email} with the password in {note}."
    return f"Sign in as {migrated.email}, or register an account of your own."


def _rotate_logs(folder: Path) -> None:
    for log in folder.glob("*.log"):
        if log.stat().st_size > LOG_MAX_BYTES:
            shutil.move(log, log.with_suffix(".log.1"))
