"""The account PostgreSQL runs as: it refuses root, so root starts it as an ordinary user without giving data away.

First choice is a user namespace that maps root to an ordinary id: files stay root's and may lie below 0700 folders.
Where the kernel forbids that, the account `nobody` is used and made owner of the server's files.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_MAPPED_ID = "1000"


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """Words put before a server's command line, and who must own its files (None: nobody else)."""

    prefix: tuple[str, ...] = ()
    owner: str | None = None

    def hand_over(self, *paths: Path) -> None:
        """Make the account owner of the paths and what lies below them, where it is another account."""
        if self.owner is None:
            return
        group = pwd.getpwnam(self.owner).pw_gid
        for path in paths:
            for entry in (path, *path.rglob("*")) if path.is_dir() else (path,):
                shutil.chown(entry, self.owner, group)


@cache
def server_account() -> ServerAccount:
    """Choose the account once per process; an ordinary user needs none."""
    if os.geteuid() != 0:
        return ServerAccount()
    mapped = ("unshare", "--user", f"--map-user={_MAPPED_ID}", f"--map-group={_MAPPED_ID}", "--")
    if shutil.which("unshare") and _works(mapped):
        return ServerAccount(prefix=mapped)
    return ServerAccount(prefix=_as_nobody(), owner="nobody")


def _works(prefix: tuple[str, ...]) -> bool:
    answer = subprocess.run([*prefix, "id", "-u"], capture_output=True, text=True, check=False)
    return answer.stdout.strip() == _MAPPED_ID


def _as_nobody() -> tuple[str, ...]:
    group = str(pwd.getpwnam("nobody").pw_gid)
    return ("setpriv", "--reuid=nobody", f"--regid={group}", "--clear-groups", "--pdeathsig", "INT", "--")
