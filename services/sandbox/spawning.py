"""Starts processes from one long-lived thread: the kernel's parent-death signal belongs to the spawning thread."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass(slots=True)
class _Request:
    plan: Path
    pass_fds: Sequence[int]
    answer: "Future[subprocess.Popen[bytes]]"


class _SpawnThread:
    """A daemon thread that lives as long as its process; a forked child makes its own."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="sandbox-spawn", daemon=True).start()

    def start(self, plan: Path, pass_fds: Sequence[int]) -> "Future[subprocess.Popen[bytes]]":
        """Hand one start to the thread."""
        request = _Request(plan, pass_fds, Future())
        self._requests.put(request)
        return request.answer

    def _serve(self) -> None:
        while True:
            request = self._requests.get()
            try:
                request.answer.set_result(_start(request.plan, request.pass_fds))
            except Exception as problem:
                request.answer.set_exception(problem)


_threads: dict[int, _SpawnThread] = {}
_guard = threading.Lock()


def _start(plan: Path, pass_fds: Sequence[int]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER), str(plan)],
        env={},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=tuple(pass_fds),
        start_new_session=True,
        bufsize=0,
    )


def spawn(plan: Path, pass_fds: Sequence[int] = ()) -> "Future[subprocess.Popen[bytes]]":
    """Start the launcher with a plan file; it runs in a new session, with an empty environment, and dies with us."""
    with _guard:
        thread = _threads.get(os.getpid())
        if thread is None:
            thread = _threads[os.getpid()] = _SpawnThread()
    return thread.start(plan, pass_fds)
