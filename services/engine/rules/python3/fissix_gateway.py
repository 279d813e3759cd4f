"""The door to fissix: a Python 2 source text in, the same in Python 3 syntax out. Reads no file."""

import logging
import warnings
from functools import cache
from typing import Any

NOT_NEUTRAL = frozenset({"print", "input", "exec", "import", "paren", "future"})
"""Fixers whose result they would change again, or that read Python 3 code as Python 2: for Python 2 sources alone."""

_STRONG_NAMES = (
    "apply basestring execfile except exec getcwdu has_key imports imports2 intern itertools itertools_imports long "
    "metaclass ne nonzero numliterals raise raw_input reduce renames repr standarderror sys_exc throw tuple_params "
    "urllib xrange xreadlines"
)
STRONG = frozenset(_STRONG_NAMES.split())
"""Fixers for what Python 3 does not have or reads otherwise: what they find makes a Python 2 source."""

_HANDLED = frozenset({"import"})
"""Left to ours, which look into the tree instead of the file system."""


def converted(text: str) -> str | None:
    """Return a Python 2 text as Python 3, or None where it cannot be read as Python 2."""
    after = _refactored(text, "all")
    return after if after is None else _refactored(after, "numerals") or after


def neutral(text: str) -> str | None:
    """Return a text that is valid in both after the fixers that never change their own result."""
    return _refactored(text, "neutral")


def is_python2(text: str) -> bool:
    """Tell whether a text that Python 3 can parse holds what only Python 2 can run.

    `dbm` means another module in each, so it tells nothing.
    """
    found = _refactored(text, "strong")
    return found is not None and found.replace("dbm.ndbm", "dbm") != text.replace("dbm.ndbm", "dbm")


def _refactored(text: str, sort: str) -> str | None:
    ended = text if text.endswith("\n") else text + "\n"
    for has_print_function in (False, True):
        after = _once(ended, sort, has_print_function)
        if after is not None:
            return after if text.endswith("\n") or not after.endswith("\n") else after[:-1]
    return None


def _once(text: str, sort: str, has_print_function: bool) -> str | None:
    from fissix.pgen2.parse import ParseError
    from fissix.pgen2.tokenize import TokenError

    tool = _tool(sort, has_print_function)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return str(tool.refactor_string(text, "source.py"))
    except (
        ParseError,
        TokenError,
        SyntaxError,
        ValueError,
        RecursionError,
        AttributeError,
        AssertionError,
        IndexError,
    ):
        return None


@cache
def _tool(sort: str, has_print_function: bool) -> Any:
    from fissix.refactor import RefactoringTool, get_fixers_from_package

    for name in ("RefactoringTool", "lib2to3.main", "fissix"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    names = [name for name in get_fixers_from_package("fissix.fixes") if _is_wanted(name, sort)]
    return RefactoringTool(names, {"print_function": has_print_function})


def _is_wanted(module: str, sort: str) -> bool:
    name = module.rpartition(".fix_")[2]
    if name in _HANDLED:
        return False
    wanted = {"all": True, "neutral": name not in NOT_NEUTRAL, "strong": name in STRONG}
    return wanted.get(sort, name == "numliterals")
