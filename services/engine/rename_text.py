"""Mentions of a name in text: doctests, strings with the dotted name, docstrings, comments and documents."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import PurePosixPath

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
    if places.owner.kind == "function":
        return [place for place in _own_docstring(places) if (place.path, place.start) not in known]
    found: list[Place] = []
    bound_in = {item for item, scope in places.owners if scope.kind == "module"}
    for item, scopes in project.modules.items():
        if item in bound_in or item == path:
            found += _doctests(item, scopes, places)
        found += _dotted_strings(item, scopes, places)
        found += _docstrings_and_comments(item, scopes, places)
    for item in sorted(tree):
        if is_document(item) or item.endswith(_CONFIGURATION):
            found += _document(item, tree, places)
    unique = {(place.path, place.start): place for place in reversed(found)}
    return sorted(place for key, place in unique.items() if key not in known)


def _own_docstring(places: Places) -> Iterator[Place]:
    """Mentions of a parameter in the docstring of its function: `:param name:`, `name: …`, `name (type)`, in ticks."""
    name = re.escape(places.name)
    pattern = re.compile(rf":\w+[^:\n]*?\b({name}):|^[ \t]*\**({name})[ \t]*(?:\(|:)|`\**({name})`", re.M)
    for path, owner in places.owners:
        scopes = places.project.scopes(path)
        for text in scopes.strings if scopes else ():
            if scopes is None or not text.is_docstring or text.scope is not owner or text.start < 0:
                continue
            for match in pattern.finditer(text.value):
                start = text.start + match.start(match.lastindex or 0)
                yield _place(path, scopes.source, start, places.name, PlaceKind.DOCUMENT)


def _doctests(path: str, scopes: ModuleScopes, places: Places) -> Iterator[Place]:
    word = _word(places.name, is_member=places.owner.kind == "class")
    for text in scopes.strings:
        if not text.is_docstring or text.start < 0:
            continue
        for line in _DOCTEST_LINE.finditer(text.value):
            for match in word.finditer(text.value, line.start(), line.end()):
                yield _place(path, scopes.source, text.start + match.start(), places.name, PlaceKind.DOCTEST)


def _dotted_strings(path: str, scopes: ModuleScopes, places: Places) -> Iterator[Place]:
    """Whole strings such as `package.module.name`, which mocks and entry points use."""
    for text in scopes.strings:
        if text.start < 0 or text.is_docstring or not _DOTTED.fullmatch(text.value):
            continue
        chain = _chain_to_target(text.value, places)
        if chain is not None:
            start = text.start + len(text.value) - len(places.name)
            line = scopes.source.line_of(start)
            end = start + len(places.name)
            yield Place(path, start, end, line, PlaceKind.REFERENCE, chain, patches=chain[0])


def _is_test_data(path: str, project: ProjectScopes) -> bool:
    """Tell whether a test names the document, and so may run or compare what it says."""
    name = PurePosixPath(path).name.encode()
    return any(name in content for content in project.test_contents)


def _chain_to_target(dotted: str, places: Places) -> tuple[str, ...] | None:
    """Return the modules through which a dotted name reaches the target; None when it names something else."""
    owner, name = re.split(r"[.:](?=\w+$)", dotted.replace(":", "."))
    if name != places.name or f"{owner}.{name}" in places.project.paths:
        return None
    if places.owner.kind == "module":
        entity = places.project.member(owner, name)
        return entity.chain if is_target(places, entity) else None
    module = places.project.name_of(places.path)
    return (places.path,) if owner == f"{module}.{places.owner.qualified_name}" else None


def _docstrings_and_comments(path: str, scopes: ModuleScopes, places: Places) -> Iterator[Place]:
    for text in scopes.strings:
        if text.start >= 0 and places.name in text.value:
            kind = PlaceKind.DOCUMENT if text.is_docstring else PlaceKind.STRING
            for match in _mentions(text.value, places, whole=not text.is_docstring):
                yield _place(path, scopes.source, text.start + match, places.name, kind)
    commented = re.search(rf"#.*{re.escape(places.name)}", scopes.source.text) is not None
    for start, comment in comments_of(scopes.source) if commented else ():
        for match in _mentions(comment, places, whole=False):
            yield _place(path, scopes.source, start + match, places.name, PlaceKind.DOCUMENT)


def _document(path: str, tree: Tree, places: Places) -> Iterator[Place]:
    if places.name.encode() not in tree[path]:
        return
    try:
        source = SourceText.read(path, tree[path])
    except RefusedError:
        return
    if is_document(path):
        kind = PlaceKind.UNKNOWN if _is_test_data(path, places.project) else PlaceKind.DOCUMENT
        owners = tuple(item for item, _ in places.owners)
        for start in _mentions(source.text, places, whole=False):
            yield Place(path, start, start + len(places.name), source.line_of(start), kind, owners)
        return
    for dotted in _DOTTED.finditer(source.text):
        chain = _chain_to_target(dotted.group(), places)
        if chain is not None:
            start = dotted.end() - len(places.name)
            yield Place(path, start, dotted.end(), source.line_of(start), PlaceKind.REFERENCE, chain)


def _mentions(text: str, places: Places, *, whole: bool) -> Iterator[int]:
    """Yield offsets of mentions; `whole` asks that the string is nothing but the name."""
    name = places.name
    if whole:
        if text == name:
            yield 0
        return
    telling = "_" in name.strip("_") or re.search(r"[a-z][A-Z]", name) is not None
    if name not in text:
        return
    own = {"self", "cls", *places.owner.qualified_name.split(".")} - {""}
    known = places.project.name_parts
    for match in _word(name, is_member=True).finditer(text):
        owner = re.search(r"(\w+)\.$", text[max(0, match.start() - 200) : match.start()])
        if owner is not None and owner[1] not in known and owner[1] not in own:
            continue
        before, after = text[: match.start()][-1:], text[match.end() :][:1]
        is_ticked = (before == "`" or after == "`") and name not in known and name not in own
        is_code = owner is not None or is_ticked or after == "("
        if telling or is_code or _is_imported(text, match.start(), places):
            yield match.start()


def _is_imported(text: str, offset: int, places: Places) -> bool:
    """Tell whether the mention stands behind `from module import` with a module of the project."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    found = re.match(r"[\s>]*from\s+([\w.]+)\s+import\b", line)
    return found is not None and found[1] in places.project.paths


def comments_of(source: SourceText) -> Iterator[tuple[int, str]]:
    """Yield every comment of a Python file with its offset."""
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
