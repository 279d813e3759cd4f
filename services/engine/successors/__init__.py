"""What a change makes of each definition: where it stands afterwards, how it is called, what goes and what is new."""

from services.engine.successors.model import Argument, Successor, Successors
from services.engine.successors.reading import read_successors, told

__all__ = ["Argument", "Successor", "Successors", "read_successors", "told"]
