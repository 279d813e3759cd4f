"""Pythons of this machine that a guest may run: found, asked for their version, chosen by `requires-python`."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from services.sandbox.errors import IsolationBelowPolicyError, SandboxUnavailableError
from services.sandbox.port import Interpreter

OLDEST = (3, 8)
"""Older Pythons cannot run the test tools that the proof needs."""

ASK_SECONDS = 10

_QUESTION = (
    "import json,os,sys;"
    "print(json.dumps(['.'.join(map(str, sys.version_info[:3])), os.path.realpath(sys.executable), sys.base_prefix,"
    " sys.implementation.name]))"
)


def _candidates(home: Path) -> Iterable[Path]:
    """List files that may be Pythons: the system's, this one, and those of common version managers."""
    yield from sorted(Path("/usr/bin").glob("python3.[0-9]*"))
    yield from sorted(Path("/usr/local/bin").glob("python3.[0-9]*"))
    yield Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv")
    managers = [
        pyenv / "versions",
        home / ".local/share/uv/python",
        Path("/opt/python"),
        home / ".local/share/mise/installs/python",
    ]
    for manager in managers:
        if os.access(manager, os.R_OK | os.X_OK):
            yield from sorted(manager.glob("*/bin/python3.[0-9]*"))


def _ask(path: Path) -> Interpreter | None:
    """Start a Python of the host, isolated and with an empty environment; None when it is not a usable one."""
    if path.name.endswith("-config") or not os.access(path, os.X_OK):
        return None
    try:
        answer = subprocess.run(
            [str(path), "-I", "-S", "-c", _QUESTION], env={}, capture_output=True, timeout=ASK_SECONDS, check=True
        )
        version, executable, prefix, implementation = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if implementation != "cpython" or Version(version).release[:2] < OLDEST:
        return None
    return Interpreter(version, executable, prefix)


@lru_cache(maxsize=4)
def find_interpreters(home: Path | None = None) -> tuple[Interpreter, ...]:
    """Return every usable interpreter that this process can read, newest first, each version once.

    The system's own comes before another of the same version, since `/usr` is bound anyway.
    """
    found: dict[str, Interpreter] = {}
    seen: set[Path] = set()
    for path in _candidates(home or Path.home()):
        real = path.resolve()
        if real in seen:
            continue
        seen.add(real)
        interpreter = _ask(path)
        if interpreter is not None:
            found.setdefault(interpreter.version, interpreter)
    return tuple(sorted(found.values(), key=lambda item: Version(item.version), reverse=True))


def choose_interpreter(
    interpreters: Sequence[Interpreter], requires_python: str = "", preferred: str | None = None
) -> Interpreter:
    """Return the interpreter a project should run on.

    Order: the preferred `major.minor`, the version this product runs on, then the newest that satisfies
    `requires_python`.

    Raises:
        IsolationBelowPolicyError: none fits; `data.found` lists the versions there are.
    """
    if not interpreters:
        raise SandboxUnavailableError(sentence="No Python that a sandbox could run was found on this machine.")
    try:
        accepted = SpecifierSet(requires_python)
    except InvalidSpecifier:
        accepted = SpecifierSet()
    fitting = [item for item in interpreters if accepted.contains(item.version, prereleases=True)]
    if not fitting:
        versions = [item.version for item in interpreters]
        unmet = [f"the project asks for Python {requires_python}; this machine has {', '.join(versions)}"]
        raise IsolationBelowPolicyError(
            sentence=f"No Python on this machine satisfies {requires_python!r}.", unmet=unmet, found=versions
        )
    wanted = [preferred, f"{sys.version_info[0]}.{sys.version_info[1]}"]
    for short in wanted:
        match = next((item for item in fitting if short and _short(item.version) == short), None)
        if match is not None:
            return match
    return fitting[0]


def _short(version: str) -> str:
    return ".".join(version.split(".")[:2])
