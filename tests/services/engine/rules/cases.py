"""Golden cases of rule sets: sources before and after, hazards, and what the program prints."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "golden" / "engine" / "rules"


@dataclass(frozen=True)
class Case:
    """`after` holds every file; `prints` is what the program printed before, where this Python cannot run it."""

    goal: str
    level: str
    hazards: tuple[str, ...]
    runs: str
    before: dict[str, bytes]
    after: dict[str, bytes]
    prints: str | None


def read_case(path: Path) -> Case:
    """Read settings, then sections `=== before FILE`, `=== after FILE`, `=== prints`."""
    head, *sections = path.read_text("utf-8").split("=== ")
    settings = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    sides: dict[str, dict[str, bytes]] = {"before": {}, "after": {}, "prints": {}}
    for section in sections:
        title, _, body = section.partition("\n")
        side, _, name = title.partition(" ")
        sides[side][name] = body.encode()
    hazards = tuple(settings.get("hazards", "").split(", ")) if settings.get("hazards") else ()
    before, after = sides["before"], {**sides["before"], **sides["after"]}
    prints = sides["prints"][""].decode() if sides["prints"] else None
    return Case(settings["goal"], settings["level"], hazards, settings.get("runs", ""), before, after, prints)


def output_of(tree: dict[str, bytes], main: str, folder: Path) -> str:
    """Run a file of a tree in a process of its own and return what it prints; fails when the program does."""
    for path, content in tree.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    done = subprocess.run([sys.executable, "-B", main], cwd=folder, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()
