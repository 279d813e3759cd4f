"""The goal grammar: sentences that can be carried out without a model, as tables of patterns."""

from services.engine.goals.model import EXAMPLES, Goal, GoalKind, GoalNotUnderstoodError, ParameterChange
from services.engine.goals.parser import parse_goal
from services.engine.goals.tokens import goal_sentences
from services.engine.goals.words import goal_sentence, goal_words

__all__ = [
    "EXAMPLES",
    "Goal",
    "GoalKind",
    "GoalNotUnderstoodError",
    "ParameterChange",
    "goal_sentence",
    "goal_sentences",
    "goal_words",
    "parse_goal",
]
