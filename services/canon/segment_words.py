"""Words by segment: one table of what a guided reader (A), a developer (B) and an enterprise reader (C) see.

A sentence that differs by segment asks this table; whoever adds a technical word to a screen adds its plain form here.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.canon.vocabulary import Segment


class Term(StrEnum):
    """What the words stand for."""

    BEHAVIOUR_HALF = "BEHAVIOUR_HALF"
    STRUCTURE_HALF = "STRUCTURE_HALF"
    BASELINE = "BASELINE"
    CHARACTERIZATION = "CHARACTERIZATION"
    ATTEMPTS_NOTE = "ATTEMPTS_NOTE"
    NO_ATTEMPT = "NO_ATTEMPT"
    ALLOWLIST = "ALLOWLIST"
    AST_CONFIDENCE = "AST_CONFIDENCE"
    AST_CONFIDENCE_FIGURE = "AST_CONFIDENCE_FIGURE"
    CONTAINER = "CONTAINER"
    NATIVE_PROCESS = "NATIVE_PROCESS"
    SOURCE_NOTE = "SOURCE_NOTE"
    HEAD_CHECK = "HEAD_CHECK"
    PINNED = "PINNED"
    BASED_ON = "BASED_ON"
    NEW_BRANCH = "NEW_BRANCH"


@dataclass(frozen=True, slots=True)
class Words:
    """The three wordings of one term; an empty `c` says that C reads as B."""

    a: str
    b: str
    c: str = ""

    def of(self, segment: str) -> str:
        """Return the wording of a segment; an unknown one reads as B."""
        return {Segment.A.value: self.a, Segment.C.value: self.c}.get(segment, "") or self.b


SEGMENT_WORDS: dict[Term, Words] = {
    Term.BEHAVIOUR_HALF: Words("behaviour", "BDD"),
    Term.STRUCTURE_HALF: Words("structure", "SDD"),
    Term.BASELINE: Words("Safety net", "Baseline"),
    Term.CHARACTERIZATION: Words("Snapshot of today's output", "Characterization mode"),
    Term.ATTEMPTS_NOTE: Words(
        "the old code above the line, the repair attempt below", "baseline above the line, attempt below"
    ),
    Term.NO_ATTEMPT: Words(
        "No repair attempt yet: the first opens when the tests describe today's behaviour.",
        "No attempt yet: the first opens when the baseline holds.",
    ),
    Term.ALLOWLIST: Words("Approved outside addresses", "FQDN allowlist active", "Enterprise FQDN allowlist active"),
    Term.AST_CONFIDENCE: Words("How well the code could be read", "AST confidence"),
    Term.AST_CONFIDENCE_FIGURE: Words("how well the code could be read", "AST confidence, edits by symbol"),
    Term.CONTAINER: Words("In a separated area", "Local Docker"),
    Term.NATIVE_PROCESS: Words("Directly on this computer", "Local Native"),
    Term.SOURCE_NOTE: Words(
        "read as it stands at the start; unsaved edits are named and not read",
        "head is pinned at start; a dirty tree is disclosed and not read",
    ),
    Term.HEAD_CHECK: Words("The project", "Branch and head"),
    Term.PINNED: Words("as it stands at the start", "pinned to one commit"),
    Term.BASED_ON: Words(
        "Made from the project as it was at the start. If the project changed since we started, nothing is sent.",
        "Based on {head}, the head at the start; it is checked again before anything is pushed.",
    ),
    Term.NEW_BRANCH: Words("A separate copy beside {target}", "One commit beside {target}"),
}


def say(term: Term, segment: str) -> str:
    """Return the words of a term for a segment (A, B or C)."""
    return SEGMENT_WORDS[term].of(segment)
