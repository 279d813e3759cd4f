"""The rule set that brings old idioms of Python 3 code, and what is left of Python 2 compatibility, to the target."""

import re

from services.canon.vocabulary import ProposalLevel
from services.engine.fixes import annotations_are_read
from services.engine.guards import evaluates_annotations
from services.engine.hazards import Hazard, HazardKind
from services.engine.rules.hunks import taken_over
from services.engine.rules.model import RuleInput, RuleOutput, RuleSet
from services.engine.rules.pyupgrade_gateway import upgraded

_TYPES = re.compile(r"\b(?:typing|List|Dict|Set|FrozenSet|Tuple|Type|Optional|Union|Text|DefaultDict|Deque)\b")
_RULE = "UPGRADE"
_MESSAGE = "Bring old idioms to the syntax of the target version"
_FORMAT = "`%` formatting became `str.format`: objects are asked through `__format__` instead of `__str__`."


def _fix(given: RuleInput) -> RuleOutput:
    output = RuleOutput()
    read_somewhere = annotations_are_read(given.project)
    percent = given.level is ProposalLevel.COMPREHENSIVE
    for path, text in given.texts.items():
        runtime = read_somewhere or evaluates_annotations(text)
        plain = upgraded(text, given.target, percent_format=False, runtime_typing=runtime)
        after = upgraded(text, given.target, percent_format=True, runtime_typing=runtime) if percent else plain
        changed, hunks = taken_over(text, after, _is_no_annotation if runtime else None)
        if not hunks:
            continue
        output.texts[path] = changed
        output.count(_RULE, _MESSAGE, hunks)
        if after != plain:
            output.hazards.append(Hazard(HazardKind.FORMAT_PROTOCOL, path, None, _FORMAT))
    return output


def _is_no_annotation(old: list[str], new: list[str]) -> bool:
    return not any(_TYPES.search(line) for line in old)


UPGRADES = RuleSet(
    "upgrades",
    "Old idioms and compatibility code of Python 2 and early Python 3",
    "Each rewrite means the same on every version from the target on; annotations that are read at run time stay.",
    "LOW",
    _fix,
)
