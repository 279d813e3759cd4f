"""Which packages the project and its tests ask for, read statically from every place projects keep them."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from services.baselines.project_files import join, lines, read_ini, read_toml, strings, table, text_of
from services.core.tree import Tree

TEST_NAMES = ("test", "tests", "testing", "pytest", "unittest", "unit-test", "unit-tests", "test-dependencies")
DEVELOPMENT_NAMES = ("dev", "develop", "development", "all-dev")
_TEST_FILES = (
    "requirements-test.txt",
    "requirements-tests.txt",
    "requirements_test.txt",
    "requirements_tests.txt",
    "test-requirements.txt",
    "test_requirements.txt",
    "tests-requirements.txt",
    "test.requirements.txt",
    "requirements/test.txt",
    "requirements/tests.txt",
    "requirements/testing.txt",
    "tests/requirements.txt",
)
_DEVELOPMENT_FILES = (
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "dev_requirements.txt",
    "dev.requirements.txt",
    "requirements/dev.txt",
    "requirements/development.txt",
)
_RUNTIME_FILES = ("requirements.txt", "requirements/base.txt", "requirements/main.txt", "requirements/requirements.txt")
_METADATA_VERSION = re.compile(r"^Version:\s*(\S+)", re.MULTILINE)
_SOURCE_VERSION = re.compile(
    r"^(?:__version__|version|VERSION)\s*(?::\s*str\s*)?=\s*['\"]([0-9][\w.!+-]*)['\"]", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What installing the project and its tests needs. `extras` and `groups` are names the project defines."""

    installable: bool = False
    name: str | None = None
    version: str | None = None
    requires_python: str | None = None
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    test_packages: tuple[str, ...] = ()
    runtime_packages: tuple[str, ...] = ()
    requirement_files: tuple[str, ...] = ()


def read_metadata(tree: Tree, root: str) -> Metadata:
    """Read pyproject.toml, setup.cfg, setup.py, tox.ini and requirement files below one project root."""
    pyproject = read_toml(tree, join(root, "pyproject.toml"))
    project, tool = table(pyproject, "project"), table(pyproject, "tool")
    setup_cfg, setup_py = (
        read_ini(tree, join(root, "setup.cfg")),
        _setup_arguments(text_of(tree, join(root, "setup.py"))),
    )
    extras = {
        *table(project, "optional-dependencies"),
        *table(tool, "poetry", "extras"),
        *table(setup_py.get("extras_require")),
    }
    if setup_cfg.has_section("options.extras_require"):
        extras |= set(setup_cfg["options.extras_require"])
    poetry = table(tool, "poetry")
    return Metadata(
        installable=_is_installable(tree, root, pyproject, setup_cfg),
        name=project.get("name")
        or poetry.get("name")
        or setup_cfg.get("metadata", "name", fallback=None)
        or setup_py.get("name"),
        version=_version(tree, root, project),
        requires_python=project.get("requires-python")
        or setup_cfg.get("options", "python_requires", fallback=None)
        or setup_py.get("python_requires"),
        extras=_preferred(extras),
        groups=_preferred(table(pyproject, "dependency-groups")),
        test_packages=_test_packages(tree, root, tool, setup_py),
        runtime_packages=_requirements(
            [
                *strings_or_lines(project.get("dependencies")),
                *lines(setup_cfg.get("options", "install_requires", fallback="")),
                *strings_or_lines(setup_py.get("install_requires")),
                *_poetry_packages(table(poetry, "dependencies")),
            ]
        ),
        requirement_files=_requirement_files(tree, root),
    )


def strings_or_lines(value: Any) -> tuple[str, ...]:
    """Read requirements written as a list or as one string with a line each."""
    return lines(value) if isinstance(value, (str, list, tuple)) else ()


def _is_installable(tree: Tree, root: str, pyproject: Mapping[str, Any], setup_cfg: Any) -> bool:
    declared = (
        "build-system" in pyproject or "project" in pyproject or bool(table(pyproject, "tool", "poetry").get("name"))
    )
    return declared or join(root, "setup.py") in tree or setup_cfg.has_section("metadata")


