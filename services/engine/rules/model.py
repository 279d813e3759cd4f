"""What a rule set is: metadata a reader can judge it by, and a pure function from sources to sources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree
from services.engine.goals.model import Goal
from services.engine.hazards import Hazard
from services.engine.project_model import ProjectModel


@dataclass(frozen=True)
class RuleInput:
    """What a rule set works on.

    `texts` are the files it may change: path → source text with LF line endings. `tree` is everything as it was before
    the first rule, `originals` the texts then. `target` is the Python version the result may need, as `3.11`.
    """

    texts: Mapping[str, str]
    tree: Tree
    project: ProjectModel
    goal: Goal
    level: ProposalLevel
    target: str
    originals: Mapping[str, str] = field(default_factory=dict)

    def having(self, texts: Mapping[str, str]) -> "RuleInput":
        """Return the same input with other texts."""
        return replace(self, texts=texts)


@dataclass
class RuleOutput:
    """What became of the sources: changed texts by path, changes counted by rule, a sentence for each rule.

    `requests` are operations, without fingerprints, that carry the change out where blocks of text would say less;
    each is worked out on what the ones before leave.
    """

    texts: dict[str, str] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    hazards: list[Hazard] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def count(self, rule: str, message: str, times: int = 1) -> None:
        """Note that a rule was taken."""
        self.taken[rule] = self.taken.get(rule, 0) + times
        self.messages.setdefault(rule, message)

    def join(self, other: "RuleOutput") -> None:
        """Add what a later rule set did."""
        self.texts |= other.texts
        for rule, times in other.taken.items():
            self.count(rule, other.messages[rule], times)
        self.hazards += [hazard for hazard in other.hazards if hazard not in self.hazards]
        self.requests += other.requests


Fix = Callable[[RuleInput], RuleOutput]


@dataclass(frozen=True)
class RuleSet:
    """One set of rules. `proves` says why behaviour stays; `risk` is what remains when the conditions hold."""

    id: str
    title: str
    proves: str
    risk: Literal["NONE", "LOW", "MEDIUM"]
    fix: Fix
    languages: tuple[str, ...] = ("python",)
    options: tuple[str, ...] = ("tests", "target")
