"""What established fixers leave of Python 2, as rewrites on the converted source: one finder per idiom."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.core.tree import Tree
from services.engine.rules.view import View, spliced, view_of
from services.engine.source import Splice


@dataclass(frozen=True)
class PackageView(View):
    """A converted source, the modules that stand beside it, what it took from `__future__`."""

    siblings: frozenset[str] = frozenset()
    future: frozenset[str] = frozenset()


MAX_DEPTH = 10

Finder = Callable[[PackageView], Iterator[Splice]]


def rewritten(path: str, before: str, text: str, tree: Tree) -> tuple[str, dict[str, int]]:
    """Return the converted text after all finders, and how often each found something.

    Args:
        before: The Python 2 source, whose `__future__` imports say how it was meant.
    """
    future = _future(before)
    siblings = frozenset() if "absolute_import" in future else _siblings(path, tree)
    counts: dict[str, int] = {}
    for rule, (_, finder) in LEFTOVERS.items():
        for _ in range(MAX_DEPTH):
            view = view_of(path, text)
            if view is None:
                break
            seen = PackageView(path, view.source, view.module, siblings, future)
            splices = _apart(sorted(set(finder(seen))))
            after = spliced(text, splices)
            if not splices or view_of(path, after) is None:
                break
            text = after
            counts[rule] = counts.get(rule, 0) + len(splices)
    return text, counts


def _future(text: str) -> frozenset[str]:
    found = re.findall(r"^from __future__ import \(?([\w, ]+)", text, re.M)
    return frozenset(word for line in found for word in re.findall(r"\w+", line))


def _apart(splices: list[Splice]) -> list[Splice]:
    """Return the splices that lie inside no other and overlap none; inner ones are found again afterwards."""
    found: list[Splice] = []
    for splice in splices:
        if not found or splice.start >= found[-1].end:
            found.append(splice)
    return found


def _relative_imports(view: PackageView) -> Iterator[Splice]:
    """`import sibling` inside a package meant the sibling."""
    for node in ast.walk(view.module):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            if node.module.partition(".")[0] in view.siblings:
                start, end = view.span(node)
                at = view.text.index(node.module, start + len("from"), end)
                yield Splice(at, at, ".")
        elif isinstance(node, ast.Import) and all(name.name in view.siblings for name in node.names):
            names = ", ".join(name.name + (f" as {name.asname}" if name.asname else "") for name in node.names)
            yield view.replace(node, f"from . import {names}")


_STRING_CONSTANTS = {"letters": "ascii_letters", "lowercase": "ascii_lowercase", "uppercase": "ascii_uppercase"}
_STRING_FUNCTIONS = frozenset(
    {
        "capitalize", "center", "count", "expandtabs", "find", "index", "ljust", "lower", "lstrip", "replace", "rfind",
        "rindex", "rjust", "rstrip", "split", "strip", "swapcase", "upper", "zfill", "rsplit",
    }
)  # fmt: skip
_STRING_NUMBERS = {"atoi": "int", "atol": "int", "atof": "float"}


def _string_module(view: PackageView) -> Iterator[Splice]:
    """Functions of the `string` module that became methods, and its renamed constants."""
    if not _imports(view.module, "string"):
        return
    for node in ast.walk(view.module):
        if isinstance(node, ast.Attribute) and _is_name(node.value, "string") and node.attr in _STRING_CONSTANTS:
            yield view.replace(node, f"string.{_STRING_CONSTANTS[node.attr]}")
        called = isinstance(node, ast.Call) and not node.keywords and node.args and _string_function(node.func)
        if called and isinstance(node, ast.Call) and not any(isinstance(item, ast.Starred) for item in node.args):
            yield from _as_method(view, node, called)


def _as_method(view: PackageView, node: ast.Call, name: str) -> Iterator[Splice]:
    first, *rest = [view.text_of(item) for item in node.args]
    receiver = first if isinstance(node.args[0], ast.Name | ast.Attribute | ast.Call | ast.Constant) else f"({first})"
    if name in _STRING_NUMBERS:
        yield view.replace(node, f"{_STRING_NUMBERS[name]}({', '.join([first, *rest])})")
    elif name in ("join", "joinfields"):
        separator = rest[0] if rest else '" "'
        yield view.replace(node, f"{separator}.join({first})")
    elif name == "maketrans":
        yield view.replace(node, f"str.maketrans({', '.join([first, *rest])})")
    elif name in _STRING_FUNCTIONS:
        yield view.replace(node, f"{receiver}.{name}({', '.join(rest)})")


def _string_function(node: ast.expr) -> str:
    known = _STRING_FUNCTIONS | {"join", "joinfields", "maketrans"} | set(_STRING_NUMBERS)
    if isinstance(node, ast.Attribute) and _is_name(node.value, "string") and node.attr in known:
        return node.attr
    return ""


_METHODS = {
    "__div__": "__truediv__",
    "__rdiv__": "__rtruediv__",
    "__idiv__": "__itruediv__",
    "__nonzero__": "__bool__",
    "__unicode__": "__str__",
}


def _special_methods(view: PackageView) -> Iterator[Splice]:
    """Special methods under their new names, where the class has none of the new name."""
    for owner in ast.walk(view.module):
        if not isinstance(owner, ast.ClassDef):
            continue
        present = {item.name for item in owner.body if isinstance(item, ast.FunctionDef)}
        for item in owner.body:
            new = _METHODS.get(item.name) if isinstance(item, ast.FunctionDef) else None
            if isinstance(item, ast.FunctionDef) and new is not None and new not in present:
                start = view.text.index(item.name, view.source.offset(item.lineno, item.col_offset))
                yield Splice(start, start + len(item.name), new)


_BUILTINS = {"file": "open", "unichr": "chr", "raw_input": "input", "xrange": "range", "unicode": "str", "long": "int"}


def _builtins(view: PackageView) -> Iterator[Splice]:
    """Built-in functions under their new names, where the file binds no such name itself."""
    bound = {
        node.id for node in ast.walk(view.module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    bound |= {node.arg for node in ast.walk(view.module) if isinstance(node, ast.arg)}
    bound |= {getattr(node, "name", "") for node in ast.walk(view.module) if isinstance(node, ast.FunctionDef)}
    bound |= {
        name.asname or name.name
        for node in ast.walk(view.module)
        for name in getattr(node, "names", [])
        if isinstance(name, ast.alias)
    }
    for node in ast.walk(view.module):
        if isinstance(node, ast.Name) and node.id not in bound and node.id in _BUILTINS:
            yield view.replace(node, _BUILTINS[node.id])


def _whole_division(view: PackageView) -> Iterator[Splice]:
    """The quotient of two whole literals was a whole number."""
    if "division" in view.future:
        return
    for node in ast.walk(view.module):
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Div)
            and _is_whole(node.left)
            and _is_whole(node.right)
        ):
            left, right = view.span(node.left)[1], view.span(node.right)[0]
            at = view.text.index("/", left, right)
            yield Splice(at, at + 1, "//")


def _default_encoding(view: PackageView) -> Iterator[Splice]:
    """`reload(sys)` and `sys.setdefaultencoding` set what is always so now."""
    for node in ast.walk(view.module):
        call = node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
        if call is None or not isinstance(node, ast.Expr):
            continue
        text = view.text_of(call)
        is_default = text.startswith("sys.setdefaultencoding(")
        if is_default or text in ("reload(sys)", "imp.reload(sys)", "importlib.reload(sys)"):
            is_top = node in view.module.body and view.stands_alone(node)
            start, end = view.lines_of(node.lineno, node.end_lineno or node.lineno)
            yield Splice(start, end, "") if is_top else view.replace(node, "pass")


LEFTOVERS: dict[str, tuple[str, Finder]] = {
    "PY3-IMPORT": ("Import modules of the same package relatively", _relative_imports),
    "PY3-STRING": ("Use methods of strings instead of functions of the `string` module", _string_module),
    "PY3-METHOD": ("Give special methods the names Python 3 looks for", _special_methods),
    "PY3-BUILTIN": ("Use built-in functions under their present names", _builtins),
    "PY3-DIVISION": ("Divide whole literals with `//`", _whole_division),
    "PY3-ENCODING": ("Drop what sets the default encoding", _default_encoding),
}
"""Rule → its sentence and its finder, in the order in which they run."""


def _siblings(path: str, tree: Tree) -> frozenset[str]:
    """Return the modules beside a file of a package that no top-level module of the tree or the library hides."""
    folder = PurePosixPath(path).parent
    prefix = "" if folder.as_posix() == "." else f"{folder.as_posix()}/"
    if not prefix or f"{prefix}__init__.py" not in tree:
        return frozenset()
    found: set[str] = set()
    for item in tree:
        rest = item.removeprefix(prefix) if item.startswith(prefix) else ""
        name, _, inner = rest.partition("/")
        if rest.endswith(".py") and (not inner or inner == "__init__.py"):
            found.add(name.removesuffix(".py"))
    return frozenset(found - {"__init__", PurePosixPath(path).stem})


def _imports(module: ast.Module, name: str) -> bool:
    return any(
        isinstance(n, ast.Import) and any(a.name == name and not a.asname for a in n.names) for n in ast.walk(module)
    )


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int
