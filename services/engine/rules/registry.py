"""Which rule sets carry out which goal, in order, from which level on."""

from services.canon.vocabulary import ProposalLevel
from services.engine.goals.model import GoalKind
from services.engine.rules.annotations import ANNOTATIONS
from services.engine.rules.circular_imports import CIRCULAR_IMPORTS
from services.engine.rules.dead_code import DEAD_CODE
from services.engine.rules.duplicates import DUPLICATES
from services.engine.rules.large_classes import LARGE_CLASSES
from services.engine.rules.linting import CLEAN_UP, MODERN_SYNTAX, UNUSED_IMPORTS, UNUSED_VARIABLES
from services.engine.rules.long_functions import LONG_FUNCTIONS
from services.engine.rules.model import RuleSet
from services.engine.rules.mutable_defaults import MUTABLE_DEFAULTS
from services.engine.rules.python3.rule_set import PYTHON3, READABLE
from services.engine.rules.star_imports import STAR_IMPORTS
from services.engine.rules.upgrades import UPGRADES

_C, _S, _X = ProposalLevel.CONSERVATIVE, ProposalLevel.STANDARD, ProposalLevel.COMPREHENSIVE
_ORDER = (_C, _S, _X)

PIPELINES: dict[GoalKind, tuple[tuple[RuleSet, ProposalLevel], ...]] = {
    GoalKind.MODERNISE: ((READABLE, _C), (UPGRADES, _C), (MODERN_SYNTAX, _C)),
    GoalKind.PYTHON3: ((PYTHON3, _C),),
    GoalKind.CLEAN_UP: ((CLEAN_UP, _C),),
    GoalKind.REMOVE_DEAD_CODE: ((DEAD_CODE, _C), (UNUSED_IMPORTS, _C), (UNUSED_VARIABLES, _S)),
    GoalKind.REPLACE_MUTABLE_DEFAULTS: ((MUTABLE_DEFAULTS, _C),),
    GoalKind.EXPAND_STAR_IMPORTS: ((STAR_IMPORTS, _C),),
    GoalKind.ANNOTATE: ((ANNOTATIONS, _C),),
    GoalKind.EXTRACT_DUPLICATES: ((DUPLICATES, _C),),
    GoalKind.SPLIT_LONG_FUNCTIONS: ((LONG_FUNCTIONS, _C),),
    GoalKind.SPLIT_LARGE_CLASSES: ((LARGE_CLASSES, _C),),
    GoalKind.FIND_CIRCULAR_IMPORTS: ((CIRCULAR_IMPORTS, _C),),
    GoalKind.REMOVE_UNUSED_IMPORTS: ((UNUSED_IMPORTS, _C),),
}


def pipeline(kind: GoalKind, level: ProposalLevel) -> tuple[RuleSet, ...]:
    """Return the rule sets of a goal at a level, in order; empty for a kind that is no set of rules."""
    return tuple(
        rule_set for rule_set, lowest in PIPELINES.get(kind, ()) if _ORDER.index(lowest) <= _ORDER.index(level)
    )


def rule_sets() -> tuple[RuleSet, ...]:
    """Return every rule set once, in the order of the pipelines."""
    return tuple({item.id: item for sets in PIPELINES.values() for item, _ in sets}.values())
