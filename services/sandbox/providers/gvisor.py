"""gVisor: one foreground `runsc run` per phase, without a network device; the embedded default."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any

from services.sandbox import guest, index_settings, probe
from services.sandbox.files import Owner
from services.sandbox.port import Capabilities, Interpreter, IsolationLevel, Limits, Phase
from services.sandbox.providers.local import LocalProvider
from services.sandbox.strace_log import AttemptLog
from services.sandbox.supervision import Launch
from services.sandbox.volume import Volume

OLDEST_RELEASE = 20240101
"""Older builds lack the systrap platform and years of fixes; they count as not installed."""

PLATFORM = "systrap"
VERSION_SECONDS = 10
_TRACE = ("--debug", "--strace", "--strace-syscalls=connect,sendto,sendmsg,sendmmsg")


@lru_cache(maxsize=8)
def _identify(binary: str, changed: int) -> tuple[str, str]:
    """Return version and SHA-256 of a binary; `changed` (ns) makes a replaced file a new question."""
    del changed
    answer = subprocess.run([binary, "--version"], env={}, capture_output=True, text=True, timeout=VERSION_SECONDS)
    first = answer.stdout.splitlines()[0] if answer.stdout else ""
    return first.removeprefix("runsc version ").strip(), hashlib.sha256(Path(binary).read_bytes()).hexdigest()


def release_of(version: str) -> int:
    """Return the release date in a version text as a number, 0 when there is none."""
    match = re.search(r"20\d{6}", version)
    return int(match.group()) if match else 0


class GvisorProvider(LocalProvider):
    """Guests meet gVisor's kernel in user space instead of the host's."""

    name = "gvisor"
    level = IsolationLevel.USERSPACE_KERNEL

    def __init__(self, root: Path, binary: str | None = None) -> None:
        super().__init__(root)
        self.binary = binary or os.environ.get("RUNSC_PATH") or shutil.which("runsc", path=_search_path()) or ""
        self.rootless = os.geteuid() != 0

    def unavailable_reason(self) -> str:
        """Return why this provider cannot be tried at all, or an empty text."""
        if not self.binary or not Path(self.binary).is_file():
            return "runsc is not installed; as root on Debian: sh scripts/install_runsc.sh"
        version = self.describe()["version"]
        if release_of(version) < OLDEST_RELEASE:
            return f"runsc {version or 'of unknown version'} is too old; as root on Debian: sh scripts/install_runsc.sh"
        return ""

    def volume_owner(self, session_ref: str) -> Owner | None:
        """Guest files belong to uid 1000 when we are root, else to the supervisor's user."""
        del session_ref
        return None if self.rootless else (guest.GUEST_UID, guest.GUEST_GID)

    def guest_identity(self) -> tuple[int, int]:
        """Guests are uid 1000; rootless they are uid 0 without a capability, the only one a single mapping offers."""
        return (0, 0) if self.rootless else (guest.GUEST_UID, guest.GUEST_GID)

    def describe(self) -> dict[str, str]:
        """Return version, binary hash and platform of runsc."""
        version, digest = _identify(self.binary, Path(self.binary).stat().st_mtime_ns)
        mode = " (rootless)" if self.rootless else ""
        return {"version": version, "binary_sha256": digest, "platform": f"{PLATFORM}{mode}"}

    async def probe(self, *, refresh: bool = False) -> Capabilities:
        """Boot one and test it, or return the stored result for the same binary and kernel boot."""
        return await probe.probe_provider(self, self.unavailable_reason(), refresh=refresh)

    def prepare(self, volume: Volume, interpreter: Interpreter, phase: Phase, number: int) -> Launch:
        """Write the OCI bundle of one phase."""
        bundle = volume.path("runtime") / f"phase-{number}"
        state = bundle / "state"
        log = volume.path("log") / f"runsc-{number}"
        for folder in (bundle, state, log):
            folder.mkdir()
        config = oci_config(volume, interpreter, phase, self.guest_identity())
        (bundle / "config.json").write_text(json.dumps(config), encoding="utf-8")
        container = f"p{number}-{volume.ref[-8:]}"
        base = [*self._wrapper(), self.binary, "--root", str(state), *_flags(phase, log)]
        plan = {
            "argv": [*base, "run", "--bundle", str(bundle), container],
            "env": {"PATH": _search_path()},
            "rlimits": {"RLIMIT_CORE": 0},
        }
        attempts = AttemptLog(log)

        def tidy() -> None:
            shutil.rmtree(state, ignore_errors=True)

        return Launch(plan, bundle / "plan.json", (), attempts.read, tidy)

    def _wrapper(self) -> list[str]:
        """Return the prefix that gives an ordinary user a user namespace of its own, which runsc needs."""
        if not self.rootless:
            return []
        return [shutil.which("unshare") or "/usr/bin/unshare", "--user", "--map-root-user", "--"]


def _search_path() -> str:
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _flags(phase: Phase, log: Path) -> list[str]:
    flags = [f"--platform={PLATFORM}", "--network=none", "--ignore-cgroups", "--overlay2=none"]
    if phase.net == "allowlist":
        return [*flags, "--host-uds=open"]
    return [*flags, *_TRACE, f"--debug-log={log}/"]


def _rlimits(limits: Limits) -> list[dict[str, Any]]:
    values = {
        "RLIMIT_NPROC": limits.processes,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_CORE": 0,
    }
    return [{"type": name, "hard": value, "soft": value} for name, value in values.items()]


def _mounts(volume: Volume, interpreter: Interpreter, phase: Phase) -> list[dict[str, Any]]:
    def tmpfs(target: str, size: int, mode: str = "1777") -> dict[str, Any]:
        options = ["nosuid", "nodev", f"mode={mode}", f"size={size}"]
        return {"destination": target, "type": "tmpfs", "source": "tmpfs", "options": options}

    mounts: list[dict[str, Any]] = [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
        tmpfs("/dev/shm", phase.limits.tmp_bytes // 4),
        tmpfs("/tmp", phase.limits.tmp_bytes),
    ]
    for bind in guest.binds_of(volume, interpreter, phase, index_settings.python_settings().local):
        options = ["bind", "rw" if bind.writable else "ro", "nosuid", "nodev"]
        mounts.append({"destination": bind.target, "type": "bind", "source": str(bind.source), "options": options})
    mounts += [tmpfs(folder, 4096, "755") for folder in guest.foreign_package_folders(interpreter)]
    return mounts


def oci_config(volume: Volume, interpreter: Interpreter, phase: Phase, identity: tuple[int, int]) -> dict[str, Any]:
    """Return the OCI runtime configuration of one phase."""
    environment = guest.environment_of(phase, index_settings.guest_variables(index_settings.python_settings()))
    return {
        "ociVersion": "1.0.2",
        "hostname": "sandbox",
        "process": {
            "terminal": False,
            "user": {"uid": identity[0], "gid": identity[1]},
            "args": guest.command_of(phase),
            "env": [f"{name}={value}" for name, value in environment.items()],
            "cwd": phase.cwd,
            "capabilities": {kind: [] for kind in ("bounding", "effective", "inheritable", "permitted", "ambient")},
            "noNewPrivileges": True,
            "rlimits": _rlimits(phase.limits),
        },
        "root": {"path": str(volume.path("rootfs")), "readonly": True},
        "mounts": _mounts(volume, interpreter, phase),
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")]},
    }
