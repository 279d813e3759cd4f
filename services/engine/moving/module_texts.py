"""Mentions of a renamed module in text: dotted strings, look-ups by name, configuration, documents, file paths."""

import ast
import re
from collections.abc import Iterator

from services.engine.hazards import HazardKind
from services.engine.moving.draft import TreeDraft
from services.engine.moving.module_route import ModuleRoute
from services.engine.moving.texts import CONFIGURATION
from services.engine.names import is_document, is_python
from services.engine.project import dotted_name
from services.engine.refusals import RefusedError
from services.engine.rename_text import comments_of
from services.engine.scopes import ModuleScopes, StringUse
from services.engine.source import SourceText, Splice

_LOADERS = ("import_module", "__import__", "find_spec", "run_module", "resolve_name", "reload")


def follow_module_texts(draft: TreeDraft, route: ModuleRoute) -> None:
    """Rewrite strings, docstrings and comments of Python files."""
    for path, scopes in draft.project.modules.items():
        loaded = {id(node) for node in _loaded(scopes)}
        for text in scopes.strings:
            if text.start >= 0 and route.old_stem in text.value:
                _string(draft, route, path, scopes, text, is_code=id(text.node) in loaded)
        if route.options.docs and route.follows(path):
            for start, comment in comments_of(scopes.source):
                for first, last, new in mentions(draft, route, comment):
                    draft.file(path).replace(start + first, start + last, new)


def module_documents(draft: TreeDraft, route: ModuleRoute) -> dict[str, bytes]:
    """Return new contents of documents and configuration that name the module or its file."""
    found: dict[str, bytes] = {}
    for path in sorted(draft.tree):
        is_known = is_document(path) or path.endswith(CONFIGURATION)
        if is_python(path) or not is_known or route.old_stem.encode() not in draft.tree[path]:
            continue
        try:
            source = SourceText.read(path, draft.tree[path])
        except RefusedError:
            continue
        places = sorted(set(mentions(draft, route, source.text)))
        wanted = route.options.docs if is_document(path) else route.options.strings
        if places and wanted and (path in route.files or route.limits.allow(path)):
            found[path] = source.splice([Splice(*place) for place in places])
        elif places:
            line = source.line_of(places[0][0])
            draft.disclose(HazardKind.TEXT_MENTION, path, line, "Text goes on naming the old module.")
    return found


def mentions(draft: TreeDraft, route: ModuleRoute, text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and replacement of each mention: a dotted name, `-m name`, a path of a file that moves."""
    dotted = re.compile(rf"(?<![\w./-]){re.escape(route.old_name)}(?![\w-])(?:([.:])(\w+))?")
    for match in dotted.finditer(text):
        is_member = match[2] is not None and _is_member(draft, route, match[2])
        is_run = re.search(r"-m\s+$", text[: match.start()]) is not None
        is_dotted = "." in route.old_name and match[1] is None
        if is_member or is_run or is_dotted or _is_listed(text, match.start()):
            yield match.start(), match.start() + len(route.old_name), route.new_name
    for old, new in route.files.items():
        yield from _paths(text, old, new)


def _is_listed(text: str, offset: int) -> bool:
    """Tell whether a quoted name stands in a list of packages or modules to be distributed."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return text[offset - 1 : offset] in ("'", '"') and re.match(r"\s*(packages|py[_-]modules)\s*=", line) is not None


def _paths(text: str, old: str, new: str) -> Iterator[tuple[int, int, str]]:
    if "/" in old or old.endswith(".py"):
        for match in re.finditer(rf"(?<![\w./-]){re.escape(old)}(?![\w/])", text):
            yield match.start(), match.end(), new


def _is_member(draft: TreeDraft, route: ModuleRoute, name: str) -> bool:
    return draft.project.member(route.old_name, name).kind != "external"


def _string(
    draft: TreeDraft, route: ModuleRoute, path: str, scopes: ModuleScopes, text: StringUse, *, is_code: bool
) -> None:
    is_prose = text.is_docstring or re.search(r"\s", text.value) is not None
    places = sorted(set(mentions(draft, route, text.value)))
    if is_code and text.value == f".{route.old_stem}" and route.old_parent == route.new_parent:
        places = [(1, len(text.value), route.new_stem)]
    elif is_code and text.value == route.old_name:
        places = [(0, len(text.value), route.new_name)]
    wanted = is_code or (route.options.docs if is_prose else route.options.strings)
    for start, end, new in places:
        if wanted and route.follows(path):
            draft.file(path).replace(text.start + start, text.start + end, new)
        elif is_prose:
            line = scopes.source.line_of(text.start + start)
            draft.disclose(HazardKind.TEXT_MENTION, path, line, "Text goes on naming the old module.")
        else:
            route.kept.append((path, scopes.source.line_of(text.start + start)))


def _loaded(scopes: ModuleScopes) -> Iterator[ast.expr]:
    """Yield the first arguments of calls that import a module by its name."""
    for call in scopes.calls:
        callee = (dotted_name(call.node.func) or "").rpartition(".")[2]
        if callee in _LOADERS and call.node.args:
            yield call.node.args[0]
