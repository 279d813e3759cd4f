"""What gVisor and bubblewrap share: sessions on a host folder, one foreground program per phase, and their evidence."""

import asyncio
import hashlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.core.clock import now
from services.core.tree import Tree
from services.sandbox import allowlist, guest
from services.sandbox.attestation import SessionFacts, attest
from services.sandbox.cgroup import Cgroup, open_cgroup, reopen_cgroup
from services.sandbox.egress_proxy import EgressProxy
from services.sandbox.errors import PhaseRefusedError
from services.sandbox.files import Owner
from services.sandbox.index_settings import python_settings
from services.sandbox.interpreter import choose_interpreter, find_interpreters
from services.sandbox.port import (
    MEBIBYTE,
    Capabilities,
    Event,
    Exit,
    Feature,
    Interpreter,
    IsolationLevel,
    LimitHit,
    NetAttempt,
    Phase,
    SandboxSpec,
    WipeEvidence,
)
from services.sandbox.supervision import Launch, Supervisor
from services.sandbox.volume import Volume, create_volume, find_volume
from services.sandbox.wipe import wipe_volume

MAX_ARGUMENTS = 4096


class LocalProvider(ABC):
    """A sandbox program of this machine, driven by a launcher plan per phase."""

    name: str
    level: IsolationLevel

    def __init__(self, root: Path) -> None:
        self.root = root

    @abstractmethod
    def volume_owner(self, session_ref: str) -> Owner | None:
        """Return the host uid and gid that a session's guest files belong to; None keeps the supervisor's."""

    @abstractmethod
    def guest_identity(self) -> tuple[int, int]:
        """Return uid and gid as the guest sees itself."""

    @abstractmethod
    def prepare(self, volume: Volume, interpreter: Interpreter, phase: Phase, number: int) -> Launch:
        """Write what the sandbox program needs for one phase and describe its start."""

    @abstractmethod
    def describe(self) -> dict[str, str]:
        """Return version, binary hash and platform of the sandbox program."""

    @abstractmethod
    async def probe(self, *, refresh: bool = False) -> Capabilities:
        """Test the provider on this machine."""

    def extra_features(self, seen: Mapping[str, Any]) -> dict[str, Feature]:
        """Return features only this kind of provider has; `seen` is what the probe's guest printed."""
        del seen
        return {}

    def interpreters(self) -> Sequence[Interpreter]:
        """Return the Pythons a guest of this provider can run."""
        return find_interpreters()

    async def open(self, spec: SandboxSpec) -> "LocalSession":
        """Create the volume of a session; nothing runs yet."""
        return await asyncio.to_thread(self._open, spec)

    async def attach(self, session_ref: str) -> "LocalSession":
        """Re-open a session of this machine."""
        return await asyncio.to_thread(self._attach, session_ref)

    def _open(self, spec: SandboxSpec) -> "LocalSession":
        interpreter = choose_interpreter(self.interpreters(), spec.requires_python, spec.preferred_python)
        volume = create_volume(self.root, self.volume_owner, spec.ref)
        points = [*guest.interpreter_mounts(interpreter), *(str(folder) for folder in python_settings().local)]
        guest.prepare_root(volume, interpreter, points, *self.guest_identity())
        record = {
            "provider": self.name,
            "spec": asdict(spec),
            "interpreter": asdict(interpreter),
            "opened_at": now().isoformat(),
            "phases": [],
        }
        volume.write_record(record)
        return LocalSession(self, volume, interpreter)

    def _attach(self, session_ref: str) -> "LocalSession":
        volume = find_volume(self.root, session_ref, self.volume_owner(session_ref))
        return LocalSession(self, volume, Interpreter(**volume.read_record()["interpreter"]))


