"""What a symbolic operation is given and gives back: where it may write, and new contents of files."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.core.tree import is_within
from services.engine.hazards import Hazard
from services.engine.names import is_protected


@dataclass(frozen=True, slots=True)
class EditLimits:
    """Where an operation may write: `scope` folders or files, without the `protected` files, folders or globs."""

    scope: tuple[str, ...] = (".",)
    protected: tuple[str, ...] = ()

    def allow(self, path: str) -> bool:
        """Tell whether a file may be written."""
        return is_within(path, self.scope) and not is_protected(path, self.protected)


@dataclass(frozen=True, slots=True)
class TreeEdits:
    """What a symbolic operation makes of a tree: path → new content, None where the file goes away."""

    contents: Mapping[str, bytes | None]
    hazards: tuple[Hazard, ...] = ()
    notes: tuple[str, ...] = field(default=())
