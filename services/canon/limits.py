"""Every named bound, with the requirement that asks for it."""

REPAIR_BUDGET = 10
"""Repair iterations per job between spec-driven resets (V2-FR-WF-003)."""

IDENTICAL_FAILURES = 3
"""Consecutive repairs with one fingerprint that pause the job (V1-FR-TEST-003)."""

SCOPE_MAX_BYTES = 500 * 1024 * 1024
SCOPE_MAX_FILES = 10_000
"""Limits of the selected scope (V2-FR-GH-006)."""

REPOSITORY_CEILING_FACTOR = 10
"""The repository around the scope may be this many times larger."""

SNAPSHOT_MAX_BYTES = 2 * SCOPE_MAX_BYTES
"""Files of one commit that are kept to run its tests with, scope and surroundings together."""

FILE_MAX_BYTES = 1024 * 1024
LINE_MAX_CHARACTERS = 20_000
HIGH_ENTROPY_BITS = 5.8
"""Filter bounds of one source file (V1-FR-CTX-007)."""

BODY_MAX_BYTES = 1024 * 1024
GOAL_MAX_CHARACTERS = 500
HAZARDS_MAX = 500
PREVIEW_MAX_ROWS = 500
PREVIEW_MAX_FILES = 200
PREVIEW_MAX_TEXT_CHARACTERS = 512 * 1024
PREVIEW_MAX_DOCUMENT_BYTES = 256 * 1024
PREVIEW_KEPT_BYTES = 64 * 1024 * 1024
"""Bounds of what one preview sends, and of a tree that a worker keeps in memory for the next one."""

SPEC_MAX_ITEMS = 500
SPEC_FIELD_MAX_CHARACTERS = 2000
PASSWORD_MIN_CHARACTERS = 8
ADMIN_PASSWORD_MIN_CHARACTERS = 12
PAGE_DEFAULT = 20
PAGE_MAX = 100
STREAM_REPLAY_EVENTS = 10_000
LOG_LINE_MAX_CHARACTERS = 2000
LOG_LINES_PER_ITEM = 2000
RULES_PROBES_PER_REPAIR = 8
"""Subsets that the rule engine may try inside one repair attempt."""

CONTEXT_CAP_TOKENS = {"FREE": 128_000, "PLUS": 128_000, "PRO": 200_000, "MAX": 200_000, "ENTERPRISE": 1_000_000}