class LocalSession:
    """One guest volume on this machine and the phases that run on it."""

    def __init__(self, provider: LocalProvider, volume: Volume, interpreter: Interpreter) -> None:
        self.ref = volume.ref
        self.provider_name = provider.name
        self.interpreter = interpreter
        self._provider = provider
        self._volume = volume

    async def put(self, tree: Tree, dest: str = "workspace", *, replace: bool = False) -> None:
        """Write files below `/workspace` or `/tools`; `replace` empties the folder first."""
        await asyncio.to_thread(self._volume.put, tree, dest, replace=replace)

    async def collect(self, globs: Sequence[str], max_bytes: int = 64 * MEBIBYTE) -> dict[str, bytes]:
        """Read regular files of `/workspace` and `/out` by glob, keyed by path from the guest's root."""
        return await asyncio.to_thread(self._volume.collect, globs, max_bytes)

    async def run(self, phase: Phase) -> AsyncGenerator[Event, None]:
        """Run one command and stream its events; the last is `Exit`. Close the iterator to kill it early.

        Raises:
            PhaseRefusedError: an empty command or one that is not plain text.
            SandboxUnavailableError: another process is running a phase of this session.
        """
        _check(phase)
        lock = self._volume.lock()
        number = len(self._volume.read_record()["phases"]) + 1
        cgroup = open_cgroup(f"iama-{self.ref[-12:]}-{number}", phase.limits)
        entry = _entry_of(phase, cgroup)
        try:
            self._record(entry)
            async with aclosing(self._supervised(phase, cgroup, number, entry)) as events:
                async for event in events:
                    _note(entry, event)
                    yield event
        finally:
            entry["ended_at"] = now().isoformat()
            entry["counters"] = cgroup.counters() if cgroup is not None else {}
            entry["cgroup_removed"] = cgroup is None or await asyncio.to_thread(cgroup.remove)
            self._record(entry, last=True)
            os.close(lock)

    async def _supervised(
        self, phase: Phase, cgroup: Cgroup | None, number: int, entry: dict[str, Any]
    ) -> AsyncGenerator[Event, None]:
        launch = await asyncio.to_thread(self._provider.prepare, self._volume, self.interpreter, phase, number)
        supervisor = Supervisor(launch, phase, cgroup, self._volume.guest_paths())
        log = self._volume.path("log") / f"egress-{number}.jsonl"
        try:
            async with AsyncExitStack() as stack:
                if phase.net == "allowlist":
                    allowed = await asyncio.to_thread(allowlist.effective_endpoints)
                    proxy = EgressProxy(allowed, log, phase.limits.egress_bytes, supervisor.report)
                    await stack.enter_async_context(proxy.listening(self._volume.path("sock")))
                events = await stack.enter_async_context(aclosing(supervisor.events()))
                async for event in events:
                    yield event
        finally:
            entry["processes_gone"] = supervisor.all_gone
            if log.is_file():
                entry["egress_log_sha256"] = hashlib.sha256(log.read_bytes()).hexdigest()

    async def wipe(self) -> WipeEvidence:
        """Kill what runs, erase the volume, check it. A second call returns the stored evidence."""
        return await asyncio.to_thread(wipe_volume, self._volume, self._recorded_cgroups())

    def attestation(self) -> dict[str, Any]:
        """Describe what was enforced in this session, as plain JSON data."""
        record = self._volume.read_record()
        facts = SessionFacts(self.ref, self.provider_name, self._provider.level, record, self._provider.describe())
        return attest(facts, self._provider.root)

    def last_phase(self) -> dict[str, Any]:
        """Return the record of the phase that ran last."""
        phase: dict[str, Any] = self._volume.read_record()["phases"][-1]
        return phase

    def _recorded_cgroups(self) -> list[Cgroup]:
        return recorded_cgroups(self._volume)

    def _record(self, entry: dict[str, Any], *, last: bool = False) -> None:
        record = self._volume.read_record()
        record["phases"][-1 if last else len(record["phases"]) :] = [entry]
        self._volume.write_record(record)


def recorded_cgroups(volume: Volume) -> list[Cgroup]:
    """Return the control groups that phases of a session made and that may still exist."""
    try:
        phases = volume.read_record()["phases"]
    except (OSError, json.JSONDecodeError, KeyError):
        return []
    return [reopen_cgroup(phase["cgroup"]) for phase in phases if phase.get("cgroup")]


def _check(phase: Phase) -> None:
    texts = [*phase.argv, phase.cwd, *phase.env, *phase.env.values()]
    if not phase.argv or len(phase.argv) > MAX_ARGUMENTS or any("\0" in text for text in texts):
        raise PhaseRefusedError(sentence="The phase has no command, or one that cannot be passed on.")
    if not phase.cwd.startswith("/") or phase.deadline_seconds <= 0 or phase.output_cap_bytes < 0:
        raise PhaseRefusedError(sentence="The phase's folder, deadline or output bound is not usable.")


def _entry_of(phase: Phase, cgroup: Cgroup | None) -> dict[str, Any]:
    return {
        "name": phase.name,
        "argv": list(phase.argv)[:32],
        "net": phase.net,
        "deps_writable": phase.may_write_deps,
        "limits": asdict(phase.limits),
        "deadline_seconds": phase.deadline_seconds,
        "output_cap_bytes": phase.output_cap_bytes,
        "cgroup": cgroup.record() if cgroup is not None else {},
        "cgroup_limits": sorted(cgroup.enforced) if cgroup is not None else [],
        "started_at": now().isoformat(),
        "attempts": {"allowed": 0, "refused": 0},
        "limit_hits": [],
        "exit": None,
    }


def _note(entry: dict[str, Any], event: Event) -> None:
    match event:
        case NetAttempt(allowed=allowed):
            entry["attempts"]["allowed" if allowed else "refused"] += 1
        case LimitHit(kind=kind):
            entry["limit_hits"].append(kind)
        case Exit():
            entry["exit"] = asdict(event)
