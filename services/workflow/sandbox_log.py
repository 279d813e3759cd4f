"""Turns a sandbox's events into log lines, a few writes a second at most, and keeps what it tried on the network."""

import time

from services.canon.events import EventType, event
from services.sandbox.port import Event, Exit, LimitHit, LogChunk, NetAttempt
from services.workflow.outcomes import ItemCancelledError, Ports

FLUSH_SECONDS = 0.5
LINES_PER_PHASE = 300
ATTEMPTS_KEPT = 1000


class SandboxLog:
    """Receives events of one item's phases."""

    def __init__(self, ports: Ports, phase: str) -> None:
        self._ports = ports
        self._phase = phase
        self._text = ""
        self._flushed = time.monotonic()
        self._lines = 0
        self.attempts: list[NetAttempt] = []
        self.limits: list[str] = []

    async def take(self, happened: Event) -> None:
        """Take one event; raises `ItemCancelledError` when the item should stop."""
        if self._ports.is_cancelled():
            raise ItemCancelledError
        match happened:
            case LogChunk(text=text):
                self._text += text
            case NetAttempt():
                await self._attempt(happened)
            case LimitHit(kind=kind):
                self.limits.append(kind)
                await self._ports.log(f"limit reached: {kind}", "WARN")
            case Exit(timed_out=True):
                await self._ports.log(f"{self._phase}: the time limit ended the run", "WARN")
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            await self._flush()

    async def _attempt(self, attempt: NetAttempt) -> None:
        if len(self.attempts) >= ATTEMPTS_KEPT:
            return
        self.attempts.append(attempt)
        if not attempt.allowed:
            frame = event(EventType.NETWORK_BLOCK, fqdn=attempt.host[:255], phase=self._phase, port=attempt.port)
            await self._ports.emit(frame)
            await self._ports.log(f"egress {attempt.host}:{attempt.port} refused", "DENY")

    async def _flush(self) -> None:
        *lines, self._text = self._text.split("\n")
        self._flushed = time.monotonic()
        for line in lines[: max(LINES_PER_PHASE - self._lines, 0)]:
            if line.strip():
                await self._ports.log(line.rstrip())
        self._lines += len(lines)

    async def close(self) -> None:
        """Write what is left."""
        self._text += "\n"
        await self._flush()
