"""Reference pages of the goal grammar and of the rule sets, read from their tables."""

from scripts.reference_markdown import code, table
from services.engine.goals.model import GoalKind
from services.engine.goals.options import OPTIONS
from services.engine.goals.parser import ROWS
from services.engine.goals.words import GOAL_WORDS
from services.engine.rules.lint import RULES
from services.engine.rules.python3.leftovers import LEFTOVERS
from services.engine.rules.registry import PIPELINES, rule_sets


def goals() -> str:
    """Every kind of goal with the sentences that mean it, and the options."""
    parts: list[str] = []
    for kind in GoalKind:
        examples = [example for row in ROWS if row.kind is kind for example in row.examples]
        if examples:
            rows = [(text, f"`{says}`") for text, says in examples]
            parts.append(f"## {kind.value}\n\n{_title(kind)}\n\n{table(('Sentence', 'Understood as'), rows)}")
    options = [(f"`{name}`", option.meaning, code(sorted(option.kinds))) for name, option in OPTIONS.items()]
    return (
        "# Goals as sentences\n\nWhat each sentence means, exactly; how to write them stands in the "
        "[guide](../guides/goals.md). Several sentences are carried out in their order.\n\n"
        f"{chr(10).join(parts)}\n## Options\n\n{table(('Option', 'Meaning', 'Goals'), options)}"
    )


def rules() -> str:
    """Every rule set with its promise, and the goals that use it."""
    users = {
        item.id: [kind for kind, sets in PIPELINES.items() if item in [s for s, _ in sets]] for item in rule_sets()
    }
    parts = [
        f"## `{item.id}`\n\n{item.title}. {item.proves}\n\n"
        f"Risk {item.risk}. Languages: {', '.join(item.languages)}. Options: {code(item.options)}. "
        f"Goals: {code(users[item.id])}.\n"
        for item in rule_sets()
    ]
    linted = [
        (f"`{kind.value}`", level.value, code(codes))
        for kind, levels in RULES.items()
        for level, codes in levels.items()
    ]
    left = [(f"`{rule}`", sentence) for rule, (sentence, _) in LEFTOVERS.items()]
    return (
        "# Rule sets\n\nA set is one file under `services/engine/rules`, with golden cases under "
        "`tests/golden/engine/rules`. A goal runs its sets in order until they find nothing more.\n\n"
        f"{chr(10).join(parts)}\n## Linter rules by level\n\nEach level adds to the one before.\n\n"
        f"{table(('Goal', 'Level', 'Rules'), linted)}\n## What is added to the fixers of Python 2\n\n"
        f"{table(('Rule', 'What it does'), left)}"
    )


def _title(kind: GoalKind) -> str:
    words = GOAL_WORDS[kind].replace("{", "*").replace("}", "*")
    return f"{words[:1].upper()}{words[1:]}."
