"""What `iama-rules` can and cannot do with a goal, as a table that a product person can read."""

import re
from dataclasses import dataclass

from services.engine.goals import EXAMPLES, Goal, GoalNotUnderstoodError, parse_goal


@dataclass(frozen=True, slots=True)
class Inability:
    """A family of goals outside program analysis: words that give it away, and why it is not done."""

    words: re.Pattern[str]
    sentence: str


def _unable(words: str, sentence: str) -> Inability:
    return Inability(re.compile(rf"\b(?:{words})", re.I), sentence)


INABILITIES: tuple[Inability, ...] = (
    _unable(
        r"fix|bug|repair|debug|crash|error",
        "Fixing a fault changes behaviour, and iama-rules only makes changes that keep it.",
    ),
    _unable(
        r"add|implement|introduce|support|creat|build|write",
        "Adding something new needs a judgement about what it should do; iama-rules changes existing code only.",
    ),
    _unable(
        r"perform|fast|speed|optimi[sz]|memory",
        "Making code faster needs measurements and design choices that program analysis does not make.",
    ),
    _unable(
        r"rewrit|port|convert|translat|async|framework|django|flask|typescript|rust|java|golang",
        "Moving to another framework, language or style of execution needs a model.",
    ),
    _unable(
        r"extract|inline|move|split|merge|signature|parameter",
        "This kind of restructuring needs to be told exactly which definitions, lines or names it concerns.",
    ),
    _unable(
        r"document|docstring|comment|explain|test",
        "Writing prose or tests as the goal itself needs a model; tests that protect a change are written in any case.",
    ),
    _unable(
        r"simplif|readab|improv|better|refactor|beautif|design|architect",
        "The goal does not say which change is wanted; iama-rules needs one that it can name.",
    ),
)
"""First match wins."""

UNKNOWN_SENTENCE = "iama-rules does not know this kind of goal."


@dataclass(frozen=True, slots=True)
class GoalAnswer:
    """Whether a goal can be carried out without a model; otherwise why not, and sentences that could."""

    goal: Goal | None
    sentence: str
    examples: tuple[str, ...] = EXAMPLES

    @property
    def understood(self) -> bool:
        """Whether the goal can be carried out."""
        return self.goal is not None


def assess_goal(text: str) -> GoalAnswer:
    """Say whether `iama-rules` can carry out a goal, and if not, why, in one sentence."""
    try:
        return GoalAnswer(parse_goal(text), "")
    except GoalNotUnderstoodError as refusal:
        unable = next((entry for entry in INABILITIES if entry.words.search(text)), None)
        if not refusal.is_near:
            return GoalAnswer(None, unable.sentence if unable else UNKNOWN_SENTENCE)
        also = f" {unable.sentence}" if unable and "part" in refusal.data else ""
        return GoalAnswer(None, refusal.sentence + also, tuple(refusal.data["examples"]))


def require_goal(text: str) -> Goal:
    """Return the goal.

    Raises:
        GoalNotUnderstoodError: it cannot be carried out without a model; says why, with examples in `data`.
    """
    answer = assess_goal(text)
    if answer.goal is None:
        raise GoalNotUnderstoodError(answer.sentence, examples=answer.examples)
    return answer.goal
