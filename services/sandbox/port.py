"""The port of the execution plane: what a provider promises, in types. Nothing here runs anything."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from services.core.tree import Tree

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE
GIBIBYTE = 1024 * MEBIBYTE

Network = Literal["deny", "allowlist"]
LimitKind = Literal["output", "memory", "disk", "network"]


class IsolationLevel(StrEnum):
    """Boundary between guest and host, strongest first; `rank` orders them."""

    MICROVM = "MICROVM"
    USERSPACE_KERNEL = "USERSPACE_KERNEL"
    SHARED_KERNEL = "SHARED_KERNEL"

    @property
    def rank(self) -> int:
        """Return 3 for the strongest level, 1 for the weakest."""
        return {"MICROVM": 3, "USERSPACE_KERNEL": 2, "SHARED_KERNEL": 1}[self.value]


class Strength(StrEnum):
    """How far a feature can be trusted: tested here, claimed by an operator, or missing."""

    ENFORCED = "enforced"
    ASSERTED = "asserted"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a provider on this machine, with the test (or the reason) behind the word."""

    strength: Strength
    how: str


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that guests may run; `prefix` is bound read-only at the same path."""

    version: str
    executable: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one phase; bytes, counts, and CPUs as a fraction of one core."""

    memory_bytes: int = 2 * GIBIBYTE
    cpus: float = 2.0
    processes: int = 256
    open_files: int = 4096
    file_bytes: int = GIBIBYTE
    tmp_bytes: int = 512 * MEBIBYTE
    disk_bytes: int = 4 * GIBIBYTE
    egress_bytes: int = 2 * GIBIBYTE


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """What a session needs before anything runs.

    Args:
        job_id: shown in logs and in the attestation; never a path.
        requires_python: a PEP 440 specifier, e.g. `>=3.9`; empty accepts any.
        preferred_python: `major.minor` tried first when it fits.
        ref: reference of the session, a UUID that nobody used before, so that it can be written down before anything
            is made; empty lets the provider choose one.
    """

    job_id: str
    requires_python: str = ""
    preferred_python: str | None = None
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """One command of a session.

    Args:
        env: added to the guest's own environment; nothing of the host's is ever inherited.
        cwd: absolute guest path.
        net: `deny` has no network device; `allowlist` reaches package hosts through the egress proxy only.
        deps_writable: whether `/deps` can be written; by default exactly in phases with a network.
        output_cap_bytes: output kept; the next byte ends the phase.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = "/workspace"
    net: Network = "deny"
    limits: Limits = field(default_factory=Limits)
    deadline_seconds: float = 900.0
    output_cap_bytes: int = 4 * MEBIBYTE
    deps_writable: bool | None = None

    @property
    def may_write_deps(self) -> bool:
        """Say whether `/deps` is writable in this phase."""
        return self.net == "allowlist" if self.deps_writable is None else self.deps_writable


@dataclass(frozen=True, slots=True)
class LogChunk:
    """Output as it came (stdout and stderr in one stream), control characters made harmless."""

    text: str


@dataclass(frozen=True, slots=True)
class NetAttempt:
    """A connection the guest tried; `port` 0 means unknown."""

    host: str
    port: int
    allowed: bool


@dataclass(frozen=True, slots=True)
class LimitHit:
    """A bound that ended or hampered the phase."""

    kind: LimitKind


@dataclass(frozen=True, slots=True)
class Exit:
    """The last event of every phase: the command's status, 128+N when signal N ended it, 137 when we killed it."""

    code: int
    timed_out: bool
    seconds: float


Event = LogChunk | NetAttempt | LimitHit | Exit


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one provider was found to do on this machine; `available` False carries the reason."""

    provider: str
    available: bool
    reason: str
    level: IsolationLevel
    version: str
    binary_sha256: str
    platform: str
    kernel: str
    features: Mapping[str, Feature]
    probed_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class WipeEvidence:
    """What was done to erase a session and how that was checked.

    `method` is `best-effort` here: files are overwritten and deleted, which says nothing about copies that a file
    system or disk keeps elsewhere.
    """

    session_ref: str
    verified: bool
    method: str
    files: int
    bytes_overwritten: int
    checks: Mapping[str, bool]
    detail: Mapping[str, Any]
    seconds: float
    wiped_at: datetime
    evidence_hash: str


class Session(Protocol):
    """One guest volume and the phases that run on it."""

    ref: str
    provider_name: str
    interpreter: Interpreter

    async def put(self, tree: Tree, dest: str = "workspace", *, replace: bool = False) -> None:
        """Write files below `/workspace` or `/tools`; `replace` empties the folder first."""
        ...

    def run(self, phase: Phase) -> AsyncIterator[Event]:
        """Run one command and stream its events; the last one is always `Exit`."""
        ...

    async def collect(self, globs: Sequence[str], max_bytes: int = 64 * MEBIBYTE) -> dict[str, bytes]:
        """Read regular files by glob (`out/**/*.xml`, `workspace/pkg/*.py`), keyed by path from the guest's root."""
        ...

    async def wipe(self) -> WipeEvidence:
        """Kill what runs, erase the volume, check it. Repeatable."""
        ...

    def attestation(self) -> dict[str, Any]:
        """Describe what was enforced in this session, as plain JSON data."""
        ...


class Provider(Protocol):
    """A kind of sandbox on this machine."""

    name: str
    level: IsolationLevel

    async def probe(self, *, refresh: bool = False) -> Capabilities:
        """Boot one and test it, or return the stored result for the same binary and kernel boot."""
        ...

    async def open(self, spec: SandboxSpec) -> Session:
        """Create the volume of a session; nothing runs yet."""
        ...

    async def attach(self, session_ref: str) -> Session:
        """Re-open a session of this machine, whichever process made it."""
        ...
