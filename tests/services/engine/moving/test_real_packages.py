"""Moves in published packages: every module still imports, and no name is left undefined."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from ruff import find_ruff_bin

from services.engine.moving.operations import FoldModule, MoveOptions, MoveSymbols, RenameModule
from tests.services.engine.running import operation_on, planned
from tests.support.real_packages import PACKAGES, fetch

EVERYTHING = MoveOptions(tests=True, docs=True)
SMOKE = """
import importlib, sys
sys.path.insert(0, "src")
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def source_of(name: str) -> dict[str, bytes]:
    """Return the text files of a source distribution."""
    found: dict[str, bytes] = {}
    with tarfile.open(fetch(PACKAGES[name])) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None and member.name.endswith((".py", ".pyi", ".toml", ".md", ".rst")):
                found[member.name.partition("/")[2]] = stream.read()
    return found


def undefined(tree: dict[str, bytes], folder: Path) -> int:
    """Write the tree and count names that nothing defines, and `__all__` entries without a name."""
    for path, content in tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    options = ["--isolated", "--no-cache", "--exit-zero", "--select=F821,F822", "--output-format=json"]
    done = subprocess.run([find_ruff_bin(), "check", *options, str(folder)], capture_output=True, check=True)
    return len(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("package", "model", "path", "fields"),
    [
        (
            "click",
            MoveSymbols,
            "src/click/termui.py",
            {"symbols": ["secho", "style"], "new_path": "src/click/colour.py"},
        ),
        ("click", MoveSymbols, "src/click/utils.py", {"symbols": ["make_str"], "new_path": "src/click/_text.py"}),
        ("click", RenameModule, "src/click/utils.py", {"new_path": "src/click/helpers/tools.py"}),
        ("click", FoldModule, "src/click/_textwrap.py", {"new_path": "src/click/formatting.py"}),
        ("attrs", MoveSymbols, "src/attr/filters.py", {"symbols": ["include"], "new_path": "src/attr/_include.py"}),
        ("attrs", RenameModule, "src/attr/validators.py", {"new_path": "src/attr/checks.py"}),
    ],
)
class TestRealPackages:
    def test_import_as_before(
        self, package: str, model: type, path: str, fields: dict[str, object], tmp_path: Path
    ) -> None:
        before = source_of(package)

        after, edits = planned(before, operation_on(model, before, path, options=EVERYTHING, **fields))

        assert edits.contents
        assert undefined(after, tmp_path / "after") == undefined(before, tmp_path / "before")
        modules = {
            item.removeprefix("src/").removesuffix(".py").replace("/", ".").removesuffix(".__init__")
            for item in after
            if item.startswith("src/") and item.endswith(".py") and "_winconsole" not in item
        }
        command = [sys.executable, "-B", "-c", SMOKE, *sorted(modules)]
        subprocess.run(command, cwd=tmp_path / "after", check=True)
