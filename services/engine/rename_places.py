"""Places that hold a name to be renamed."""

from dataclasses import dataclass, field
from enum import StrEnum

from services.engine.entities import ProjectScopes
from services.engine.hazards import Hazard
from services.engine.scopes import Scope


class PlaceKind(StrEnum):
    """Why a place holds the name."""

    DEFINITION = "DEFINITION"
    REFERENCE = "REFERENCE"
    IMPORT = "IMPORT"
    EXPORT = "EXPORT"
    KEYWORD = "KEYWORD"
    RECEIVER = "RECEIVER"
    UNKNOWN = "UNKNOWN"
    DOCTEST = "DOCTEST"
    STRING = "STRING"
    DOCUMENT = "DOCUMENT"


CONFIDENCE: dict[PlaceKind, int] = {
    PlaceKind.DEFINITION: 100,
    PlaceKind.IMPORT: 100,
    PlaceKind.REFERENCE: 95,
    PlaceKind.EXPORT: 95,
    PlaceKind.KEYWORD: 90,
    PlaceKind.DOCTEST: 80,
    PlaceKind.RECEIVER: 60,
    PlaceKind.DOCUMENT: 50,
    PlaceKind.STRING: 40,
    PlaceKind.UNKNOWN: 20,
}
"""How sure it is that a place of that kind means the definition, in percent."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The old name at `[start, end)` of a file.

    `chain` lists the modules through which the place reaches the definition; `template` replaces more than the
    bare name, with `{}` for it. `patches` is the file whose binding the place replaces at run time, as mocks do.
    """

    path: str
    start: int
    end: int
    line: int
    kind: PlaceKind = field(compare=False)
    chain: tuple[str, ...] = field(default=(), compare=False)
    template: str = field(default="{}", compare=False)
    patches: str = field(default="", compare=False)

    @property
    def is_code(self) -> bool:
        """Whether the program breaks when the place keeps the old name and no alias exists."""
        return self.kind not in (PlaceKind.STRING, PlaceKind.DOCUMENT)

    @property
    def confidence(self) -> int:
        """How sure it is that the place means the definition, 0 to 100."""
        return CONFIDENCE[self.kind]

    @property
    def location(self) -> str:
        """`path:line`."""
        return f"{self.path}:{self.line}"

    def replacement(self, new_name: str) -> str:
        """Return what stands at the place afterwards."""
        return self.template.replace("{}", new_name)


@dataclass
class Places:
    """Everything found about one name.

    `owners` are the scopes that bind it; `reads` are (path, scope of the read, owner, offset).
    """

    project: ProjectScopes
    path: str
    name: str
    owner: Scope
    found: dict[tuple[str, int], Place] = field(default_factory=dict)
    owners: list[tuple[str, Scope]] = field(default_factory=list)
    reads: list[tuple[str, Scope, Scope, int]] = field(default_factory=list)
    hazards: list[Hazard] = field(default_factory=list)

    @property
    def places(self) -> list[Place]:
        """All places in order."""
        return sorted(self.found.values())

    def add(
        self,
        path: str,
        start: int,
        kind: PlaceKind,
        chain: tuple[str, ...] = (),
        template: str = "{}",
        patches: str = "",
    ) -> None:
        """Note the old name at `start`; the first kind noted for a place stays."""
        end = start + len(self.name)
        place = Place(path, start, end, self.line(path, start), kind, chain, template, patches)
        self.found.setdefault((path, start), place)

    def line(self, path: str, offset: int) -> int:
        """Return the line of an offset in a file that was read."""
        scopes = self.project.scopes(path)
        return scopes.source.line_of(offset) if scopes else 1

    def location(self, path: str, offset: int) -> str:
        """Return `path:line`."""
        return f"{path}:{self.line(path, offset)}"
