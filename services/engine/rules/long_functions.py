"""The rule set that takes parts out of long functions, named after the comment above them.

It proposes: each part is one operation of the document, to be accepted, renamed or left out by a person.
"""

import ast
import keyword
import re
from collections.abc import Iterator

from services.engine.rules.extraction import bound_names, free_name, request, tried
from services.engine.rules.model import RuleInput, RuleOutput, RuleSet
from services.engine.rules.view import FunctionNode, View, functions_in, view_of

LONG = 60
MIN_PART, MAX_SHARE = 8, 0.8
MAX_PARTS = 6
MAX_TRIALS = 4
_RULE = "LONG-FUNCTION"
_MESSAGE = "Take parts of long functions out"
_KINDS = {ast.For: "each", ast.While: "loop", ast.With: "within", ast.If: "case", ast.Try: "attempt"}
_MAX_WORDS = 4


def _fix(given: RuleInput) -> RuleOutput:
    output = RuleOutput()
    for path, text in given.texts.items():
        for _ in range(MAX_PARTS):
            found = _one_part(path, text)
            if found is None:
                break
            first, last, name, text = found
            output.requests.append(request(path, first, last, name))
            output.count(_RULE, _MESSAGE)
    return output


def _one_part(path: str, text: str) -> tuple[int, int, str, str] | None:
    """Return lines, name and resulting text of the first part that can be taken out."""
    view = view_of(path, text)
    if view is None:
        return None
    taken = bound_names(view)
    for function in functions_in(view.module):
        if _length(function) <= LONG:
            continue
        for part in sorted(_parts(function), key=lambda item: -_length(item))[:MAX_TRIALS]:
            name = free_name(_name(view, function, part), taken)
            first, last = part.lineno, part.end_lineno or part.lineno
            result = tried(path, text, first, last, name)
            if result is not None:
                return first, last, name, result.text
    return None


def _parts(function: FunctionNode) -> Iterator[ast.stmt]:
    """Compound statements of the function's own blocks that are long enough and not nearly all of it."""
    pending = list(function.body)
    while pending:
        node = pending.pop()
        if type(node) not in _KINDS:
            continue
        if MIN_PART <= _length(node) <= MAX_SHARE * _length(function):
            yield node
        for name in ("body", "orelse", "finalbody"):
            pending += getattr(node, name, [])


def _length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _name(view: View, function: FunctionNode, part: ast.stmt) -> str:
    """Name a part after the comment above it, otherwise after its function and what it is."""
    above = view.text[view.line_start(max(part.lineno - 1, 1)) : view.line_start(part.lineno)].strip()
    words = re.findall(r"[a-z][a-z0-9]*", above.lower()) if above.startswith("#") else []
    said = "_".join(words[:_MAX_WORDS])
    if said.isidentifier() and not keyword.iskeyword(said) and len(said) > 2:
        return f"_{said}"
    return f"_{function.name.strip('_')}_{_KINDS[type(part)]}"


LONG_FUNCTIONS = RuleSet(
    "long-functions",
    "Long functions in parts",
    "Each part is taken out by the operation `extract_function`, which refuses what would change behaviour.",
    "LOW",
    _fix,
    options=("tests",),
)
