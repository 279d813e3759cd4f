"""The door to pyupgrade: one source text in, the same in newer syntax out. Runs in this process, reads nothing else."""

import codecs
import re
import warnings

from pyupgrade._data import Settings
from pyupgrade._main import _fix_plugins, _fix_tokens

NEWEST_KNOWN = (3, 14)

_DECLARATION = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""An encoding declaration as PEP 263 defines it, in one of the first two lines."""


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
            head, body = _behind_encoding(text)
            return head + str(_fix_tokens(_fix_plugins(body, settings=settings)))
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError, AssertionError):
        return text


def _behind_encoding(text: str) -> tuple[str, str]:
    """Part the lines up to a declaration of another encoding than UTF-8, which must stay, from the rest."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines[:2], 1):
        declared = _DECLARATION.match(line)
        if declared and codecs.lookup(declared[1]).name != "utf-8":
            return "".join(lines[:number]), "".join(lines[number:])
    return "", text
