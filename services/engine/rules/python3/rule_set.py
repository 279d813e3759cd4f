"""The rule set Python 2 → 3: decides which files are Python 2, converts them, says what cannot be proven."""

import ast
import re

from services.canon.vocabulary import ProposalLevel
from services.engine.hazards import Hazard, HazardKind
from services.engine.rules.hunks import parses_text, taken_over
from services.engine.rules.model import RuleInput, RuleOutput, RuleSet
from services.engine.rules.python3.doubts import doubts
from services.engine.rules.python3.fissix_gateway import converted, is_python2, neutral
from services.engine.rules.python3.leftovers import LEFTOVERS, rewritten
from services.engine.syntax import parse_text

_RULE = "PY3"
_MESSAGE = "Convert Python 2 syntax, names and containers to Python 3"
_CONVERTED = "The file was Python 2; what it does can only be compared where a Python 2 still runs it."
_LOOP = re.compile(r"^\s*(?:async\s+)?for\s.*\bin\b|\bfor\b.*\bin\b")
_DECLARED = re.compile(rb"(?:requires-python|python_requires)\s*=\s*[\"']?\s*(?:>=|~=|\^)\s*3")
_NEWER = (ast.AnnAssign, ast.JoinedStr, ast.Nonlocal, ast.AsyncFunctionDef, ast.NamedExpr, ast.YieldFrom, ast.MatMult)
_OLD_ITERATORS = frozenset(f"{kind}{what}" for kind in ("iter", "view") for what in ("items", "keys", "values"))
_TAB = 8


def _fix(given: RuleInput) -> RuleOutput:
    """Convert every file when one of them is Python 2.

    Where none gives itself away, files are wrapped in lists and the like all the same, but only above CONSERVATIVE and
    where nothing says that the project is Python 3 already. A source is converted once, however often this is called.
    """
    output = RuleOutput()
    fresh = {path: text for path, text in given.texts.items() if text == given.originals.get(path, text)}
    is_old = any(_is_old(text) for text in given.originals.values())
    is_doubtful = not is_old and not _says_python3(given)
    for path, text in fresh.items():
        if is_old and not _is_new(text):
            _take(path, text, _converted(path, text, given), given, output)
        elif is_doubtful and given.level is not ProposalLevel.CONSERVATIVE:
            _take_neutral(path, text, output)
    return output


def _says_python3(given: RuleInput) -> bool:
    """Tell whether a source or the project's own declaration is Python 3."""
    declared = any(_DECLARED.search(given.tree.get(name, b"")) for name in ("pyproject.toml", "setup.cfg", "setup.py"))
    return declared or any(_is_new(text) for text in given.originals.values())


def _fix_unparsable(given: RuleInput) -> RuleOutput:
    """Convert only what Python 3 cannot parse, so that later rules can read it."""
    output = RuleOutput()
    for path, text in given.texts.items():
        if not parses_text(text):
            _take(path, text, _converted(path, text, given), given, output)
    return output


def _converted(path: str, text: str, given: RuleInput) -> tuple[str, dict[str, int]]:
    after = converted(text)
    if after is None:
        return text, {}
    if not parses_text(after):
        after = _untabbed(after)
    if not parses_text(after):
        return text, {}
    is_absolute = re.search(r"^from __future__ import .*\babsolute_import\b", text, re.M)
    return rewritten(path, after, {} if is_absolute else given.tree)


def _take(path: str, before: str, after: tuple[str, dict[str, int]], given: RuleInput, output: RuleOutput) -> None:
    text, counts = after
    if text == before:
        return
    output.texts[path] = text
    output.count(_RULE, _MESSAGE)
    for rule, times in counts.items():
        output.count(rule, LEFTOVERS[rule][0], times)
    output.hazards += [Hazard(HazardKind.PYTHON2_SOURCE, path, None, _CONVERTED), *doubts(path, before, text)]


def _take_neutral(path: str, text: str, output: RuleOutput) -> None:
    after = neutral(text)
    if after is None:
        return
    changed, hunks = taken_over(text, after, lambda old, new: not any(_LOOP.search(line) for line in old))
    if hunks:
        output.texts[path] = changed
        output.count(_RULE, _MESSAGE, hunks)


def _is_old(text: str) -> bool:
    """Tell whether a source can only be Python 2."""
    if not parses_text(text):
        return converted(text) is not None
    return not _is_new(text) and (is_python2(text) or _reads_as_python2(text))


def _reads_as_python2(text: str) -> bool:
    """Tell whether a source that parses says what only Python 2 means: `print >>file, x`, `d.iteritems()`."""
    for node in ast.walk(parse_text(text)):
        if isinstance(node, ast.Attribute) and node.attr in _OLD_ITERATORS:
            return True
        said = node.value if isinstance(node, ast.Expr) else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift):
            said = node.left
        if isinstance(said, ast.Name) and said.id == "print":
            return True
    return False


def _is_new(text: str) -> bool:
    """Tell whether a source can only be Python 3."""
    try:
        module = parse_text(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return any(isinstance(node, _NEWER) or _is_annotated(node) for node in ast.walk(module))


def _is_annotated(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.returns is not None or bool(node.args.kwonlyargs)
    return isinstance(node, ast.arg) and node.annotation is not None


def _untabbed(text: str) -> str:
    """Expand tabs before the first character of each line, as Python 2 read them."""
    return re.sub(r"^[ \t]+", lambda found: found.group().expandtabs(_TAB), text, flags=re.M)


PYTHON3 = RuleSet(
    "python3",
    "Python 2 sources as Python 3",
    "Each fixer keeps the meaning Python 2 gave the source, except for the doubts that are listed.",
    "MEDIUM",
    _fix,
)

READABLE = RuleSet(
    "readable",
    "Files that only Python 2 can read",
    "As the set `python3`, for files that Python 3 cannot parse; all others are left alone.",
    "MEDIUM",
    _fix_unparsable,
)
