"""What the variable parts of a sentence may be: names, paths, lines, source text. One reader per sort of slot.

A reader gets the words and a position and yields (value, next position), longest first; nothing where the words are
of another sort. Whether a value makes sense is left to the builders, which can say why not.
"""

import ast
import re
from collections.abc import Callable, Iterator, Sequence

from services.engine.goals.tokens import Token, TokenKind

Reader = Callable[[Sequence[Token], int], Iterator[tuple[object, int]]]

SAME = "it"
"""A pronoun: the symbol or file that the sentence before speaks of, under its present name."""

_FILLER_WORDS = (
    "a an the this that these those in into to of on at from for by with as and or then all any every each "
    "module package folder function method class variable constant parameter argument lines "
    "functions files modules methods classes variables constants parameters arguments imports symbols names helpers "
    "called named site sites except not it them its is be everything everywhere"
)
FILLERS = frozenset(_FILLER_WORDS.split())
"""Words of the grammar itself; a definition of such a name must be quoted."""

PATH_FILLERS = FILLERS | {"new", "old", "file", "line", "call", "calls", "code", "project", "world", "tests", "test"}
"""Words that are no path unless quoted or followed by a slash."""

_PRONOUNS = frozenset({"it", "them", "its"})
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_RANGE = re.compile(r"L?(\d+)(?:\s*(?:-|–|—|\.\.+|to|:)\s*L?(\d+))?", re.I)
_ORDINALS = {word: str(place) for place, word in enumerate(("first", "second", "third", "fourth", "fifth"), 1)}
_SUFFIXES = (".py", ".pyi", ".pyx", ".ipynb", ".cfg", ".toml", ".txt", ".md")


def looks_like_path(text: str) -> bool:
    """Tell whether a text can only be meant as a file or folder."""
    return "/" in text or text.endswith(_SUFFIXES)


