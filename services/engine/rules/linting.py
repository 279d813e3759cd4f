"""Rule sets that take a linter's fixes under guards: modernisation by target version, clean-up, unused imports."""

from collections.abc import Mapping

from services.engine.fixes import fix_texts
from services.engine.goals.model import GoalKind
from services.engine.rules.lint import rules_for
from services.engine.rules.model import RuleInput, RuleOutput, RuleSet


def _lint(given: RuleInput, rules: tuple[str, ...], originals: Mapping[str, str] | None = None) -> RuleOutput:
    fixed = fix_texts(given.texts, rules, given.target, given.project, originals=originals)
    return RuleOutput(fixed.texts, fixed.taken, fixed.messages)


def _modernise(given: RuleInput) -> RuleOutput:
    return _lint(given, rules_for(GoalKind.MODERNISE, given.level), given.originals)


def _clean_up(given: RuleInput) -> RuleOutput:
    return _lint(given, rules_for(GoalKind.CLEAN_UP, given.level))


def _unused_imports(given: RuleInput) -> RuleOutput:
    return _lint(given, ("F401",))


def _unused_variables(given: RuleInput) -> RuleOutput:
    return _lint(given, ("F841",))


MODERN_SYNTAX = RuleSet(
    "modern-syntax",
    "Newer syntax for the target version",
    "Each fix is one that the linter calls safe, or that holds under a guard of ours, for the target version.",
    "LOW",
    _modernise,
)

CLEAN_UP = RuleSet(
    "clean-up",
    "Unused imports and variables, and simplifications that keep behaviour",
    "Each fix is one that the linter calls safe, or that holds under a guard of ours.",
    "LOW",
    _clean_up,
)

UNUSED_IMPORTS = RuleSet(
    "unused-imports",
    "Imports that nothing uses",
    "Only modules of the standard library without effects on import go, and no name that another file takes.",
    "NONE",
    _unused_imports,
)

UNUSED_VARIABLES = RuleSet(
    "unused-variables",
    "Variables that are stored and never read",
    "Only constants and the names of caught exceptions go; whatever may have an effect stays.",
    "NONE",
    _unused_variables,
)
