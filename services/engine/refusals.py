"""Why an operation is refused: the closed list of codes, each with what to do about it."""

from enum import StrEnum


class RefusalCode(StrEnum):
    """Reasons for which an operation is not applied."""

    ANCHOR_NOT_FOUND = "ANCHOR_NOT_FOUND"
    ANCHOR_AMBIGUOUS = "ANCHOR_AMBIGUOUS"
    BASE_FINGERPRINT_MISMATCH = "BASE_FINGERPRINT_MISMATCH"
    NAME_COLLISION = "NAME_COLLISION"
    SHADOWED = "SHADOWED"
    SYNTAX_BROKEN = "SYNTAX_BROKEN"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    PROTECTED_FILE = "PROTECTED_FILE"
    UNSAFE_REFERENCE = "UNSAFE_REFERENCE"
    FILE_EXISTS = "FILE_EXISTS"
    FILE_MISSING = "FILE_MISSING"
    PARSE_UNSUPPORTED = "PARSE_UNSUPPORTED"
    CIRCULAR_IMPORT = "CIRCULAR_IMPORT"
    LAYOUT_UNSUPPORTED = "LAYOUT_UNSUPPORTED"
    OPERATION_FAILED = "OPERATION_FAILED"


REMEDIES: dict[RefusalCode, str] = {
    RefusalCode.ANCHOR_NOT_FOUND: "Take the anchor from the file as it is now.",
    RefusalCode.ANCHOR_AMBIGUOUS: "Add neighbouring lines to the anchor until it occurs once.",
    RefusalCode.BASE_FINGERPRINT_MISMATCH: "Plan the change again on the present content of the file.",
    RefusalCode.NAME_COLLISION: "Choose a name that is not bound there yet.",
    RefusalCode.SHADOWED: "Choose a name that no inner or outer scope uses at this place.",
    RefusalCode.SYNTAX_BROKEN: "Correct the replacement so that the file parses.",
    RefusalCode.OUT_OF_SCOPE: "Widen the scope or leave this file alone.",
    RefusalCode.PROTECTED_FILE: "Leave this file alone; it is protected for this job.",
    RefusalCode.UNSAFE_REFERENCE: "Rewrite the reference by hand first, or keep the old name.",
    RefusalCode.FILE_EXISTS: "Choose another path or edit the existing file.",
    RefusalCode.FILE_MISSING: "Check the path; the file is not in this tree.",
    RefusalCode.CIRCULAR_IMPORT: "Move what both modules need at import time into a third one first.",
    RefusalCode.PARSE_UNSUPPORTED: "Store the file as text in its declared encoding, with valid syntax.",
    RefusalCode.LAYOUT_UNSUPPORTED: "Use search_replace, or put the definition on lines of its own first.",
    RefusalCode.OPERATION_FAILED: "Leave this operation out; the engine failed on it and changed nothing.",
}


class RefusedError(Exception):
    """An operation that cannot be applied safely.

    `location` reads `path`, `path:line` or `path:line:column`, counted from 1.
    """

    def __init__(self, code: RefusalCode, location: str, detail: str = "") -> None:
        super().__init__(f"{code}: {location} {detail}".rstrip())
        self.code = code
        self.location = location
        self.detail = detail

    @property
    def remedy(self) -> str:
        """What the author of the operation can do, with the particulars first."""
        return f"{self.detail} {REMEDIES[self.code]}".strip()
