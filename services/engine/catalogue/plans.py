"""The result of planning, as the proposals and the preview show it."""

from dataclasses import dataclass

from services.engine.document import EditDocument, Operation
from services.engine.facts import PlanFacts
from services.engine.hazards import Hazard


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """A change that could be made: the document, what it measures, its doubts, and its steps in plain words.

    A document without operations means that nothing was found; `steps` says what was looked for.
    `operations` are those it was planned as, also where the document says the same in blocks of text.
    """

    document: EditDocument
    facts: PlanFacts
    hazards: list[Hazard]
    steps: list[str]
    operations: tuple[Operation, ...] = ()
