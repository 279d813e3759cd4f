"""Which lint rules each goal and level applies: a table a reader can check, every rule kept because it preserves
behaviour under the named condition.

`SAFE` rules are taken where the linter itself calls the fix safe. `VETTED` ones it offers with a caution; `guards`
hold the condition under which we take them. MODERNISE removes only imports (F401) that it leaves unused itself.
Rules that change results for some input are not in the table.
"""

from services.canon.vocabulary import ProposalLevel
from services.engine.goals.model import GoalKind

_C, _S, _X = ProposalLevel.CONSERVATIVE, ProposalLevel.STANDARD, ProposalLevel.COMPREHENSIVE

RULES: dict[GoalKind, dict[ProposalLevel, tuple[str, ...]]] = {
    GoalKind.MODERNISE: {
        _C: (
            "UP003", "UP004", "UP005", "UP009", "UP010", "UP012", "UP015", "UP017", "UP018", "UP020", "UP021", "UP023",
            "UP024", "UP025", "UP026", "UP029", "UP032", "UP033", "UP034", "UP039", "UP041", "F401",
        ),
        _S: ("UP006", "UP007", "UP011", "UP035", "UP037", "UP043", "UP044", "UP045", "C408", "C410", "FURB105",
             "FURB167", "FURB168", "FURB169", "PIE790", "PIE800", "PIE804", "PIE808", "RUF010", "SIM114", "SIM300",
             "RET501", "RET505", "RET506", "RET507", "RET508", "E713", "E714", "B009", "B010"),
        _X: ("C400", "C401", "C402", "C403", "C404", "C405", "C406", "C409", "C411", "C418", "C420", "FURB188",
             "SIM108", "SIM103", "SIM910", "F541", "PIE807"),
    },
    GoalKind.CLEAN_UP: {
        _C: ("F401", "F541", "F841", "RET501", "RET505", "RET506", "RET507", "RET508", "PIE790", "E713", "E714", "E703",
             "W291", "W293", "W292", "W605", "SIM300", "SIM208", "SIM910", "PIE804", "PIE808", "RSE102", "UP034",
             "UP039", "C408", "PLR1711"),
        _S: ("SIM101", "SIM103", "SIM108", "SIM114", "SIM117", "SIM118", "SIM210", "SIM211", "SIM212", "SIM911",
             "PIE800", "PIE807", "C400", "C401", "C402", "C403", "C404", "C405", "C406", "C409", "C410", "C411",
             "C418", "C420", "PLR5501", "B009", "B010", "RUF010", "FURB105", "FURB167", "UP004", "UP012", "UP015",
             "UP018", "UP025", "UP032"),
        _X: ("I001", "SIM102", "SIM110", "RET504", "RET503", "FURB188", "W391", "UP009"),
    },
}  # fmt: skip

VETTED: frozenset[str] = frozenset(
    {
        "C400", "C401", "C402", "C403", "C404", "C405", "C406", "C408", "C409", "C410", "C411", "C418",
        "F841", "PIE800", "PLR5501", "RET503", "RET504", "SIM101", "SIM102", "SIM103", "SIM108", "SIM110",
        "SIM117", "SIM210", "SIM211", "SIM212", "W291", "W293",
    }
)  # fmt: skip

ANNOTATION_RULES: frozenset[str] = frozenset({"UP006", "UP007", "UP035", "UP037", "UP043", "UP044", "UP045"})

_ORDER = (_C, _S, _X)


def rules_for(kind: GoalKind, level: ProposalLevel) -> tuple[str, ...]:
    """Return the rules of a goal up to and including a level, in table order."""
    table = RULES[kind]
    return tuple(rule for step in _ORDER[: _ORDER.index(level) + 1] for rule in table[step])


def includes_tests(level: ProposalLevel) -> bool:
    """Tell whether test files change too."""
    return level is not _C
