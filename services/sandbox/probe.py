"""Active probe: boots real guests, attacks the boundary a little, and writes down what held on this machine."""

import asyncio
import json
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.canon.errors import IamaError
from services.core.clock import now
from services.sandbox import guest, probe_store
from services.sandbox.port import (
    MEBIBYTE,
    Capabilities,
    Event,
    Exit,
    Feature,
    LimitHit,
    Limits,
    LogChunk,
    NetAttempt,
    Phase,
    SandboxSpec,
    Strength,
    WipeEvidence,
)

if TYPE_CHECKING:
    from services.sandbox.providers.local import LocalProvider, LocalSession

PROBE_SECONDS = 90.0
REQUIRED = ("boot", "network_deny", "read_only", "wall_clock", "process_tree_kill", "wipe")
"""Without these a provider is not offered at all."""

_LOOK = """
import ctypes, errno, json, os, socket
def attempt(action):
    try:
        action()
        return ""
    except OSError as problem:
        return errno.errorcode.get(problem.errno, type(problem).__name__)
def fork_many():
    children = []
    try:
        for _ in range(200):
            pid = os.fork()
            if pid == 0:
                import time
                time.sleep(20)
                os._exit(0)
            children.append(pid)
    finally:
        for pid in children:
            os.kill(pid, 9)
        for pid in children:
            os.waitpid(pid, 0)
def fill(path):
    with open(path, "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
def unshare():
    if ctypes.CDLL(None, use_errno=True).unshare(0x10000000):
        raise OSError(ctypes.get_errno(), "unshare")
print(json.dumps({
    "vsock": attempt(lambda: socket.socket(40, socket.SOCK_STREAM)),
    "net": [attempt(lambda a=a: socket.create_connection(a, 3)) for a in (("192.0.2.1", 80), ("169.254.169.254", 80))],
    "dns": attempt(lambda: socket.getaddrinfo("example.invalid", 80)),
    "usr": attempt(lambda: open("/usr/x", "w")), "deps": attempt(lambda: open("/deps/x", "w")),
    "out": attempt(lambda: open("/out/x", "w").close()), "forks": attempt(fork_many),
    "tmp": attempt(lambda: fill("/tmp/x")),
    "ids": [os.getuid(), os.getgid()], "env": sorted(os.environ), "unshare": attempt(unshare),
}))
"""
_MEMORY = "sum(range(20_000_000))\nx = []\nwhile True:\n    x.append(b'x' * (1 << 20))\n"
_STUBBORN = (
    "import os, signal, time\n"
    "for s in (1, 2, 3, 15):\n    signal.signal(s, signal.SIG_IGN)\n"
    "for _ in range(3):\n    os.fork()\n"
    "while True:\n    time.sleep(1)\n"
)
_FLOOD = "while True:\n    print('x' * 4000)\n"
_PROXY = """
import socket
s = socket.create_connection(("127.0.0.1", 3128), 5)
s.sendall(b"CONNECT not-allowed.invalid:443 HTTP/1.1\\r\\n\\r\\n")
print("ANSWER", s.recv(64).split()[1].decode())
"""


@dataclass(frozen=True, slots=True)
class _Result:
    events: list[Event]
    record: Mapping[str, Any]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, LogChunk))

    @property
    def exit(self) -> Exit:
        return next(event for event in self.events if isinstance(event, Exit))

    def hit(self, kind: str) -> bool:
        return any(isinstance(event, LimitHit) and event.kind == kind for event in self.events)


async def _run(session: "LocalSession", name: str, program: str, **settings: Any) -> _Result:
    phase = Phase(name, ["python", "-I", "-S", "-c", program], cwd="/", **{"deadline_seconds": 20.0, **settings})
    events = [event async for event in session.run(phase)]
    return _Result(events, session.last_phase())


async def _measure(provider: "LocalProvider") -> dict[str, Feature]:
    session = await provider.open(SandboxSpec("probe"))
    try:
        small = Limits(processes=48, tmp_bytes=16 * MEBIBYTE)
        results = {
            "look": await _run(session, "look", _LOOK, limits=small),
            "memory": await _run(
                session, "memory", _MEMORY, limits=Limits(memory_bytes=192 * MEBIBYTE, cpus=0.5), deadline_seconds=15.0
            ),
            "deadline": await _run(session, "deadline", _STUBBORN, deadline_seconds=1.5),
            "output": await _run(session, "output", _FLOOD, output_cap_bytes=65536),
            "proxy": await _run(session, "proxy", _PROXY, net="allowlist"),
        }
    finally:
        wiped = await session.wipe()
    return _features(provider, results, wiped)


def _feature(held: bool, tested: str, otherwise: str) -> Feature:
    return Feature(Strength.ENFORCED, tested) if held else Feature(Strength.ABSENT, otherwise)


