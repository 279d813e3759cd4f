"""The grammar: one row per way to say a goal, with examples and the goal each of them means."""

from dataclasses import dataclass

from services.engine.goals.model import GoalKind


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """Patterns that mean one kind of goal. `examples` pair a sentence with `Goal.says()` of what it means."""

    kind: GoalKind
    patterns: tuple[str, ...]
    examples: tuple[tuple[str, str], ...]
