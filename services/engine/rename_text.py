"""Mentions of a name in text: doctests, strings with the dotted name, docstrings, comments and documents."""

import io
import re
import tokenize
from collections.abc import Iterator

from services.core.tree import Tree
from services.engine.entities import ProjectScopes
from services.engine.names import is_document
from services.engine.refusals import RefusedError
from services.engine.rename_names import is_target
from services.engine.rename_places import Place, PlaceKind, Places
from services.engine.scopes import ModuleScopes
from services.engine.source import SourceText

_CONFIGURATION = (".toml", ".cfg", ".ini", ".yml", ".yaml", ".json")
_DOTTED = re.compile(r"(?:[A-Za-z_]\w*[.:])+[A-Za-z_]\w*")
_DOCTEST_LINE = re.compile(r"^[ \t]*(?:>>>|\.\.\.) .*$", re.M)


def text_places(tree: Tree, project: ProjectScopes, places: Places, path: str, symbol: str) -> list[Place]:
    """Find mentions outside the program's own names, in order of path and place.

    Only a mention that looks like code counts in prose: in backticks, dotted, called, or not an English word.
    """
    known = set(places.found)
    found: list[Place] = []
    bound_in = {item for item, scope in places.owners if scope.kind == "module"}
    for item, scopes in project.modules.items():
        if item in bound_in or item == path:
            found += _doctests(item, scopes, places)
        found += _dotted_strings(item, scopes, places)
        found += _docstrings_and_comments(item, scopes, places)
    for item in sorted(tree):
        if is_document(item) or item.endswith(_CONFIGURATION):
            found += _document(item, tree[item], places, project)
    unique = {(place.path, place.start): place for place in reversed(found)}
    return sorted(place for key, place in unique.items() if key not in known)


def _doctests(path: str, scopes: ModuleScopes, places: Places) -> Iterator[Place]:
    word = _word(places.name, is_member=places.owner.kind == "class")
    for text in scopes.strings:
        if not text.is_docstring or text.start < 0:
            continue
        for line in _DOCTEST_LINE.finditer(text.value):
            for match in word.finditer(text.value, line.start(), line.end()):
                yield _place(path, scopes.source, text.start + match.start(), places.name, PlaceKind.DOCTEST)


def _dotted_strings(path: str, scopes: ModuleScopes, places: Places) -> Iterator[Place]:
    """Whole strings such as `package.module.name`, which patching and entry points use."""
    for text in scopes.strings:
        if text.start < 0 or text.is_docstring or not _DOTTED.fullmatch(text.value):
            continue
        if _names_target(text.value, places):
            offset = text.start + len(text.value) - len(places.name)
            yield _place(path, scopes.source, offset, places.name, PlaceKind.REFERENCE)


def _names_target(dotted: str, places: Places) -> bool:
    owner, name = re.split(r"[.:](?=\w+$)", dotted)
    if name != places.name:
        return False
    if places.owner.kind == "module":
        return is_target(places, places.project.member(owner.replace(":", "."), name))
    module = places.project.name_of(places.path)
    return owner.replace(":", ".") == f"{module}.{places.owner.qualified_name}"


def _docstrings_and_comments(path: str, scopes: ModuleScopes, places: Places) -> Iterator[Place]:
    for text in scopes.strings:
        if text.start >= 0 and places.name in text.value:
            kind = PlaceKind.DOCUMENT if text.is_docstring else PlaceKind.STRING
            for match in _mentions(text.value, places.name, whole=not text.is_docstring):
                yield _place(path, scopes.source, text.start + match, places.name, kind)
    for start, comment in _comments(scopes.source):
        for match in _mentions(comment, places.name, whole=False):
            yield _place(path, scopes.source, start + match, places.name, PlaceKind.DOCUMENT)


def _document(path: str, content: bytes, places: Places, project: ProjectScopes) -> Iterator[Place]:
    if places.name.encode() not in content:
        return
    try:
        source = SourceText.read(path, content)
    except RefusedError:
        return
    if is_document(path):
        for match in _mentions(source.text, places.name, whole=False):
            yield _place(path, source, match, places.name, PlaceKind.DOCUMENT)
        return
    for dotted in _DOTTED.finditer(source.text):
        if _names_target(dotted.group(), places):
            yield _place(path, source, dotted.end() - len(places.name), places.name, PlaceKind.REFERENCE)


def _mentions(text: str, name: str, *, whole: bool) -> Iterator[int]:
    """Yield offsets of mentions; `whole` asks that the string is nothing but the name."""
    if whole:
        if text == name:
            yield 0
        return
    telling = "_" in name.strip("_") or re.search(r"[a-z][A-Z]", name) is not None
    for match in _word(name, is_member=True).finditer(text):
        before, after = text[: match.start()][-1:], text[match.end() :][:1]
        if telling or before in ("`", ".") and after != " " or after in ("`", "("):
            yield match.start()


def _comments(source: SourceText) -> Iterator[tuple[int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT:
                yield source.line_starts[token.start[0] - 1] + token.start[1], token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _word(name: str, *, is_member: bool) -> re.Pattern[str]:
    ahead = r"(?<!\w)" if is_member else r"(?<![\w.])"
    return re.compile(rf"{ahead}{re.escape(name)}(?!\w)")


def _place(path: str, source: SourceText, start: int, name: str, kind: PlaceKind) -> Place:
    return Place(path, start, start + len(name), source.line_of(start), kind)
