"""Stand-alone start program of a sandbox: `python -I -S launcher.py PLAN.json`, then it becomes the sandbox binary.

A separate program instead of a hook between fork and exec, because the supervisor has threads. It must not import
anything of the product. The plan is a JSON object; every step is optional but `argv`:
`parent` expected parent pid, `cgroups` files to enter, `rlimits`, `stage` private mounts, `uid`/`gid` to become.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_NOSUID, MS_NODEV = 1, 2, 4
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> None:
    """Turn a failed libc call into an OSError."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def die_with_parent(parent: int) -> None:
    """Ask for SIGKILL when the supervisor's thread ends; leave at once when it is already gone."""
    checked(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    if parent and os.getppid() != parent:
        sys.exit(125)


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """Call mount(2)."""
    arguments = [value.encode() if value is not None else None for value in (source, target, kind)]
    checked(libc.mount(*arguments, flags, data.encode() if data else None), f"mount {target}")


def stage(plan: dict[str, Any]) -> None:
    """Bind each source to a neutral place in a private mount namespace.

    An unprivileged process can then reach them although they lie under a folder it may not enter.
    """
    checked(libc.unshare(CLONE_NEWNS), "unshare")
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", plan["at"], "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    for source, name in plan["binds"]:
        target = Path(plan["at"]) / name
        if Path(source).is_dir():
            target.mkdir()
        else:
            target.touch()
        mount(source, str(target), None, MS_BIND | MS_REC)


def become(uid: int, gid: int) -> None:
    """Give up root for good."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def main() -> None:
    """Follow the plan and turn into the sandbox binary."""
    plan = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    for path in plan.get("cgroups", ()):
        Path(path).write_text(str(os.getpid()), "ascii")
    if "stage" in plan:
        stage(plan["stage"])
    for name, value in plan.get("rlimits", {}).items():
        resource.setrlimit(getattr(resource, name), (value, value))
    if "uid" in plan:
        become(plan["uid"], plan["gid"])
    die_with_parent(plan.get("parent", 0))
    os.execve(plan["argv"][0], plan["argv"], plan.get("env", {}))


if __name__ == "__main__":
    main()
