"""The filter before any parser over 10,000 files, beside ripgrep's walk over the same files.

Ours is what a snapshot goes through: every name and byte is looked at, in memory, and every decision made. Theirs is
`rg --files`, which lists names and reads no file. Both are whole, warm and in turns; without ripgrep only ours is
printed.
"""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import PAIRS, finish, goal, in_turns, is_small, show_rates
from services.engine.context.admission import admit, has_secret

FILES = 10_000
WALK_GOAL = 3.0
ODD_SHARE = 20
"""One file of so many is none that may be parsed."""


def main() -> int:
    """Measure both sides and print seconds, decisions and the ratio."""
    files = FILES // 20 if is_small() else FILES
    turns = 1 if is_small() else PAIRS
    tree = _tree(files)
    print(f"files: {len(tree)}, {sum(map(len, tree.values())) / 1e6:.1f} MB; decisions: {_decisions(tree)}")
    walker = shutil.which("rg")
    if walker is None:
        ((ours, *_),) = [sorted(values) for values in in_turns([_filtering(tree)], turns)]
        print("ripgrep: skipped, no `rg` on PATH (Debian package ripgrep)")
        return finish(goal("engine_filter", ours, "s", 1.0))
    with tempfile.TemporaryDirectory() as folder:
        _write(tree, Path(folder))
        sides = in_turns([_filtering(tree), _walking(walker, folder)], turns)
    rates = [
        show_rates(name, [files / seconds for seconds in values], "files/s")
        for name, values in zip(("filter, every byte", "rg --files"), sides, strict=True)
    ]
    return finish(goal("engine_filter", rates[1] / rates[0], "x the walk", WALK_GOAL))


def _tree(files: int) -> dict[str, bytes]:
    """Return modules of about four kilobytes in folders of a hundred, and some files of each refused kind."""
    chance = random.Random(7)
    body = "".join(
        f"def work_{number}(value, other=None):\n    return value + {number} if other else None\n\n\n"
        for number in range(50)
    )
    odd: list[tuple[str, bytes]] = [
        ("data.bin", chance.randbytes(4000)),
        ("module.pyc", chance.randbytes(2000)),
        ("app.min.js", b"var a;" * 500),
        ("long.py", b"x = '" + b"a" * 30_000 + b"'\n"),
        ("packed.py", chance.randbytes(8000).replace(b"\0", b"\1")),
    ]
    tree: dict[str, bytes] = {}
    for number in range(files):
        folder = f"pkg{number // 100}"
        name, content = odd[number // ODD_SHARE % len(odd)]
        is_odd = number % ODD_SHARE == 0
        path = f"{folder}/{number}_{name}" if is_odd else f"{folder}/module_{number}.py"
        tree[path] = content if is_odd else f'"""Module {number}."""\n\n{body}'.encode()
    return tree


def _decisions(tree: dict[str, bytes]) -> str:
    found = Counter(item.reason_code for item in admit(tree, ["."]).blocked.values())
    return ", ".join(f"{code} {count}" for code, count in sorted(found.items()))


def _filtering(tree: dict[str, bytes]) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        admit(tree, ["."])
        for content in tree.values():
            has_secret(content)
        return time.perf_counter() - began

    return run


def _walking(walker: str, folder: str) -> Callable[[], float]:
    def run() -> float:
        began = time.perf_counter()
        subprocess.run([walker, "--files", "--hidden", folder], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    return run


def _write(tree: dict[str, bytes], folder: Path) -> None:
    for path, content in tree.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
