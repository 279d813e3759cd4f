"""How to run the repository's own tests, read from its configuration and files; nothing is executed here."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from services.baselines.project_files import (
    DEFAULT_TEST_FILES,
    PytestConfig,
    join,
    project_root,
    read_pytest_config,
    text_of,
)
from services.baselines.schemas import SuitePlan
from services.core.tree import Tree

_SKIPPED_FOLDERS = frozenset(
    {"node_modules", "venv", ".venv", "build", "dist", "site-packages", "__pycache__", ".tox", ".nox", ".eggs"}
)
_UNUSUAL_FILES = ("test.py", "tests.py", "*_tests.py", "tests/*.py", "test/*.py", "*/tests/*.py", "*/test/*.py")
_HAS_TESTS = re.compile(r"^\s*(?:async\s+)?def test|^class \w+\(.*TestCase", re.MULTILINE)
_IMPORTED = re.compile(r"^\s*(?:from\s+([A-Za-z_]\w*)|import\s+([A-Za-z_]\w*))", re.MULTILINE)

_KEPT_FLAGS = frozenset(
    {
        "--doctest-modules",
        "--doctest-continue-on-failure",
        "--doctest-ignore-import-errors",
        "--pyargs",
        "--noconftest",
        "--continue-on-collection-errors",
        "--keep-duplicates",
        "--collect-in-virtualenv",
    }
)
_KEPT_WITH_VALUE = frozenset(
    {"--doctest-glob", "--import-mode", "--ignore", "--ignore-glob", "--deselect", "-k", "-m", "-p", "--asyncio-mode"}
)
_VALUED_AND_DROPPED = frozenset(
    {
        "-n",
        "--cov-report",
        "--cov-config",
        "--durations",
        "-r",
        "--tb",
        "-W",
        "-o",
        "-c",
        "--color",
        "--maxfail",
        "--junitxml",
        "--junit-xml",
        "--html",
        "--log-level",
        "--log-file",
        "--timeout",
        "--dist",
        "--rootdir",
        "--basetemp",
        "--confcutdir",
        "--cov-fail-under",
        "--override-ini",
        "--numprocesses",
        "--log-cli-level",
        "--verbosity",
    }
)

_PLUGIN_SIGNS: tuple[tuple[str, str], ...] = (
    ("asyncio_mode", "pytest-asyncio"),
    ("asyncio_default_fixture_loop_scope", "pytest-asyncio"),
    ("DJANGO_SETTINGS_MODULE", "pytest-django"),
    ("env", "pytest-env"),
    ("mock_use_standalone_module", "pytest-mock"),
    ("timeout", "pytest-timeout"),
    ("xvfb_width", "pytest-xvfb"),
    ("plt_dirname", "pytest-plt"),
    ("benchmark_storage", "pytest-benchmark"),
    ("trio_mode", "pytest-trio"),
)


def discover_suite(tree: Tree, scope: str = ".") -> SuitePlan:
    """Plan the run of the repository's own tests around `scope`.

    Returns:
        A plan with runner `pytest`; or `none` with a sentence that says what was looked for.
    """
    root = project_root(tree, scope)
    config = read_pytest_config(tree, root)
    options, named = _kept_options(config.addopts)
    files = _test_files(tree, root, config.python_files)
    plan = SuitePlan(
        runner="pytest",
        root=root,
        targets=tuple(path for path in (named or config.testpaths) if _exists(tree, join(root, path))),
        options=options,
        python_path=source_roots(tree, root, config.python_path),
        plugins=_plugins(config, tree, files),
        config_file=config.path,
    )
    if plan.targets or files or "--doctest-modules" in options:
        return plan
    unusual = tuple(_below(root, path) for path in _unusual_files(tree, root))
    if unusual:
        return plan.model_copy(update={"targets": unusual})
    return plan.model_copy(update={"runner": "none", "reason": _nothing_found(root, config)})


def source_roots(tree: Tree, root: str, configured: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the folders that imports start from, most specific first: configured, `src`, the root, script folders."""
    found = [join(root, path) for path in configured]
    found += [join(root, name) for name in ("src", "lib") if _holds_modules(tree, join(root, name))]
    found.append(root)
    found += _script_folders(tree, root)
    return tuple(dict.fromkeys(found))


