"""Builds the front end when its sources changed; one build serves every port."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from iama_app.cli.launch_error import EXIT_FAILED, LaunchError
from services.infra.embedded.processes import tail

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
BUILD = ROOT / ".web" / "build"
STAMP = BUILD / ".iama-sources"

SOURCES = (
    "iama_app/*.py",
    "iama_app/pages/**/*.py",
    "iama_app/shells/**/*.py",
    "components/**/*",
    "state/**/*.py",
    "services/canon/*.py",
    "services/*/schemas.py",
    "assets/**/*",
    "reflex.lock/*.lock",
    "rxconfig.py",
    "requirements.lock",
)
"""What the compiled pages depend on; the API and the command line are not among it."""

QUIET = {
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
    "REFLEX_HTTP_CLIENT_BIND_ADDRESS": "127.0.0.1",
    "REFLEX_DIR": str(CACHE / "reflex"),
}
"""No telemetry, no version look-up, no latency probe outside the machine, nothing written to the home folder."""

SERVE = {"__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true", "__REFLEX_SKIP_COMPILE": "true", "REFLEX_ENV_MODE": "prod"}
"""Serve the finished build from the web process. Internal to Reflex: pinned exactly, kept honest by the smoke test."""


def sources_hash() -> str:
    """Return one hash over every file the front end is made of."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_built() -> bool:
    """Say whether the build on disk was made from the present sources."""
    return STAMP.is_file() and STAMP.read_text() == sources_hash()


def build(say: Callable[[str], None], environment: Mapping[str, str] | None = None) -> None:
    """Build unless the present build is fresh; two callers at once build once.

    Raises:
        LaunchError: the build failed; its log is named.
    """
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_built():
            return
        say("building the front end (once; about 15 s)")
        wanted = sources_hash()
        _export(dict(environment or os.environ))
        STAMP.write_text(wanted)


def _sources() -> Iterator[Path]:
    for pattern in SOURCES:
        for path in ROOT.glob(pattern):
            if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
                yield path


def _export(environment: dict[str, str]) -> None:
    log = CACHE / "build.log"
    command = [sys.executable, "-m", "reflex", "export", "--no-zip", "--frontend-only", "--env", "prod"]
    clean = {name: value for name, value in environment.items() if name not in ("REDIS_URL", "DATABASE_URL")}
    if BUILD.exists():
        shutil.rmtree(BUILD)
    with log.open("wb") as output:
        status = subprocess.run(
            command, cwd=ROOT, env=clean | QUIET, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ).returncode
    if status or not BUILD.is_dir():
        last = "\n".join(tail(log).splitlines()[-15:])
        raise LaunchError(f"The front end could not be built; see {log}. Its last lines:\n{last}", EXIT_FAILED)
