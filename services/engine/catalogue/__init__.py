"""The catalogue: from an understood goal and a level to a document, its measured facts and its hazards.

What counts as safe is left to the rule sets and the planners of the operations.
"""

from services.engine.catalogue.planning import plan_change
from services.engine.catalogue.plans import ChangePlan

__all__ = ["ChangePlan", "plan_change"]
