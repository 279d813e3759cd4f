"""How an understood goal is said back: one line per kind, filled from the goal's fields."""

from services.engine.goals.model import Goal, GoalKind, ParameterChange

GOAL_WORDS: dict[GoalKind, str] = {
    GoalKind.MODERNISE: "modernise to Python {target}",
    GoalKind.CLEAN_UP: "clean up",
    GoalKind.PYTHON3: "convert from Python 2 to Python 3",
    GoalKind.ANNOTATE: "add type annotations",
    GoalKind.REMOVE_DEAD_CODE: "remove dead code",
    GoalKind.REMOVE_UNUSED_IMPORTS: "remove unused imports",
    GoalKind.REPLACE_MUTABLE_DEFAULTS: "replace mutable defaults",
    GoalKind.EXPAND_STAR_IMPORTS: "expand star imports",
    GoalKind.EXTRACT_DUPLICATES: "extract duplicated blocks",
    GoalKind.SPLIT_LONG_FUNCTIONS: "split long functions",
    GoalKind.SPLIT_LARGE_CLASSES: "split large classes",
    GoalKind.FIND_CIRCULAR_IMPORTS: "find circular imports",
    GoalKind.RENAME: "rename {symbol} to {new_name}",
    GoalKind.RENAME_MODULE: "move the module to {new_path}",
    GoalKind.MOVE_SYMBOLS: "move {symbols} to {new_path}",
    GoalKind.FOLD_MODULE: "fold the module into {new_path}",
    GoalKind.SPLIT_MODULE: "split the module into {parts}",
    GoalKind.EXTRACT_FUNCTION: "extract {code} into {new_name}",
    GoalKind.EXTRACT_VARIABLE: "extract {expression} into the variable {new_name}",
    GoalKind.EXTRACT_CONSTANT: "extract {expression} into the constant {new_name}",
    GoalKind.INLINE: "inline {symbol}",
    GoalKind.CHANGE_SIGNATURE: "change what {symbol} takes: {changes}",
    GoalKind.METHOD_TO_FUNCTION: "turn method {symbol} into a function",
    GoalKind.FUNCTION_TO_METHOD: "turn function {symbol} into a method of {class_name}",
    GoalKind.WRAP_IN_CLASS: "wrap {symbols} in class {class_name}",
    GoalKind.PARAMETER_OBJECT: "gather parameters {parameters} of {symbol} in {class_name}",
    GoalKind.ADD_IMPORT: "import {module}",
    GoalKind.REMOVE_IMPORT: "remove the import of {module}",
    GoalKind.ORGANISE_IMPORTS: "organise imports",
}
_CHANGES = {
    "ADD": "add {0.name}",
    "REMOVE": "remove {0.name}",
    "REORDER": "put {0.name} in another place",
    "DEFAULT": "default of {0.name}",
}


def goal_words(goal: Goal) -> str:
    """Say what would be done, without the place, in lower case; steps of a sequence are joined by “, then”."""
    return ", then ".join(GOAL_WORDS[step.kind].format_map(_values(step)) for step in goal.each)


def goal_sentence(goal: Goal) -> str:
    """Say what would be done and where, as a sentence without a full stop."""
    said = [goal_words(step) + (f" in {step.path}" if step.path else "") for step in goal.each]
    text = ", then ".join(said)
    return text[:1].upper() + text[1:]


def _values(goal: Goal) -> dict[str, str]:
    first, last = goal.lines or (0, 0)
    return {
        "target": goal.target or "3",
        "symbol": goal.symbol or "",
        "new_name": goal.new_name or "",
        "new_path": goal.new_path or "",
        "expression": goal.expression or "",
        "class_name": goal.class_name or "",
        "module": f"{goal.symbol} from {goal.module}" if goal.symbol else goal.module or "",
        "symbols": _listed(goal.symbols),
        "parameters": _listed(goal.parameters),
        "parts": _listed(tuple(path for path, _ in goal.parts)),
        "code": goal.expression or f"lines {first}-{last}",
        "changes": _listed(tuple(_change(item) for item in goal.changes)),
    }


def _change(change: ParameterChange) -> str:
    if change.order:
        return f"order {', '.join(change.order)}"
    return _CHANGES[change.action].format(change)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
