"""Functions that somebody else calls: frameworks by name, base class or decorator, Python itself, entry points.

Such a function has callers that no search in the project finds; what it takes and returns is agreed with them.
"""

import ast
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from services.core.tree import Tree
from services.engine.hazards import Hazard, HazardKind
from services.engine.module_names import module_name, package_folders
from services.engine.names import is_python, is_test
from services.engine.project import dotted_name

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

# Pattern of a base class's last name → patterns of the methods its framework calls, and who that is.
_METHODS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("*Command", ("handle", "handle_*", "add_arguments", "execute", "run"), "a management command"),
    ("*View", ("get", "post", "put", "patch", "delete", "head", "options", "dispatch", "as_view", "setup"), "a view"),
    ("*View", ("get_*", "form_*", "render_to_response", "has_permission", "test_func", "perform_*"), "a view"),
    ("*ViewSet", ("list", "create", "retrieve", "update", "partial_update", "destroy", "get_*", "perform_*"), "a view"),
    ("*Mixin", ("get_*", "form_*", "dispatch", "test_func"), "a view"),
    ("*Model", ("save", "delete", "clean", "full_clean", "get_absolute_url", "natural_key"), "a model"),
    ("*Manager", ("get_queryset", "get_by_natural_key"), "a model manager"),
    ("*Form", ("clean", "clean_*", "save", "is_valid"), "a form"),
    ("*Serializer", ("validate", "validate_*", "create", "update", "to_*", "get_*"), "a serializer"),
    ("*Admin", ("get_*", "has_*", "save_*", "delete_*", "formfield_*"), "an admin page"),
    ("AppConfig", ("ready",), "an application"),
    ("Migration", ("apply", "unapply"), "a migration"),
    ("*Middleware*", ("process_*",), "a middleware"),
    (
        "*Handler",
        ("get", "post", "put", "patch", "delete", "head", "prepare", "on_*", "initialize", "emit"),
        "a handler",
    ),
    ("*TestCase", ("setUp", "tearDown", "setUpClass", "tearDownClass", "setUpTestData", "test*"), "a test case"),
    ("Thread", ("run",), "a thread"),
    ("Process", ("run",), "a process"),
    ("*Task", ("run", "on_success", "on_failure", "on_retry", "after_return"), "a task"),
    ("NodeVisitor", ("visit_*", "generic_visit"), "a visitor"),
    ("NodeTransformer", ("visit_*", "generic_visit"), "a visitor"),
    ("HTMLParser", ("handle_*",), "a parser"),
    ("Cmd", ("do_*", "help_*", "complete_*", "default", "emptyline"), "a command shell"),
    ("JSONEncoder", ("default",), "an encoder"),
)

# Pattern of a decorator's last name → what it makes of the function.
_DECORATORS: tuple[tuple[str, str], ...] = (
    ("fixture", "a pytest fixture: its parameters are fixtures, its callers are tests"),
    ("*task", "a task that a queue calls by its name"),
    ("periodic_task", "a task that a scheduler calls"),
    ("route", "called for a web address"),
    ("*_route", "called for a web address"),
    ("websocket*", "called for a web address"),
    ("api_view", "called for a web address"),
    ("command", "a command: its parameters are options"),
    ("group", "a command: its parameters are options"),
    ("option", "a command: its parameters are options"),
    ("argument", "a command: its parameters are options"),
    ("callback", "called back by a framework"),
    ("receiver", "called for a signal"),
    ("connect", "called for a signal"),
    ("listens_for", "called for an event"),
    ("*errorhandler", "called for an error"),
    ("exception_handler", "called for an error"),
    ("before_*", "called around requests"),
    ("after_*", "called around requests"),
    ("*_processor", "called for templates"),
    ("template_*", "called from templates"),
    ("simple_tag", "called from templates"),
    ("inclusion_tag", "called from templates"),
    ("filter", "called from templates"),
    ("*validator", "called when data is validated"),
    ("validates", "called when data is validated"),
    ("hookimpl", "called by a plugin manager"),
    ("middleware", "called around requests"),
    ("on_event", "called for an event"),
    ("register", "registered with a framework"),
    ("overload", "one of several declared signatures"),
)
_WEB_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_ENTRY_FILES = ("pyproject.toml", "setup.cfg", "setup.py")