def _kept_options(addopts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keep options that select tests; drop reporting, coverage and parallelism. Second: positional targets."""
    kept: list[str] = []
    named: list[str] = []
    words = iter(addopts)
    for word in words:
        name, equals, _ = word.partition("=")
        if word in _KEPT_FLAGS or (equals and name in _KEPT_WITH_VALUE):
            kept.append(word)
        elif word in _KEPT_WITH_VALUE:
            kept += [word, next(words, "")]
        elif word in _VALUED_AND_DROPPED:
            next(words, None)
        elif not word.startswith("-"):
            named.append(word)
    return tuple(kept), tuple(named)


def _python_files(tree: Tree, root: str) -> list[str]:
    prefix = "" if root == "." else f"{root}/"
    paths = (path for path in tree if path.endswith(".py") and path.startswith(prefix))
    return sorted(path for path in paths if not _SKIPPED_FOLDERS.intersection(path.split("/")[:-1]))


def _test_files(tree: Tree, root: str, patterns: Iterable[str]) -> list[str]:
    wanted = tuple(patterns) or DEFAULT_TEST_FILES
    return [
        path
        for path in _python_files(tree, root)
        if any(fnmatchcase(path.rpartition("/")[2] if "/" not in item else path, item) for item in wanted)
    ]


def _unusual_files(tree: Tree, root: str) -> list[str]:
    """Test files that the runner's own patterns would not find."""
    return [
        path
        for path in _python_files(tree, root)
        if any(fnmatchcase(_below(root, path), item) for item in _UNUSUAL_FILES)
        and _HAS_TESTS.search(text_of(tree, path))
    ]


def _plugins(config: PytestConfig, tree: Tree, files: Sequence[str]) -> tuple[str, ...]:
    wanted = [re.split(r"[<>=!~\s\[]", item)[0] for item in config.required_plugins]
    wanted += [package for sign, package in _PLUGIN_SIGNS if sign in config.keys]
    sources = "\n".join(text_of(tree, path) for path in files[:200])
    if "pytest.mark.asyncio" in sources:
        wanted.append("pytest-asyncio")
    if re.search(r"def test\w*\([^)]*\bmocker\b", sources):
        wanted.append("pytest-mock")
    return tuple(dict.fromkeys(wanted))


def _script_folders(tree: Tree, root: str) -> list[str]:
    """Folders without `__init__.py` whose modules import each other by bare name, as scripts do."""
    by_folder: dict[str, set[str]] = {}
    for path in _python_files(tree, root):
        folder, _, name = path.rpartition("/")
        by_folder.setdefault(folder or ".", set()).add(name.removesuffix(".py"))
    folders = [name for name in by_folder if name != root and f"{name}/__init__.py" not in tree]
    imported = {
        first or second
        for path in _python_files(tree, root)
        for first, second in _IMPORTED.findall(text_of(tree, path))
    }
    top = by_folder.get(root, set())
    return sorted(name for name in folders if (by_folder[name] - top - {"conftest", "setup"}) & imported)


def _holds_modules(tree: Tree, folder: str) -> bool:
    return f"{folder}/__init__.py" not in tree and any(
        path.startswith(f"{folder}/") and path.endswith(".py") for path in tree
    )


def _exists(tree: Tree, path: str) -> bool:
    clean = path.split("::")[0]
    if any(sign in clean for sign in "*?["):
        return any(fnmatchcase(name, f"{clean}*") for name in tree)
    return clean == "." or clean in tree or any(name.startswith(f"{clean}/") for name in tree)


def _below(root: str, path: str) -> str:
    return path if root == "." else path.removeprefix(f"{root}/")


def _nothing_found(root: str, config: PytestConfig) -> str:
    where = "the repository" if root == "." else f"`{root}`"
    return f"No tests of its own were found in {where}: no file is named like {' or '.join(config.python_files)}."
