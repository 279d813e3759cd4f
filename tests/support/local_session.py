"""A sandbox session without a sandbox: plain subprocesses in a temporary folder, for our own fixture code only.

It lets tests of plans and results run on any machine. It isolates nothing and must never see untrusted code.
"""

import asyncio
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from services.core.tree import Tree
from services.sandbox.port import Event, Exit, Interpreter, LimitHit, LogChunk, Phase

PLAIN_PYTHON = str(getattr(sys, "_base_executable", sys.executable))
"""The interpreter below our virtual environment: guests must not see our packages."""
GUEST_FOLDERS = ("workspace", "deps", "out", "tools")
_GUEST_PATH = re.compile(r"""(^|["':])/(workspace|deps|out|tools|tmp)(?=/|"|$)""")


class LocalSession:
    """Runs phases as subprocesses; guest paths in arguments and environment are rewritten to the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ref, self.provider_name = folder.name, "local"
        self.interpreter = Interpreter(f"{sys.version_info[0]}.{sys.version_info[1]}", PLAIN_PYTHON, sys.base_prefix)
        for name in (*GUEST_FOLDERS, "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        uv = Path(sys.executable).with_name("uv")
        if uv.exists():
            shutil.copy(uv, folder / "tools" / "uv")

    async def put(self, tree: Tree, dest: str = "workspace", *, replace: bool = False) -> None:
        """Write files below a guest folder."""
        target = self.folder / dest
        if replace:
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
        for path, content in tree.items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(content)

    async def run(self, phase: Phase) -> AsyncIterator[Event]:
        """Run one command, stream its output, end its process group at the deadline."""
        started = time.monotonic()
        argv = [self._local(word) for word in phase.argv]
        inherited = {
            name: value for name, value in os.environ.items() if name.startswith(("PATH", "PIP_", "UV_", "SSL_"))
        }
        env = {**inherited, **{name: self._local(value) for name, value in phase.env.items()}}
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=self._local(phase.cwd),
            env=env,
            start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert process.stdout is not None
        deadline, size, timed_out = started + phase.deadline_seconds, 0, False
        while True:
            try:
                chunk = await asyncio.wait_for(process.stdout.read(65536), max(deadline - time.monotonic(), 0.01))
            except TimeoutError:
                timed_out = True
                break
            if not chunk:
                break
            size += len(chunk)
            if size > phase.output_cap_bytes:
                yield LimitHit(kind="output")
                break
            yield LogChunk(text=chunk.decode("utf-8", "replace"))
        if process.returncode is None:
            if timed_out or size > phase.output_cap_bytes:
                os.killpg(process.pid, signal.SIGKILL)
            # asyncio reports an end only after the pipe's: what is left in it must be read, or `wait` never returns.
            while await process.stdout.read(65536):
                pass
            await process.wait()
        yield Exit(code=process.returncode, timed_out=timed_out, seconds=time.monotonic() - started)

    async def collect(self, globs: Sequence[str], max_bytes: int = 64 * 1024 * 1024) -> dict[str, bytes]:
        """Return matching regular files below the session's folder."""
        found = {}
        for path in sorted((self.folder / "out").rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and not path.is_symlink() and any(fnmatchcase(name, pattern) for pattern in globs):
                found[name] = path.read_bytes()[:max_bytes]
        return found

    def _local(self, text: str) -> str:
        return _GUEST_PATH.sub(lambda match: f"{match[1]}{self.folder}/{match[2]}", text)
