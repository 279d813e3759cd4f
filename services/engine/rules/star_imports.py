"""The rule set that names what star imports bring in."""

import ast
import importlib
import re
from functools import cache

from services.engine.hazards import Hazard, HazardKind
from services.engine.module_names import absolute_module, modules_by_name
from services.engine.rules.hunks import parses_text
from services.engine.rules.model import RuleInput, RuleOutput, RuleSet
from services.engine.rules.view import View, spliced, view_of
from services.engine.source import Splice

_RULE = "STAR-IMPORT"
_MESSAGE = "Name what a star import brings in"
_LEFT = "The star import of `{module}` stays: {reason}."
_LIBRARY = frozenset(
    {
        "collections", "datetime", "functools", "itertools", "math", "operator", "os", "os.path", "random", "re",
        "socket", "string", "struct", "sys", "time", "typing",
    }
)  # fmt: skip
"""Modules of the standard library whose names we look up; importing them has no effect."""
_DYNAMIC = re.compile(r"\b(?:globals|vars|locals|exec|eval)\s*\(|__import__|def __getattr__")
_LINE = 100


def _fix(given: RuleInput) -> RuleOutput:
    work = _Work(given)
    for path in given.texts:
        work.expand(path)
    return work.output


class _Work:
    """One run over all files: a file is rewritten after those its stars lead to, and sees what they offer then."""

    def __init__(self, given: RuleInput) -> None:
        self.given = given
        self.output = RuleOutput()
        self._started: set[str] = set()

    def expand(self, path: str) -> None:
        """Rewrite the star imports of one file, once."""
        if path in self._started or path not in self.given.texts:
            return
        self._started.add(path)
        view = view_of(path, self.given.texts[path])
        if view is None or "import *" not in view.text:
            return
        for node in _stars(view):
            target = _path_of(view, node, self.given)
            if target is not None:
                self.expand(target)
        seen = self.given.having({**self.given.texts, **self.output.texts})
        splices = _in_file(view, seen, _Offers(seen), self.output)
        after = spliced(view.text, splices)
        if splices and parses_text(after):
            self.output.texts[path] = after


def _stars(view: View) -> list[ast.ImportFrom]:
    """Return the star imports, last first."""
    found = [node for node in ast.walk(view.module) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]
    return sorted(found, key=lambda item: item.lineno, reverse=True)


def _path_of(view: View, node: ast.ImportFrom, given: RuleInput) -> str | None:
    name = given.project.modules[view.path].name
    return modules_by_name(given.tree).get(absolute_module(view.path, name, node.module, node.level))


def _in_file(view: View, given: RuleInput, offers: "_Offers", output: RuleOutput) -> list[Splice]:
    splices: list[Splice] = []
    taken: set[str] = set()
    for node in _stars(view):
        module = "." * node.level + (node.module or "")
        name = given.project.modules[view.path].name
        names = offers.of(absolute_module(view.path, name, node.module, node.level))
        reason = _reason(view, names)
        wanted = sorted(_wanted(view, node, given, names or frozenset()) - taken)
        if reason is None and not wanted:
            reason = "nothing of it is used, and importing it may have effects"
        if reason is not None:
            sentence = _LEFT.format(module=module, reason=reason)
            output.hazards.append(Hazard(HazardKind.DYNAMIC_LOOKUP, view.path, node.lineno, sentence))
            continue
        taken |= set(wanted)
        splices.append(view.replace(node, _statement(view, node, module, wanted)))
        output.count(_RULE, _MESSAGE)
    return splices


def _reason(view: View, names: frozenset[str] | None) -> str | None:
    if names is None:
        return "what it offers is not known without running it"
    if _DYNAMIC.search(view.text):
        return "the file looks names up while it runs"
    return None


def _wanted(view: View, node: ast.ImportFrom, given: RuleInput, names: frozenset[str]) -> set[str]:
    """Return the offered names that the file mentions or that others may take from it."""
    if view.path.endswith("__init__.py"):
        return set(names)
    start, end = view.span(node)
    rest = view.text[:start] + view.text[end:]
    words = set(re.findall(r"[^\W\d]\w*", rest))
    return set(names) & (words | _taken_from(view.path, given))


def _taken_from(path: str, given: RuleInput, seen: frozenset[str] = frozenset()) -> set[str]:
    """Return the names that other files take from a module, through the stars of others too."""
    own = given.project.modules[path].name
    found: set[str] = set()
    for module in given.project.modules.values():
        direct = [item for item in module.imports if item.module == own or item.module.endswith("." + own)]
        found |= {item.name for item in direct if item.name}
        is_read = any(item.name is None or item.bound_as == own.rpartition(".")[2] for item in module.imports)
        if is_read and module.path != path:
            found |= module.attribute_names
        if any(item.name == "*" for item in direct) and module.path not in seen:
            text = given.texts.get(module.path) or given.tree[module.path].decode("utf-8", "replace")
            found |= set(re.findall(r"[^\W\d]\w*", text))
            found |= _taken_from(module.path, given, seen | {path, module.path})
    return found


def _statement(view: View, node: ast.ImportFrom, module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if node.col_offset + len(line) <= _LINE:
        return line
    indent = view.indent_of(node)
    inner = "".join(f"{indent}    {name},\n" for name in names)
    return f"from {module} import (\n{inner}{indent})"


class _Offers:
    """What `from module import *` brings in, by dotted module name; None where it cannot be told."""

    def __init__(self, given: RuleInput) -> None:
        self._given = given
        self._paths = modules_by_name(given.tree)
        self._known: dict[str, frozenset[str] | None] = {}

    def of(self, module: str) -> frozenset[str] | None:
        """Return the names a module offers."""
        if module not in self._known:
            self._known[module] = frozenset()
            self._known[module] = self._work_out(module)
        return self._known[module]

    def _work_out(self, module: str) -> frozenset[str] | None:
        path = self._paths.get(module)
        model = self._given.project.modules.get(path or "")
        if model is None or path is None:
            return _library_names(module) if module in _LIBRARY else None
        text = self._given.texts.get(path) or self._given.tree[path].decode("utf-8", "replace")
        view = view_of(path, text)
        if view is None or _DYNAMIC.search(text):
            return None
        if model.exports is not None:
            return frozenset(model.exports)
        if "__all__" in text:
            return None
        return self._public(view, model.name)

    def _public(self, view: View, name: str) -> frozenset[str] | None:
        found: set[str] = set()
        for node in _top_level(view.module.body):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                inner = self.of(absolute_module(view.path, name, node.module, node.level))
                if inner is None:
                    return None
                found |= inner
            else:
                found |= _bound(node)
        return frozenset(item for item in found if not item.startswith("_"))


def _top_level(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements that run in the module's own scope."""
    found: list[ast.stmt] = []
    for node in body:
        found.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                found += _top_level(getattr(node, name, []))
            for handler in getattr(node, "handlers", []):
                found += _top_level(handler.body)
    return found


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {item.asname or item.name.partition(".")[0] for item in node.names}
    heads = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]
    stores = (n for head in heads for n in ast.walk(head) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return {item.id for item in stores}


@cache
def _library_names(module: str) -> frozenset[str]:
    loaded = importlib.import_module(module)
    return frozenset(getattr(loaded, "__all__", [name for name in dir(loaded) if not name.startswith("_")]))


STAR_IMPORTS = RuleSet(
    "star-imports",
    "Star imports",
    "Every offered name that the file or another one mentions is imported by name; the rest nobody can see.",
    "LOW",
    _fix,
)
