"""What a change cannot prove safe, said before anything is changed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.core.wording import plural


class HazardKind(StrEnum):
    """Kinds of doubt a person accepts one by one."""

    DYNAMIC_LOOKUP = "DYNAMIC_LOOKUP"
    TEXT_MENTION = "TEXT_MENTION"
    OLD_NAME_KEPT = "OLD_NAME_KEPT"
    UNKNOWN_RECEIVER = "UNKNOWN_RECEIVER"
    OUTSIDE_BASE = "OUTSIDE_BASE"
    PUBLIC_NAME = "PUBLIC_NAME"
    UNREADABLE_FILE = "UNREADABLE_FILE"
    VERSION_FLOOR = "VERSION_FLOOR"
    KEYWORD_EXPANSION = "KEYWORD_EXPANSION"
    DEFAULT_CHANGED = "DEFAULT_CHANGED"
    REPEATED_VALUE = "REPEATED_VALUE"
    EVALUATION_ORDER = "EVALUATION_ORDER"
    CALLED_INDIRECTLY = "CALLED_INDIRECTLY"
    DECORATED = "DECORATED"
    FRAMEWORK_HOOK = "FRAMEWORK_HOOK"
    CIRCULAR_IMPORT = "CIRCULAR_IMPORT"
    MODULE_IDENTITY = "MODULE_IDENTITY"
    PATCHED_NAME = "PATCHED_NAME"
    IMPORT_ORDER = "IMPORT_ORDER"
    PYTHON2_SOURCE = "PYTHON2_SOURCE"
    INTEGER_DIVISION = "INTEGER_DIVISION"
    TEXT_AND_BYTES = "TEXT_AND_BYTES"
    COMPARISON_PROTOCOL = "COMPARISON_PROTOCOL"
    FORMAT_PROTOCOL = "FORMAT_PROTOCOL"
    SHARED_DEFAULT = "SHARED_DEFAULT"
    INFERRED_TYPE = "INFERRED_TYPE"
    DEAD_CODE_REMOVED = "DEAD_CODE_REMOVED"


@dataclass(frozen=True, slots=True)
class Hazard:
    """One doubt and where it lies; `line` counts from 1 and is None when the whole file is meant."""

    kind: HazardKind
    path: str
    line: int | None
    sentence: str

    @property
    def location(self) -> str:
        """`path` or `path:line`."""
        return self.path if self.line is None else f"{self.path}:{self.line}"

    @property
    def key(self) -> str:
        """Name the hazard by what it says and where: equal hazards of two plans have one key."""
        return hazard_key(self.kind.value, self.path, self.line, self.sentence)


def hazard_key(kind: str, path: str, line: int | None, sentence: str) -> str:
    """Return the key of a hazard that is held as plain values."""
    said = "\0".join((kind, path, str(line or ""), sentence))
    return f"HZ-{hashlib.sha256(said.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


def hazards_by_file(kind: HazardKind, sentence: str, noun: str, places: Iterable[tuple[str, int]]) -> list[Hazard]:
    """Return one hazard per file of `places` (path, line), at its first line.

    Args:
        sentence: Has one `{}`, filled with the number of places in that file and the noun.
    """
    by_path: dict[str, list[int]] = {}
    for path, line in places:
        by_path.setdefault(path, []).append(line)
    return [
        Hazard(kind, path, min(lines), sentence.format(plural(len(lines), noun)))
        for path, lines in sorted(by_path.items())
    ]