def _features(provider: "LocalProvider", results: Mapping[str, _Result], wiped: WipeEvidence) -> dict[str, Feature]:
    look = results["look"]
    try:
        seen = json.loads(look.text.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {"boot": Feature(Strength.ABSENT, f"the guest did not start: {look.text.strip()[-300:] or 'no output'}")}
    attempts = {event.host for event in look.events if isinstance(event, NetAttempt) and not event.allowed}
    stubborn, counters = results["deadline"], results["memory"].record["counters"]
    watched = Feature(Strength.ASSERTED, "no control group here; the supervisor measures twice a second and kills")
    memory_limited = results["memory"].hit("memory") and bool(counters.get("oom_kills"))
    return {
        "boot": Feature(Strength.ENFORCED, "a guest ran a program"),
        "network_deny": _feature(
            all(seen["net"]) and bool(seen["dns"]), "connecting and resolving failed", "a connection was possible"
        ),
        "network_attempt_log": _feature(
            {"192.0.2.1", "169.254.169.254"} <= attempts, "both tries were logged", "tries are blocked but not logged"
        ),
        "fqdn_allowlist": _feature(
            "ANSWER 403" in results["proxy"].text,
            "an unlisted host was refused by the proxy",
            "the proxy did not refuse",
        ),
        "read_only": _feature(
            all((seen["usr"], seen["deps"])) and not seen["out"],
            "writing /usr and /deps failed",
            "/usr or /deps writable",
        ),
        "clean_environment": _feature(
            set(seen["env"]) <= {*guest.environment_of(Phase("look", ["python"]), {}), "LC_CTYPE", "PWD"},
            "no variable of the host was seen",
            "host variables were seen",
        ),
        "processes": _feature(
            seen["forks"] == "EAGAIN", "the fork past the limit was refused", "forks were not refused"
        ),
        "tmp_size": _feature(seen["tmp"] == "ENOSPC", "writing past the size of /tmp failed", "/tmp has no bound"),
        "memory": _feature(memory_limited, "a memory bomb was killed by the control group", "no bound held")
        if memory_limited or not results["memory"].hit("memory")
        else watched,
        "cpu": _cpu_feature(results["memory"].record),
        "guest_user": _feature(
            seen["ids"] == [guest.GUEST_UID, guest.GUEST_GID],
            "the guest is an ordinary user",
            "the guest is uid 0 without capabilities, since an ordinary host user can map one uid only",
        ),
        "wall_clock": _feature(
            stubborn.exit.timed_out and stubborn.exit.seconds < 12, "a process deaf to signals was ended", "it ran on"
        ),
        "process_tree_kill": _feature(
            stubborn.record.get("processes_gone") is True, "eight processes were gone after the kill", "some survived"
        ),
        "output_cap": _feature(results["output"].hit("output"), "endless output was cut", "output was not cut"),
        "disk": Feature(Strength.ASSERTED, "single files are bounded; the sum is measured twice a second, then killed"),
        "wipe": _feature(wiped.verified, "overwritten, read back, deleted: best effort", "the wipe was not verified"),
        "encrypted_volume": Feature(Strength.ABSENT, "the volume is a plain folder"),
        "streaming": Feature(Strength.ENFORCED, "output arrives while the guest runs"),
        **provider.extra_features(seen),
    }


def _cpu_feature(record: Mapping[str, Any]) -> Feature:
    if "cpu" not in record["cgroup_limits"]:
        return Feature(Strength.ABSENT, "no control group: CPU time ends with the deadline only")
    if record["counters"].get("throttled_periods"):
        return Feature(Strength.ENFORCED, "the kernel throttled a guest that wanted more than half a CPU")
    return Feature(Strength.ASSERTED, "the control group holds the bound; the kernel reported no throttling")


async def probe_provider(provider: "LocalProvider", unavailable: str, *, refresh: bool) -> Capabilities:
    """Return what a provider does on this machine, stored or tested now (seconds, time-limited)."""
    if unavailable:
        return _capabilities(provider, {"version": "", "binary_sha256": "", "platform": ""}, {}, unavailable, 0.0)
    program = await asyncio.to_thread(provider.describe)
    stored = None if refresh else probe_store.find(provider.root, provider.name, program["binary_sha256"])
    if stored is not None:
        return stored
    started = time.monotonic()
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            features, reason = await _measure(provider), ""
    except TimeoutError:
        features, reason = {}, f"the probe did not end within {PROBE_SECONDS:.0f} s"
    except (OSError, IamaError) as problem:
        features, reason = {}, f"the probe failed: {problem}"
    missing = [name for name in REQUIRED if features.get(name, _MISSING).strength is Strength.ABSENT]
    if not reason and missing:
        reason = "; ".join(features.get(name, _MISSING).how for name in missing if name in features or name == "boot")
    found = _capabilities(provider, program, features, reason, time.monotonic() - started)
    await asyncio.to_thread(probe_store.save, provider.root, found)
    return found


_MISSING = Feature(Strength.ABSENT, "not tested")


def _capabilities(
    provider: "LocalProvider", program: Mapping[str, str], features: Mapping[str, Feature], reason: str, seconds: float
) -> Capabilities:
    return Capabilities(
        provider=provider.name,
        available=not reason,
        reason=reason,
        level=provider.level,
        version=program["version"],
        binary_sha256=program["binary_sha256"],
        platform=program["platform"],
        kernel=platform.release(),
        features=dict(features),
        probed_at=now(),
        seconds=round(seconds, 3),
    )
