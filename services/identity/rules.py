"""Pure decisions of identity: address form, password strength, lock-out steps. Nothing here awaits or stores."""

from datetime import datetime, timedelta

import email_validator
from email_validator import EmailNotValidError, validate_email

from services.canon.errors import IamaError
from services.canon.limits import PASSWORD_MIN_CHARACTERS

LAST_SEEN_STEP_SECONDS = 60
"""`last_seen_at` is written at most this often, so that reading a page is not a write."""
PASSWORD_MAX_CHARACTERS = 1024
"""Bounds the work of the password hash; far above any passphrase."""
FREE_FAILURES = 10
"""Wrong passwords of one address before waits begin."""
FIRST_LOCK_SECONDS = 30
LONGEST_LOCK_SECONDS = 15 * 60
FAILURES_FORGOTTEN_SECONDS = 60 * 60
PRIVATE_DOMAINS = ("local", "localhost", "test")
"""Domains that the validator reserves but that installations in private networks use."""
email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = [
    name for name in email_validator.SPECIAL_USE_DOMAIN_NAMES if name not in PRIVATE_DOMAINS
]

REQUIRED_CONSENT = ("data-processing", "1.0")
"""Document and version a person agrees to before the first job (V1-FR-SEC-005)."""
CONSENT_DOCUMENTS: dict[str, frozenset[str]] = {"data-processing": frozenset({"1.0"})}
"""Documents that can be answered, each with the versions ever shown."""


def normalise_email(text: str) -> str:
    """Return the address in the one form that is stored and compared: trimmed, NFC, lower case.

    Addresses of private networks (`dev@intranet`, `dev@box.local`) are accepted; whether mail arrives is never asked.

    Raises:
        IamaError: `INVALID_EMAIL`.
    """
    try:
        parsed = validate_email(text.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise IamaError("INVALID_EMAIL") from error
    return parsed.normalized.lower()


def require_strong_password(password: str) -> None:
    """Refuse a password outside 8–1024 characters (`WEAK_PASSWORD`). Composition rules are deliberately absent."""
    if len(password) < PASSWORD_MIN_CHARACTERS:
        raise IamaError("WEAK_PASSWORD", min_characters=PASSWORD_MIN_CHARACTERS)
    if len(password) > PASSWORD_MAX_CHARACTERS:
        sentence = "The password is too long."
        raise IamaError("WEAK_PASSWORD", sentence=sentence, max_characters=PASSWORD_MAX_CHARACTERS)


def lock_until(failure_count: int, at: datetime) -> datetime | None:
    """Return until when an address waits after its n-th failure; the wait doubles from 30 s up to 15 min."""
    beyond = failure_count - FREE_FAILURES
    if beyond < 0:
        return None
    seconds = min(FIRST_LOCK_SECONDS * 2 ** min(beyond, 10), LONGEST_LOCK_SECONDS)
    return at + timedelta(seconds=seconds)


def failures_after(previous: int, last_failed_at: datetime | None, at: datetime) -> int:
    """Count this failure: one more than before, or one when the last lies over an hour back."""
    if last_failed_at is None or at - last_failed_at > timedelta(seconds=FAILURES_FORGOTTEN_SECONDS):
        return 1
    return previous + 1


def require_known_document(document: str, version: str) -> None:
    """Refuse an answer to a text that nobody was shown (`VALIDATION_FAILED`)."""
    if version not in CONSENT_DOCUMENTS.get(document, frozenset()):
        fields = [{"field": "version", "message": "no such document or version"}]
        raise IamaError("VALIDATION_FAILED", fields=fields)
