"""The rule set Python 2 → 3: decides which files are Python 2, converts them, says what cannot be proven."""

import re

from services.canon.vocabulary import ProposalLevel
from services.engine.hazards import Hazard, HazardKind
from services.engine.rules.hunks import parses_text, taken_over
from services.engine.rules.model import RuleInput, RuleOutput, RuleSet
from services.engine.rules.python3.doubts import doubts
from services.engine.rules.python3.evidence import is_new, looks_new, reads_as_python2
from services.engine.rules.python3.fissix_gateway import converted, is_python2, neutral
from services.engine.rules.python3.leftovers import LEFTOVERS, rewritten

_RULE = "PY3"
_MESSAGE = "Convert Python 2 syntax, names and containers to Python 3"
_CONVERTED = "The file was Python 2; what it does can only be compared where a Python 2 still runs it."
_LOOP = re.compile(r"^\s*(?:async\s+)?for\s.*\bin\b|\bfor\b.*\bin\b")
_DECLARED = re.compile(rb"(?:requires-python|python_requires)\s*=\s*[\"']?\s*(?:>=|~=|\^)\s*3")
_TAB = 8


def _fix(given: RuleInput) -> RuleOutput:
    """Convert every file when one of them is Python 2, or those alone where others are Python 3 already.

    Where none gives itself away, files are wrapped in lists and the like all the same, but only above CONSERVATIVE and
    where nothing says that the project is Python 3 already. A source is converted once, however often this is called.
    """
    output = RuleOutput()
    fresh = {path: text for path, text in given.texts.items() if text == given.originals.get(path, text)}
    old = {path for path, text in given.originals.items() if _is_old(text)}
    is_mixed = any(is_new(text) for text in given.originals.values())
    is_doubtful = not old and not _says_python3(given)
    for path, text in fresh.items():
        if path in old or (old and not is_mixed and not is_new(text)):
            _take(path, text, _converted(path, text, given), given, output)
        elif is_doubtful and given.level is not ProposalLevel.CONSERVATIVE:
            _take_neutral(path, text, output)
    return output


def _says_python3(given: RuleInput) -> bool:
    """Tell whether a source or the project's own declaration is Python 3."""
    declared = any(_DECLARED.search(given.tree.get(name, b"")) for name in ("pyproject.toml", "setup.cfg", "setup.py"))
    return declared or any(is_new(text) or looks_new(text) for text in given.originals.values())


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
    return rewritten(path, text, after, given.tree)


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
    return not is_new(text) and (is_python2(text) or reads_as_python2(text))


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
