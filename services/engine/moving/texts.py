"""Dotted names of moved code in text: strings, configuration, documents, docstrings and comments."""

import re
from collections.abc import Iterator, Sequence

from services.engine.hazards import HazardKind
from services.engine.moving.clients import Route
from services.engine.moving.draft import TreeDraft
from services.engine.moving.statements import Piece
from services.engine.names import is_document, is_python, is_test
from services.engine.refusals import RefusedError
from services.engine.rename_text import comments_of
from services.engine.scopes import ModuleScopes, StringUse
from services.engine.source import SourceText, Splice

CONFIGURATION = (".toml", ".cfg", ".ini", ".yml", ".yaml", ".json")


def follow_texts(draft: TreeDraft, route: Route, pieces: Sequence[Piece]) -> None:
    """Rewrite `old.module.symbol` in text where the options ask for it; disclose or keep alive the rest."""
    pattern = dotted_pattern(draft.names_of(route.old_path), route.symbols)
    for path, scopes in draft.project.modules.items():
        for text in scopes.strings:
            if text.start >= 0:
                _string(draft, route, path, scopes, text, pattern, pieces)
        if route.options.docs and route.follows(path):
            file = draft.file(path)
            for start, comment in comments_of(scopes.source):
                for match in pattern.finditer(comment):
                    offset = start + match.start(1)
                    if path != route.old_path or not any(piece.holds(offset) for piece in pieces):
                        file.replace(offset, start + match.end(1), route.new_name)


def _string(
    draft: TreeDraft,
    route: Route,
    path: str,
    scopes: ModuleScopes,
    text: StringUse,
    pattern: re.Pattern[str],
    pieces: Sequence[Piece],
) -> None:
    for match in pattern.finditer(text.value):
        line = scopes.source.line_of(text.start + match.start())
        is_whole = match.start() == 0 and not re.search(r"\s", text.value)
        inside = path == route.old_path and any(piece.holds(text.start) for piece in pieces)
        if is_whole and is_test(path) and match[2] in route.own_uses:
            sentence = f"Names {match[2]} in the old module, which goes on using it; moved code is not affected."
            draft.disclose(HazardKind.PATCHED_NAME, path, line, sentence)
            continue
        wanted = route.options.strings if is_whole else route.options.docs
        if wanted and route.follows(path) and not inside:
            start = text.start + match.start(1)
            draft.file(path).replace(start, text.start + match.end(1), route.new_name)
        elif is_whole:
            route.keep(path, line, match[2])
        else:
            draft.disclose(HazardKind.TEXT_MENTION, path, line, "Text goes on naming the old place.")


def other_texts(draft: TreeDraft, route: Route) -> dict[str, bytes]:
    """Return new contents of documents and configuration that name what moves."""
    pattern = dotted_pattern(draft.names_of(route.old_path), route.symbols)
    found: dict[str, bytes] = {}
    for path, source, match in _mentions(draft, pattern, route):
        wanted = route.options.docs if is_document(path) else route.options.strings
        if wanted and route.limits.allow(path):
            splices = [Splice(item.start(1), item.end(1), route.new_name) for item in pattern.finditer(source.text)]
            found[path] = source.splice(splices)
        elif is_document(path):
            line = source.line_of(match.start())
            draft.disclose(HazardKind.TEXT_MENTION, path, line, "Text goes on naming the old place.")
        else:
            route.keep(path, source.line_of(match.start()), match[2])
    return found


def _mentions(
    draft: TreeDraft, pattern: re.Pattern[str], route: Route
) -> Iterator[tuple[str, SourceText, re.Match[str]]]:
    words = [symbol.encode() for symbol in route.symbols]
    for path in sorted(draft.tree):
        if is_python(path) or not (is_document(path) or path.endswith(CONFIGURATION)):
            continue
        if not any(word in draft.tree[path] for word in words):
            continue
        try:
            source = SourceText.read(path, draft.tree[path])
        except RefusedError:
            continue
        match = pattern.search(source.text)
        if match is not None:
            yield path, source, match


def dotted_pattern(names: frozenset[str], symbols: frozenset[str]) -> re.Pattern[str]:
    """Match `module.symbol` or `module:symbol`: group 1 is the module, group 2 the symbol."""
    modules = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    wanted = "|".join(re.escape(name) for name in sorted(symbols, key=len, reverse=True))
    return re.compile(rf"(?<![\w.])({modules})[.:]({wanted})(?!\w)")