def _name(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    if at >= len(tokens):
        return
    token = tokens[at]
    if token.lower in _PRONOUNS:
        yield SAME, at + 1
        return
    text = token.text[:-2] if token.text.endswith("()") else token.text
    if token.lower not in FILLERS and _NAME.fullmatch(text) and not looks_like_path(text):
        yield text, at + 1


def _names(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    """`f`, `f and g`, `f, g, and h`; longest list first."""
    ends: list[tuple[tuple[str, ...], int]] = []
    found: tuple[str, ...] = ()
    while (item := next(_name(tokens, at), None)) is not None:
        found = (*found, str(item[0]))
        ends.append((found, item[1]))
        at = _skip(tokens, item[1], (",", "and", "&", "plus"))
        if at == item[1]:
            break
    yield from reversed(ends)


def _path(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    if at >= len(tokens):
        return
    token = tokens[at]
    if token.kind is not TokenKind.WORD:
        if token.kind is not TokenKind.MARK:
            yield token.text, at + 1
    elif token.lower == "it":
        yield SAME, at + 1
    elif token.lower not in PATH_FILLERS and re.fullmatch(r"[\w./\\~:*@+=-]+", token.text):
        yield token.text, at + 1


def _paths(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    """`a.py`, `b.py` and `c.py`; longest list first."""
    ends: list[tuple[tuple[str, ...], int]] = []
    found: tuple[str, ...] = ()
    while (item := next(_path(tokens, at), None)) is not None:
        found = (*found, str(item[0]))
        ends.append((found, item[1]))
        at = _skip(tokens, item[1], (",", "and", "&"))
        if at == item[1]:
            break
    yield from reversed(ends)


def _file(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    for value, end in _path(tokens, at):
        if looks_like_path(str(value)):
            yield value, end


def _folder(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    """A path that ends in a slash."""
    return ((value, end) for value, end in _path(tokens, at) if str(value).endswith("/"))


def _code(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    """Source text in backticks, a string literal in straight quotes, or a bare number."""
    if at >= len(tokens):
        return
    token = tokens[at]
    if token.kind is TokenKind.CODE:
        yield token.text, at + 1
    elif token.kind is TokenKind.QUOTED:
        yield token.raw, at + 1
    elif token.kind is TokenKind.WORD and re.fullmatch(r"-?\d[\w.]*", token.text):
        yield token.text, at + 1


def _value(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    """Source text as `_code` reads it, or one bare word that is an expression."""
    yield from _code(tokens, at)
    if at >= len(tokens) or tokens[at].kind not in (TokenKind.WORD, TokenKind.MARK):
        return
    for count in (2, 1):
        raw = "".join(token.raw for token in tokens[at : at + count])
        is_filler = count == 1 and tokens[at].lower in FILLERS
        if len(tokens) >= at + count and not is_filler and (count == 1 or raw == "()") and _is_expression(raw):
            yield raw, at + count
            return


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True


def _lines(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    """`10-20`, `10 to 20`, `10 and 20`, `L10..L20`, or one number."""
    for count in (3, 1):
        words = [token.text for token in tokens[at : at + count]]
        if len(words) < count or (count == 3 and words[1].lower() not in ("to", "through", "and", "-", "–", "until")):
            continue
        found = _RANGE.fullmatch(" to ".join([words[0], words[-1]]) if count == 3 else words[0])
        if found:
            yield (int(found[1]), int(found[2] or found[1])), at + count


def _place(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    """`a.py:10-20`: a file with its lines."""
    for value, end in _path(tokens, at):
        path, colon, lines = str(value).rpartition(":")
        found = _RANGE.fullmatch(lines)
        if colon and found and looks_like_path(path):
            yield (path, (int(found[1]), int(found[2] or found[1]))), end


def _ordinal(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    if at < len(tokens):
        word = tokens[at].lower
        number = re.fullmatch(r"(\d+)(?:st|nd|rd|th)?", word)
        if number or word in _ORDINALS or word == "last":
            yield number[1] if number else _ORDINALS.get(word, "last"), at + 1


def _version(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    if at < len(tokens):
        found = re.fullmatch(r"(?:python|py)?-?(\d)(?:\.?(\d{1,2}))?(?:\.\d+|\.x)?\+?", tokens[at].text, re.I)
        if found:
            yield (f"{found[1]}.{found[2]}" if found[2] else found[1]), at + 1


def _parts(tokens: Sequence[Token], at: int) -> Iterator[tuple[object, int]]:
    """`b.py (f, g) and c.py with h`: new paths, each with its symbols."""
    ends: list[tuple[tuple[tuple[str, tuple[str, ...]], ...], int]] = []
    found: tuple[tuple[str, tuple[str, ...]], ...] = ()
    while True:
        part = _part(tokens, _skip(tokens, at, ("and", ",", "module", "file", "a", "new", "the")))
        if part is None:
            break
        found, at = (*found, part[0]), part[1]
        ends.append((found, at))
    yield from reversed(ends)


def _part(tokens: Sequence[Token], at: int) -> tuple[tuple[str, tuple[str, ...]], int] | None:
    for path, after in _file(tokens, at):
        start = _skip(tokens, after, ("(", ":", "with", "for", "containing", "holding", "the", "functions", "classes"))
        if start == after:
            continue
        for names, end in _names(tokens, start):
            closed = _skip(tokens, end, (")",))
            rest = _skip(tokens, closed, ("and", ","))
            if rest == len(tokens) or next(_file(tokens, rest), None) or closed > end:
                return (str(path), tuple(names) if isinstance(names, tuple) else ()), closed
    return None


def _skip(tokens: Sequence[Token], at: int, words: Sequence[str]) -> int:
    while at < len(tokens) and tokens[at].lower in words:
        at += 1
    return at


READERS: dict[str, Reader] = {
    "name": _name,
    "names": _names,
    "path": _path,
    "paths": _paths,
    "file": _file,
    "folder": _folder,
    "code": _code,
    "value": _value,
    "lines": _lines,
    "place": _place,
    "ordinal": _ordinal,
    "version": _version,
    "parts": _parts,
}

SLOT_WORDS: dict[str, str] = {
    "name": "a name",
    "names": "one or more names",
    "path": "a path",
    "paths": "one or more paths",
    "file": "a file",
    "folder": "a folder that ends in a slash",
    "code": "source text in backticks",
    "value": "a value",
    "lines": "line numbers such as 10-20",
    "place": "a file with lines such as `a.py:10-20`",
    "ordinal": "a position",
    "version": "a Python version",
    "parts": "new files, each with its names, such as `b.py` (`f`, `g`)",
}
"""How a refusal names what is expected."""
