"""Plain values: what became of the definitions of a project under the operations of one document."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.engine.document import Operation
from services.engine.project_model import ParameterModel
from services.engine.successors.places import follow

Place = tuple[str, str]
"""A file and the qualified name in it."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One parameter of the new signature and what fills it for a call written the old way.

    `old` is the parameter that the value was given to. `value`, a literal as source text, stands in where the call
    gives none; without both, the new default holds. `made_by` is the `module:Class` that bundles `fields`.
    """

    name: str
    kind: str
    old: str | None = None
    value: str | None = None
    made_by: str | None = None
    fields: tuple["Argument", ...] = ()


@dataclass(frozen=True, slots=True)
class Successor:
    """What became of one definition that changed its place, name or parameters, or went away.

    `was` and `now` are `module:qualified.name`; `path` is the file it stands in now. `before` and `arguments` are
    set where calls change; `signature` is the new one in short. `gone` is the reason, in a sentence, why the
    definition cannot be called afterwards, or not with any certainty.
    """

    was: str
    now: str
    path: str
    before: tuple[ParameterModel, ...] = ()
    arguments: tuple[Argument, ...] = ()
    signature: str = ""
    gone: str | None = None


@dataclass(frozen=True, slots=True)
class Successors:
    """Everything that changed, by old place; what is not listed stays as it is.

    `added`: public functions, by file, that no function of before became. `words`: old → new spelling in messages.
    """

    of: Mapping[Place, Successor] = field(default_factory=dict)
    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    operations: tuple[Operation, ...] = ()

    def gone(self, path: str, qualified_name: str) -> str | None:
        """Return why a definition cannot be called after the change; None when it can."""
        found = self.of.get((path, qualified_name))
        return found.gone if found else None

    def follow(self, path: str, qualified_name: str) -> Place:
        """Return where a definition goes by the operations alone, also one that the project model does not hold."""
        return follow(self.operations, path, qualified_name)
