"""The rule set that takes private methods which use nothing of their object out of large classes.

It proposes: each method is one operation of the document, to be accepted or left out by a person.
"""

import ast
from collections.abc import Iterator

from services.core.tree import file_fingerprint
from services.engine.refusals import RefusedError
from services.engine.rules.model import RuleInput, RuleOutput, RuleSet
from services.engine.rules.view import FUNCTIONS, FunctionNode, view_of
from services.engine.signatures.operations import MethodToFunction
from services.engine.symbolic import plan_symbolic
from services.engine.tree_edits import EditLimits

LARGE_METHODS, LARGE_LINES = 20, 300
MAX_MOVED = 10
_RULE = "LARGE-CLASS"
_MESSAGE = "Take methods that use nothing of their object out of large classes"


def _fix(given: RuleInput) -> RuleOutput:
    output = RuleOutput()
    tree = {
        **given.tree,
        **{path: text.encode() for path, text in given.texts.items() if text != given.originals[path]},
    }
    limits = EditLimits(given.project.scope)
    for path, text in given.texts.items():
        for symbol in _symbols(path, text):
            if len(output.requests) >= MAX_MOVED:
                return output
            operation = MethodToFunction(path=path, base_fingerprint=file_fingerprint(tree[path]), symbol=symbol)
            try:
                edits = plan_symbolic(tree, operation, limits)
            except RefusedError:
                continue
            tree |= {name: content for name, content in edits.contents.items() if content is not None}
            output.requests.append({"op": "method_to_function", "path": path, "symbol": symbol})
            output.count(_RULE, _MESSAGE)
    return output


def _symbols(path: str, text: str) -> Iterator[str]:
    view = view_of(path, text)
    for owner in view.module.body if view else ():
        if not isinstance(owner, ast.ClassDef):
            continue
        methods = [node for node in owner.body if isinstance(node, FUNCTIONS)]
        is_large = len(methods) > LARGE_METHODS or (owner.end_lineno or 0) - owner.lineno > LARGE_LINES
        if is_large:
            yield from (f"{owner.name}.{node.name}" for node in methods if _uses_nothing(node))


def _uses_nothing(method: FunctionNode) -> bool:
    """Tell whether a private method is plain and never mentions its object."""
    is_private = method.name.startswith("_") and not method.name.startswith("__")
    if not is_private or method.decorator_list or not method.args.args:
        return False
    names = {node.id for node in ast.walk(method) if isinstance(node, ast.Name)}
    return not names & {method.args.args[0].arg, "super", "__class__"}


LARGE_CLASSES = RuleSet(
    "large-classes",
    "Large classes without what is not theirs",
    "Each method is taken out by the operation `method_to_function`, which refuses what would change behaviour.",
    "LOW",
    _fix,
    options=("tests",),
)
