"""The one door to Git: argument lists, our own configuration, no hooks, no prompts, bounded in time and output."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.canon.errors import IamaError
from services.infra.paths import data_folder

GIT_SECONDS = 300.0
OUTPUT_MAX_BYTES = 256 * 1024 * 1024
ERRORS_MAX_BYTES = 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None

_CONFIG = """\
[safe]
\tdirectory = *
[core]
\thooksPath = /dev/null
\tfsmonitor = false
\tsymlinks = false
[protocol]
\tallow = never
[protocol "file"]
\tallow = always
[protocol "https"]
\tallow = always
[protocol "ssh"]
\tallow = always
[transfer]
\tfsckObjects = true
[fetch]
\trecurseSubmodules = false
[gc]
\tauto = 0
"""

_OVERRIDES = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.alternateRefsCommand": "true",
    "protocol.allow": "never",
    "protocol.file.allow": "always",
    "protocol.https.allow": "always",
    "protocol.ssh.allow": "always",
    "receive.autogc": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
"""Settings above a repository's own: a hostile one must not run hooks or helpers as us (`true` lists no refs)."""

RECEIVE_PACK = " ".join(["git", *(f"-c {name}={value}" for name, value in _OVERRIDES.items()), "receive-pack"])
"""Command at the receiving end of a local push, where our environment does not reach."""


class GitError(Exception):
    """Git ended with an error; `output` is its cleaned message."""

    def __init__(self, arguments: Sequence[str], code: int, output: str) -> None:
        super().__init__(f"git {arguments[0]} ended with {code}: {output[:500]}")
        self.output = output


def _config_file() -> Path:
    path = data_folder() / "git" / "config"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(_CONFIG)
        partial.replace(path)
    return path


_KEPT = ("PATH", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH")
"""What a Git process gets of our environment. Git over GnuTLS knows its own variable for certificates only."""


def environment() -> dict[str, str]:
    """Return the whole environment of a Git process; nothing of ours leaks into it."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    if "SSL_CERT_FILE" in kept:
        kept.setdefault("GIT_SSL_CAINFO", kept["SSL_CERT_FILE"])
    return kept | {
        "HOME": str(_config_file().parent),
        "GIT_CONFIG_GLOBAL": str(_config_file()),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "/bin/false",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=15",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C.UTF-8",
        **settings_environment(_OVERRIDES),
    }


def settings_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that put settings above those of any file."""
    numbered = {f"GIT_CONFIG_KEY_{at}": name for at, name in enumerate(settings)}
    values = {f"GIT_CONFIG_VALUE_{at}": value for at, value in enumerate(settings.values())}
    return {"GIT_CONFIG_COUNT": str(len(settings)), **numbered, **values}


async def filters_off(folder: Path) -> dict[str, str]:
    """Return the environment in which none of a repository's content filters runs."""
    try:
        listing = await git(folder, "config", "-z", "--name-only", "--get-regexp", r"^filter\.")
    except GitError:
        return {}
    names = [name.decode("utf-8", "surrogateescape") for name in listing.split(b"\0") if name]
    off = {name: "false" if name.endswith(".required") else "" for name in names}
    return settings_environment({**_OVERRIDES, **off})


async def git(folder: Path, *arguments: str, stdin: bytes = b"", extra_env: Mapping[str, str] | None = None) -> bytes:
    """Run Git in a repository folder and return its standard output.

    Raises:
        GitError: a non-zero end, or more than 256 MB of output. IamaError: `GIT_REMOTE_UNREACHABLE` after 300 s.
    """
    process = await asyncio.create_subprocess_exec(
        "git",
        "-C",
        str(folder),
        *arguments,
        stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment() | dict(extra_env or {}),
        start_new_session=True,
        preexec_fn=_die_with_worker,
    )
    try:
        async with asyncio.timeout(GIT_SECONDS):
            out, err = await _exchange(process, stdin)
    except TimeoutError as error:
        raise IamaError("GIT_REMOTE_UNREACHABLE", sentence="Git did not finish in time.") from error
    finally:
        if process.returncode is None:
            _kill(process)
            await process.wait()
    if len(out) > OUTPUT_MAX_BYTES:
        raise GitError(arguments, process.returncode or 0, "more output than may be taken")
    if process.returncode:
        raise GitError(arguments, process.returncode, err.decode(errors="replace").strip())
    return out


def _die_with_worker() -> None:
    """End Git when its worker is killed: an orphan that pushes on would hold the lock the next try needs."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


async def _exchange(process: asyncio.subprocess.Process, stdin: bytes) -> tuple[bytes, bytes]:
    """Feed a process and read it to its end; one that prints too much is killed, its output is one byte too long."""
    _, out, err = await asyncio.gather(
        _feed(process, stdin),
        _read(process, process.stdout, OUTPUT_MAX_BYTES),
        _read(process, process.stderr, ERRORS_MAX_BYTES),
    )
    await process.wait()
    return out, err


def _kill(process: asyncio.subprocess.Process) -> None:
    """End Git and the helpers it started, which hold its pipes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def _feed(process: asyncio.subprocess.Process, content: bytes) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(content)
        await process.stdin.drain()
    process.stdin.close()


async def _read(process: asyncio.subprocess.Process, stream: asyncio.StreamReader | None, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while stream is not None and (part := await stream.read(_CHUNK_BYTES)):
        parts.append(part)
        size += len(part)
        if size > most:
            _kill(process)
            break
    return b"".join(parts)[: most + 1]


async def text(folder: Path, *arguments: str, stdin: bytes = b"", extra_env: Mapping[str, str] | None = None) -> str:
    """Run Git and return its standard output as stripped text."""
    return (await git(folder, *arguments, stdin=stdin, extra_env=extra_env)).decode(errors="replace").strip()