def _preferred(names: Iterable[str]) -> tuple[str, ...]:
    """Names for tests; those for development only when there are none for tests."""
    known = {name.lower().replace("_", "-"): name for name in names}
    chosen = [known[name] for name in TEST_NAMES if name in known]
    return tuple(chosen or [known[name] for name in DEVELOPMENT_NAMES if name in known])


def _version(tree: Tree, root: str, project: Mapping[str, Any]) -> str | None:
    if isinstance(project.get("version"), str):
        return str(project["version"])
    found = _METADATA_VERSION.search(text_of(tree, join(root, "PKG-INFO")))
    if found:
        return found[1]
    names = ("__version__.py", "_version.py", "version.py", "__init__.py", "__about__.py")
    candidates = sorted(
        (path for path in tree if path.rpartition("/")[2] in names), key=lambda path: (path.count("/"), path)
    )
    matches = (_SOURCE_VERSION.search(text_of(tree, path)) for path in candidates[:40])
    return next((match[1] for match in matches if match), None)


def _test_packages(tree: Tree, root: str, tool: Mapping[str, Any], setup_py: Mapping[str, Any]) -> tuple[str, ...]:
    poetry = table(tool, "poetry")
    groups = table(poetry, "group")
    found: list[str] = list(strings_or_lines(setup_py.get("tests_require")))
    for name in _preferred(groups):
        found += _poetry_packages(table(groups, name, "dependencies"))
    found += _poetry_packages(table(poetry, "dev-dependencies"))
    pdm = table(tool, "pdm", "dev-dependencies")
    for name in _preferred(pdm):
        found += strings(pdm[name])
    found += strings(table(tool, "uv").get("dev-dependencies", ()))
    environments = table(tool, "hatch", "envs")
    for name in ("default", "test", "tests"):
        section = table(environments, name)
        found += [*strings(section.get("dependencies", ())), *strings(section.get("extra-dependencies", ()))]
    tox = read_ini(tree, join(root, "tox.ini"))
    found += lines(tox.get("testenv", "deps", fallback=""))
    return _requirements(found)


def _requirement_files(tree: Tree, root: str) -> tuple[str, ...]:
    def present(names: tuple[str, ...]) -> list[str]:
        return [name for name in names if join(root, name) in tree]

    return (*present(_RUNTIME_FILES)[:1], *(present(_TEST_FILES) or present(_DEVELOPMENT_FILES)))


def _requirements(candidates: Iterable[str]) -> tuple[str, ...]:
    """Keep what reads as a package requirement; options, paths, addresses and tool syntax are left out."""
    kept: dict[str, str] = {}
    for text in candidates:
        try:
            requirement = Requirement(text.split(" #")[0].strip())
        except InvalidRequirement:
            continue
        if requirement.url is None:
            kept.setdefault(str(requirement), str(requirement))
    return tuple(kept)


def _poetry_packages(section: Mapping[str, Any]) -> tuple[str, ...]:
    """Package names of a Poetry table; its caret ranges become a lower bound."""
    found = []
    for name, value in section.items():
        version = value.get("version", "*") if isinstance(value, dict) else value
        is_optional = isinstance(value, dict) and (value.get("optional") or "path" in value or "git" in value)
        if name != "python" and not is_optional and isinstance(version, str):
            bound = re.fullmatch(r"[\^~]?(\d[\w.]*)", version.strip())
            found.append(f"{name}>={bound[1]}" if bound else name)
    return tuple(found)


def _setup_arguments(source: str) -> dict[str, Any]:
    """Return the literal keyword arguments of the `setup(...)` call; nothing is executed."""
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[str, Any] = {}
    for call in calls:
        if getattr(call.func, "id", getattr(call.func, "attr", None)) == "setup":
            for keyword in call.keywords:
                try:
                    found[keyword.arg or ""] = ast.literal_eval(keyword.value)
                except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                    continue
    return found
