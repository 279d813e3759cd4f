"""The door to pyupgrade: one source text in, the same in newer syntax out. Runs in this process, reads nothing else."""

import warnings

from pyupgrade._data import Settings
from pyupgrade._main import _fix_plugins, _fix_tokens

NEWEST_KNOWN = (3, 14)


def upgraded(text: str, target: str, *, percent_format: bool, runtime_typing: bool) -> str:
    """Return the text in the syntax of the target version; unchanged where it does not parse.

    Args:
        target: Python version as `3.11`.
        percent_format: Whether `%` formatting may become `str.format`, which asks objects through another method.
        runtime_typing: Whether annotations are read at run time and stay as they are.
    """
    major, _, minor = target.partition(".")
    settings = Settings(
        min_version=min((int(major), int(minor)), NEWEST_KNOWN),
        keep_percent_format=not percent_format,
        keep_runtime_typing=runtime_typing,
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return str(_fix_tokens(_fix_plugins(text, settings=settings)))
    except (SyntaxError, ValueError, RecursionError, MemoryError, IndexError, KeyError, AssertionError):
        return text
