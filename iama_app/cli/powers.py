"""What a process started as root may keep: the web process reads and writes files, and nothing else that root can do.

Its user stays root, because Python, the code and the data folder may lie where only root can look; so this takes the
kernel's powers away (mounts, modules, raw sockets, tracing, other users), not the ownership of root's files.
"""

import os
import shutil
import subprocess
from functools import cache

KEPT = ("dac_override", "dac_read_search", "net_bind_service")
"""Files of other users (local repositories), and a port below 1024."""


@cache
def fewer_powers() -> tuple[str, ...]:
    """Return the words put before the web process's command; none for an ordinary user or where the tool is missing."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return ()
    kept = ",".join(["-all", *(f"+{name}" for name in KEPT)])
    words = ("setpriv", "--inh-caps=-all", f"--bounding-set={kept}", "--no-new-privs", "--")
    return words if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0 else ()
