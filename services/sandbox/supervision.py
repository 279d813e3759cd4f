"""Runs one started sandbox to its end: live output, cap, deadline, watched disk and memory, and a complete kill."""

import asyncio
import codecs
import contextlib
import io
import json
import os
import subprocess
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.sandbox import files
from services.sandbox.cgroup import Cgroup
from services.sandbox.port import Event, Exit, LimitHit, LimitKind, LogChunk, NetAttempt, Phase
from services.sandbox.process_tree import ProcessTree
from services.sandbox.spawning import spawn

READ_BYTES = 65536
WATCH_SECONDS = 0.5
DRAIN_SECONDS = 1.0
KILLED = 137
FULL_MEASURE_EVERY = 10
"""Watch rounds between two measurements of the volume when the file system shows no large change."""

_HARMLESS = {code: "\ufffd" for code in [*range(32), *range(127, 160)] if code not in (9, 10)}
_DONE = object()


def no_attempts() -> list[NetAttempt]:
    """Read attempts where a provider cannot see them."""
    return []


@dataclass(slots=True)
class Launch:
    """What a provider hands over: the launcher's plan and what must be read or tidied around it."""

    plan: dict[str, Any]
    plan_file: Path
    pass_fds: Sequence[int] = ()
    read_attempts: Callable[[], list[NetAttempt]] = no_attempts
    tidy: Callable[[], None] = lambda: None


class OutputReader:
    """Turns raw bytes into harmless text and counts them against the cap."""

    def __init__(self, cap_bytes: int) -> None:
        self._left = cap_bytes
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
        self.exceeded = False

    def feed(self, data: bytes) -> str:
        """Return the text of the kept part of `data`; sets `exceeded` when something had to be dropped."""
        kept = data[: self._left]
        self._left -= len(kept)
        self.exceeded = self.exceeded or len(kept) < len(data)
        return str(self._decoder.decode(kept)).translate(_HARMLESS)

    def finish(self) -> str:
        """Return what an unfinished character at the end stands for."""
        return str(self._decoder.decode(b"", final=True)).translate(_HARMLESS)


@dataclass(slots=True)
class DiskWatch:
    """Measures the volume, but only when the file system lost space or now and then."""

    folders: Sequence[Path]
    limit_bytes: int
    _rounds: int = 0
    _free_at_start: int = field(default=0)

    def __post_init__(self) -> None:
        self._free_at_start = self._free()

    def exceeded(self) -> bool:
        """Say whether the volume now holds more than allowed."""
        self._rounds += 1
        suspicious = self._free_at_start - self._free() > self.limit_bytes // 4
        if not suspicious and self._rounds % FULL_MEASURE_EVERY:
            return False
        return files.allocated_bytes(self.folders) > self.limit_bytes

    def _free(self) -> int:
        status = os.statvfs(self.folders[0])
        return status.f_bavail * status.f_frsize


class Supervisor:
    """One phase, from start to the last event."""

    def __init__(self, launch: Launch, phase: Phase, cgroup: Cgroup | None, folders: Sequence[Path]) -> None:
        self._launch = launch
        self._phase = phase
        self._cgroup = cgroup
        self._disk = DiskWatch(folders, phase.limits.disk_bytes)
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._hits: list[LimitKind] = []
        self._timed_out = False
        self._killed = False
        self._tree: ProcessTree | None = None
        self.all_gone = True

    def report(self, event: Event) -> None:
        """Add an event; the queue needs no bound, because output and attempts have theirs."""
        self._queue.put_nowait(event)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Start the process and yield its events; leaving early kills everything."""
        started = time.monotonic()
        await asyncio.to_thread(self._write_plan)
        process = await asyncio.wrap_future(spawn(self._launch.plan_file, self._launch.pass_fds))
        self._tree = ProcessTree(process.pid, self._cgroup)
        workers = [asyncio.create_task(work) for work in (self._follow(process), self._watch(), self._deadline())]
        for worker in workers:
            worker.add_done_callback(lambda _: self._queue.put_nowait(_DONE))
        try:
            while (event := await self._queue.get()) is not _DONE or not _settled(workers):
                if event is not _DONE:
                    yield event
            for event in self._last_events(process.returncode, time.monotonic() - started):
                yield event
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.shield(asyncio.to_thread(self._finish, process))

    def _write_plan(self) -> None:
        plan = {**self._launch.plan, "parent": os.getpid()}
        if self._cgroup is not None:
            plan["cgroups"] = self._cgroup.procs_files
        self._launch.plan_file.write_text(json.dumps(plan), encoding="utf-8")

    async def _follow(self, process: "subprocess.Popen[bytes]") -> None:
        """Read output until the pipe closes, then wait for the process; a stuck holder of the pipe is killed."""
        reading = asyncio.create_task(self._read(process))
        await _ended(process.pid)
        process.poll()
        done, _ = await asyncio.wait([reading], timeout=DRAIN_SECONDS)
        if not done:
            await self._kill()
            await asyncio.wait([reading], timeout=DRAIN_SECONDS)
            reading.cancel()
        process.wait(timeout=1)

    async def _read(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        stream = asyncio.StreamReader(limit=READ_BYTES)
        protocol = asyncio.StreamReaderProtocol(stream)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, process.stdout)
        output = OutputReader(self._phase.output_cap_bytes)
        try:
            while (data := await stream.read(READ_BYTES)) and not output.exceeded:
                if text := output.feed(data):
                    self.report(LogChunk(text))
                if output.exceeded:
                    await self._hit("output")
            if text := output.finish():
                self.report(LogChunk(text))
        finally:
            transport.close()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for attempt in await asyncio.to_thread(self._launch.read_attempts):
                self.report(attempt)
            if await asyncio.to_thread(self._disk.exceeded):
                await self._hit("disk")
            if self._cgroup is None and await asyncio.to_thread(self._memory_exceeded):
                await self._hit("memory")

    def _memory_exceeded(self) -> bool:
        return self._tree is not None and self._tree.memory_bytes() > self._phase.limits.memory_bytes

    async def _deadline(self) -> None:
        await asyncio.sleep(self._phase.deadline_seconds)
        self._timed_out = True
        await self._kill()

    async def _hit(self, kind: LimitKind) -> None:
        if kind not in self._hits:
            self._hits.append(kind)
        await self._kill()

    async def _kill(self) -> None:
        self._killed = True
        if self._tree is not None:
            await asyncio.to_thread(self._tree.kill)

    def _last_events(self, returncode: int | None, seconds: float) -> list[Event]:
        events: list[Event] = list(self._launch.read_attempts())
        if self._cgroup is not None and self._cgroup.oom_kills() and "memory" not in self._hits:
            self._hits.append("memory")
        events += [LimitHit(kind) for kind in self._hits]
        code = KILLED if self._killed or returncode is None else returncode if returncode >= 0 else 128 - returncode
        return [*events, Exit(code, self._timed_out, round(seconds, 3))]

    def _finish(self, process: "subprocess.Popen[bytes]") -> None:
        self.all_gone = self._tree.kill() if self._tree is not None else True
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        if process.stdout is not None:
            process.stdout.close()
        self._launch.tidy()


def _settled(workers: Sequence["asyncio.Task[None]"]) -> bool:
    """Say whether the process was followed to its end; a failed worker raises here, so that nothing runs unwatched."""
    for worker in workers:
        if worker.done():
            worker.result()
    return workers[0].done()


async def _ended(pid: int) -> None:
    """Wait for a child to end without a thread of its own."""
    loop = asyncio.get_running_loop()
    descriptor = os.pidfd_open(pid)
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
