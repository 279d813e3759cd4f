"""Parsing Python without ever raising: a module's tree, or the reason why there is none."""

import ast
import gc
import warnings
from dataclasses import dataclass

from services.engine.names import is_python
from services.engine.refusals import RefusedError
from services.engine.source import SourceText

MAX_SOURCE_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class Parsed:
    """A Python file: its text and tree. `module` is None when it cannot be parsed, and `reason` says why."""

    path: str
    source: SourceText | None
    module: ast.Module | None
    reason: str | None = None
    line: int | None = None


def parse(path: str, content: bytes) -> Parsed:
    """Parse one Python file; syntax errors, wrong encodings, depth and size become `reason`."""
    try:
        source = SourceText.read(path, content)
    except RefusedError as error:
        return Parsed(path, None, None, error.detail)
    return parse_source(source)


def parse_source(source: SourceText) -> Parsed:
    """Parse a decoded Python file; what cannot be parsed becomes `reason`."""
    path = source.path
    if len(source.text) > MAX_SOURCE_CHARACTERS:
        return Parsed(path, source, None, f"Longer than {MAX_SOURCE_CHARACTERS:,} characters.")
    try:
        return Parsed(path, source, parse_text(source.text))
    except SyntaxError as error:
        return Parsed(path, source, None, f"Syntax error: {error.msg}.", error.lineno)
    except (ValueError, RecursionError, MemoryError) as error:
        return Parsed(path, source, None, f"Cannot be parsed: {type(error).__name__}.")


def parse_text(text: str) -> ast.Module:
    """Parse source text; warnings about the customer's code are not ours to show. Raises as `ast.parse`.

    The collector rests meanwhile: a tree is many live objects, and walking them again and again doubles the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    finally:
        if was_enabled:
            gc.enable()


def parses(path: str, content: bytes) -> bool:
    """Tell whether a file is Python that parses; other files never do."""
    return is_python(path) and parse(path, content).module is not None
