"""What the project's own configuration files say about tests and packages. Broken files read as empty."""

import configparser
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.core.tree import Tree

DEFAULT_TEST_FILES = ("test_*.py", "*_test.py")
ROOT_MARKERS = ("pyproject.toml", "setup.cfg", "setup.py", "pytest.ini", ".pytest.ini", "tox.ini")


@dataclass(frozen=True, slots=True)
class PytestConfig:
    """The pytest section that pytest itself would read; `path` is None where there is none."""

    path: str | None = None
    addopts: tuple[str, ...] = ()
    testpaths: tuple[str, ...] = ()
    python_files: tuple[str, ...] = DEFAULT_TEST_FILES
    python_path: tuple[str, ...] = ()
    required_plugins: tuple[str, ...] = ()
    keys: frozenset[str] = field(default_factory=frozenset)


def join(root: str, path: str) -> str:
    """Join a root (`.` for the top) and a path below it, without a leading `./`."""
    path = path.strip("/").removeprefix("./") or "."
    if path == ".":
        return root
    return path if root == "." else f"{root}/{path}"


def project_root(tree: Tree, scope: str) -> str:
    """Return the nearest folder at or above `scope` that carries a project file; the top when none does."""
    folder = scope.strip("/") or "."
    if folder in tree:
        folder = folder.rpartition("/")[0] or "."
    while folder != ".":
        if any(join(folder, marker) in tree for marker in ROOT_MARKERS):
            return folder
        folder = folder.rpartition("/")[0] or "."
    return "."


def text_of(tree: Tree, path: str) -> str:
    """Return a file's text, undecodable bytes replaced; empty when it does not exist."""
    return tree.get(path, b"").decode("utf-8", "replace").lstrip("\ufeff")


def read_toml(tree: Tree, path: str) -> dict[str, Any]:
    """Return a TOML file as a mapping; empty when absent or broken."""
    try:
        return tomllib.loads(text_of(tree, path))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def read_ini(tree: Tree, path: str) -> configparser.ConfigParser:
    """Return an INI file; empty when absent or broken."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text_of(tree, path))
    except (configparser.Error, UnicodeError):
        return configparser.ConfigParser(interpolation=None)
    return parser


def table(value: Any, *keys: str) -> dict[str, Any]:
    """Walk nested mappings; anything that is no mapping reads as empty."""
    for key in keys:
        value = value.get(key, {}) if isinstance(value, dict) else {}
    return value if isinstance(value, dict) else {}


def strings(value: Any) -> tuple[str, ...]:
    """Read a list of strings, or one string with a value per line or word."""
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value, comments=True))
        except ValueError:
            return tuple(value.split())
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, (list, tuple)) else ()


def lines(value: Any) -> tuple[str, ...]:
    """Read a list of strings, or one string with a value per line; comments and blanks left out."""
    if isinstance(value, str):
        return tuple(line.strip() for line in value.splitlines() if line.strip() and not line.strip().startswith("#"))
    return strings(value)


def read_pytest_config(tree: Tree, root: str) -> PytestConfig:
    """Read the pytest configuration of a project root in pytest's own order of files."""
    for name, section in _candidates(tree, root):
        if section is not None:
            return _config(join(root, name), section)
    return PytestConfig()


def _candidates(tree: Tree, root: str) -> list[tuple[str, Mapping[str, Any] | None]]:
    pyproject = read_toml(tree, join(root, "pyproject.toml"))
    tool = table(pyproject, "tool")
    modern = {key: value for key, value in table(tool, "pytest").items() if key != "ini_options"}
    return [
        *((name, _section(tree, join(root, name), "pytest", True)) for name in ("pytest.ini", ".pytest.ini")),
        ("pyproject.toml", modern or None),
        ("pyproject.toml", table(tool, "pytest", "ini_options") or None),
        ("tox.ini", _section(tree, join(root, "tox.ini"), "pytest", False)),
        ("setup.cfg", _section(tree, join(root, "setup.cfg"), "tool:pytest", False)),
    ]


def _section(tree: Tree, path: str, name: str, counts_when_empty: bool) -> Mapping[str, Any] | None:
    if path not in tree:
        return None
    parser = read_ini(tree, path)
    if parser.has_section(name):
        return dict(parser.items(name))
    return {} if counts_when_empty else None


def _config(path: str, section: Mapping[str, Any]) -> PytestConfig:
    return PytestConfig(
        path=path,
        addopts=strings(section.get("addopts", ())),
        testpaths=strings(section.get("testpaths", ())),
        python_files=strings(section.get("python_files", ())) or DEFAULT_TEST_FILES,
        python_path=strings(section.get("pythonpath", ())),
        required_plugins=lines(section.get("required_plugins", ())),
        keys=frozenset(section),
    )