def framework_role(path: str, function: FunctionNode, owner: ast.ClassDef | None) -> str | None:
    """Return what calls the function besides the project, as the end of a sentence; None when nothing is known to."""
    if function.name.startswith("__") and function.name.endswith("__"):
        return "called by Python itself"
    for decorator in function.decorator_list:
        found = _decorator_role(decorator)
        if found is not None:
            return found
    if owner is not None:
        return _method_role(function.name, owner)
    if function.name.startswith("pytest_") and path.rpartition("/")[2] in ("conftest.py", "plugin.py"):
        return "a hook that pytest calls with arguments by name"
    if is_test(path) and function.name.startswith("test"):
        return "a test: its parameters are fixtures"
    return None


def hook_hazards(
    path: str, module: ast.Module, function: FunctionNode | None, owners: Sequence[ast.AST] = ()
) -> list[Hazard]:
    """Return the hazard of touching a function that a framework calls: one, or none.

    Args:
        owners: The nodes around the function's body, the module first; the class is found in `module` without them.
    """
    if function is None:
        return []
    owner = _owner(owners or _path_to(module, function), function)
    role = framework_role(path, function, owner)
    if role is None:
        return []
    sentence = f"{function.name} is {role}; callers outside the project stay as they are."
    return [Hazard(HazardKind.FRAMEWORK_HOOK, path, function.lineno, sentence)]


def entry_point_hazards(tree: Tree, path: str, symbol: str) -> list[Hazard]:
    """Return the places of packaging files that start the symbol by its dotted name."""
    dotted = module_name(path, package_folders(item for item in tree if is_python(item)))
    wanted = re.compile(rf"(?<![\w.]){re.escape(dotted)}[:.]{re.escape(symbol)}(?!\w)")
    found: list[Hazard] = []
    for item in sorted(tree):
        if item.rpartition("/")[2] in _ENTRY_FILES:
            text = tree[item].decode("utf-8", "replace")
            for number, line in enumerate(text.splitlines(), 1):
                if wanted.search(line):
                    sentence = f"{symbol} is started from here, without arguments."
                    found.append(Hazard(HazardKind.FRAMEWORK_HOOK, item, number, sentence))
    return found


def _decorator_role(decorator: ast.expr) -> str | None:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = dotted_name(called) or ""
    last = name.rpartition(".")[2]
    if "." in name and last in _WEB_VERBS and isinstance(decorator, ast.Call):
        return "called for a web address"
    return next((role for pattern, role in _DECORATORS if fnmatchcase(last, pattern)), None)


def _method_role(name: str, owner: ast.ClassDef) -> str | None:
    bases = [(dotted_name(base) or "").rpartition(".")[2] for base in owner.bases]
    for pattern, methods, who in _METHODS:
        if any(fnmatchcase(base, pattern) for base in bases) and any(fnmatchcase(name, item) for item in methods):
            return f"a method that {who} is known by"
    if owner.name.startswith("Test") and name.startswith(("test", "setup", "teardown")):
        return "a test: its parameters are fixtures"
    return None


def _owner(owners: Sequence[ast.AST], function: FunctionNode) -> ast.ClassDef | None:
    before: ast.AST | None = None
    for item in owners:
        if item is function:
            break
        if isinstance(item, FunctionNode | ast.ClassDef):
            before = item
    return before if isinstance(before, ast.ClassDef) else None


def _path_to(module: ast.Module, function: FunctionNode) -> list[ast.AST]:
    pending: list[list[ast.AST]] = [[module]]
    while pending:
        chain = pending.pop()
        for child in ast.iter_child_nodes(chain[-1]):
            if child is function:
                return [*chain, child]
            if isinstance(child, ast.stmt):
                pending.append([*chain, child])
    return []
