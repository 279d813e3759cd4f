"""Which Python a source that parses was written for, as far as it tells."""

import ast

from services.engine.syntax import parse_text

_NEWER = (ast.AnnAssign, ast.JoinedStr, ast.Nonlocal, ast.AsyncFunctionDef, ast.NamedExpr, ast.YieldFrom, ast.MatMult)
_NEW_MODULES = frozenset(
    {
        "_thread", "asyncio", "builtins", "configparser", "copyreg", "html", "http", "pathlib", "queue", "reprlib",
        "socketserver", "tkinter", "typing", "urllib.error", "urllib.parse", "urllib.request", "winreg", "xmlrpc",
    }
)  # fmt: skip
_NEW_METHODS = frozenset({"__bool__", "__next__", "__truediv__"})
_OLD_NAMES = frozenset({"unicode", "unichr", "print"})
_OLD_ITERATORS = frozenset(f"{kind}{what}" for kind in ("iter", "view") for what in ("items", "keys", "values"))


def is_new(text: str) -> bool:
    """Tell whether a source can only be Python 3."""
    return any(isinstance(node, _NEWER) or _has_new_syntax(node) for node in _nodes(text))


def looks_new(text: str) -> bool:
    """Tell whether a source that both can parse was meant for Python 3: it says what makes little sense in Python 2."""
    return any(_means_new(node) for node in _nodes(text))


def reads_as_python2(text: str) -> bool:
    """Tell whether a source that parses says what only Python 2 means: `print >>file, x`, `d.iteritems()`."""
    return any(_means_old(node) for node in _nodes(text))


def _nodes(text: str) -> list[ast.AST]:
    try:
        return list(ast.walk(parse_text(text)))
    except (SyntaxError, ValueError, RecursionError):
        return []


def _has_new_syntax(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.returns is not None or bool(node.args.kwonlyargs)
    if isinstance(node, ast.Raise):
        return node.cause is not None
    if isinstance(node, ast.ClassDef):
        return bool(node.keywords)
    return isinstance(node, ast.arg) and node.annotation is not None


def _means_new(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        count = len(node.args)
        is_print = node.func.id == "print" and (count != 1 or bool(node.keywords))
        return is_print or (node.func.id == "super" and count == 0)
    if isinstance(node, ast.Import | ast.ImportFrom):
        modules = {item.name for item in node.names} if isinstance(node, ast.Import) else {node.module or ""}
        return any(name in _NEW_MODULES or name.partition(".")[0] in _NEW_MODULES for name in modules)
    return isinstance(node, ast.FunctionDef) and node.name in _NEW_METHODS


def _means_old(node: ast.AST) -> bool:
    said = node.value if isinstance(node, ast.Expr) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift):
        said = node.left
    if isinstance(node, ast.Call):
        said = node.func if isinstance(node.func, ast.Name) and node.func.id != "print" else None
    if isinstance(said, ast.Name) and said.id in _OLD_NAMES:
        return True
    return isinstance(node, ast.Attribute) and node.attr in _OLD_ITERATORS
