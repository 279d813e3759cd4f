"""What a language front end says about a file: its definitions, and whether an edit broke its syntax."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.engine.document_types import Language
from services.engine.source import SourceText

LANGUAGES: dict[str, Language] = {
    ".py": "python",
    ".pyi": "python",
    ".js": "javascript",
    ".jsx": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".ts": "typescript",
    ".tsx": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".java": "java",
}

FUNCTION = frozenset({"FUNCTION"})
METHOD = frozenset({"FUNCTION", "METHOD"})
CLASS = frozenset({"CLASS"})
ASSIGNMENT = frozenset({"ASSIGNMENT"})
"""Kinds that a definition answers to; a method is a function too."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition: `kinds` it answers to, its place in the LF text, and whether it is all its body holds."""

    kinds: frozenset[str]
    qualified_name: str
    start: int
    end: int
    is_only_statement: bool = False


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """Why a file does not parse; `line` counts from 1, `count` is the number of places."""

    reason: str
    line: int | None
    count: int = 1


def language_of(path: str) -> Language | None:
    """Return the language of a file by its suffix; None for any other."""
    dot = path.rfind(".")
    return LANGUAGES.get(path[dot:].lower()) if dot > path.rfind("/") else None


def utf8_offsets(source: SourceText, byte_offsets: list[int]) -> Iterator[int]:
    """Turn ascending offsets of the text's UTF-8 form into offsets of the text."""
    if source.text.isascii():
        yield from byte_offsets
        return
    data = source.text.encode()
    position, characters = 0, 0
    for offset in byte_offsets:
        characters += len(data[position:offset].decode())
        position = offset
        yield characters
