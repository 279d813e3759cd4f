"""One phase in a sandbox session, its events gathered into one value."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from services.baselines import places
from services.sandbox.port import Event, Exit, LimitHit, Limits, LogChunk, NetAttempt, Phase, Session

OnEvent = Callable[[Event], Awaitable[None]]
OUTPUT_CAP_BYTES = 2 * 1024 * 1024
KEPT_LOG_CHARACTERS = 64 * 1024


@dataclass(frozen=True, slots=True)
class PhaseEnd:
    """How a phase ended. `log` holds the last 64 K characters; `net_attempts` are `host:port`, refused ones only."""

    code: int
    timed_out: bool
    seconds: float
    log: str
    limit_hits: tuple[str, ...] = ()
    net_attempts: tuple[str, ...] = ()


async def run_phase(
    session: Session,
    name: str,
    argv: tuple[str, ...],
    *,
    deadline_seconds: float,
    env: Mapping[str, str] | None = None,
    net: Literal["deny", "allowlist"] = "deny",
    limits: Limits | None = None,
    on_event: OnEvent | None = None,
) -> PhaseEnd:
    """Run one command in the session and wait for its end; every event is passed on as it comes."""
    words = [session.interpreter.executable if word == places.PYTHON else word for word in argv]
    phase = Phase(
        name=name,
        argv=words,
        env=dict(env or {}),
        cwd=places.WORKSPACE,
        net=net,
        limits=limits or Limits(),
        deadline_seconds=deadline_seconds,
        output_cap_bytes=OUTPUT_CAP_BYTES,
    )
    log, hits, attempts = "", [], []
    ended = Exit(code=-1, timed_out=False, seconds=0.0)
    async for event in session.run(phase):
        if on_event is not None:
            await on_event(event)
        match event:
            case LogChunk():
                log = (log + event.text)[-KEPT_LOG_CHARACTERS:]
            case LimitHit():
                hits.append(event.kind)
            case NetAttempt() if not event.allowed:
                attempts.append(f"{event.host}:{event.port}")
            case Exit():
                ended = event
    return PhaseEnd(
        ended.code, ended.timed_out, ended.seconds, log, tuple(dict.fromkeys(hits)), tuple(dict.fromkeys(attempts))
    )
