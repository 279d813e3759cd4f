"""Figures as the workspace prints them: tabular, UTC, an em dash where nothing is known."""

from datetime import UTC, datetime

from services.core import wording
from services.core.wording import plural as plural

DASH = "—"


def count(value: int | None) -> str:
    """Print a whole number with thin spaces between thousands."""
    return DASH if value is None else wording.count(value)


def of(part: int | None, whole: int | None) -> str:
    """Print `part of whole`, or a dash while either is unknown."""
    return DASH if part is None or whole is None else f"{count(part)} of {count(whole)}"


def money(cents: int | None) -> str:
    """Print an amount given in cents of a dollar."""
    return DASH if cents is None else f"${cents / 100:,.2f}".replace(",", wording.THIN_SPACE)


def share(part: int, whole: int) -> str:
    """Print a share in percent with one digit."""
    return f"{100 * part / whole:.1f} %" if whole else DASH


def elapsed(seconds: float | None) -> str:
    """Print a duration as `mm:ss`, or `h:mm:ss` from one hour on."""
    if seconds is None:
        return DASH
    whole = max(int(seconds), 0)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def clock(moment: datetime | None) -> str:
    """Print a time of day, UTC, to the second."""
    return DASH if moment is None else f"{moment.astimezone(UTC):%H:%M:%S}"


def clock_fine(moment: datetime | None) -> str:
    """Print a time of day, UTC, to the millisecond, as log lines carry it."""
    return DASH if moment is None else f"{moment.astimezone(UTC):%H:%M:%S.%f}"[:-3]


def day(moment: datetime | None) -> str:
    """Print a date with its time and zone: `Mar 7 2026, 14:22 UTC`."""
    if moment is None:
        return DASH
    at = moment.astimezone(UTC)
    return f"{at:%b} {at.day} {at:%Y, %H:%M} UTC"


def short_id(job_id: object) -> str:
    """Print the last eight digits of an id: ids begin with their time, so neighbours share their first ones."""
    return str(job_id).replace("-", "")[-8:]


def short_sha(sha: str | None) -> str:
    """Print the first seven digits of a commit."""
    return sha[:7] if sha else DASH


def digest(value: str | None) -> str:
    """Print a hash by its ends: `51d0…e94a`."""
    if not value:
        return DASH
    bare = value.rpartition(":")[2]
    return bare if len(bare) <= 9 else f"{bare[:4]}…{bare[-4:]}"


def fingerprint(value: str | None) -> str:
    """Print a failure fingerprint by its first eight digits, in two groups."""
    if not value:
        return DASH
    bare = value.rpartition(":")[2]
    return f"{bare[:4]}·{bare[4:8]}" if len(bare) >= 8 else bare


def size(count_bytes: int | None) -> str:
    """Print a size in B, kB or MB (powers of ten)."""
    if count_bytes is None:
        return DASH
    for limit, unit, factor in ((1_000, "B", 1), (1_000_000, "kB", 1_000), (10**12, "MB", 1_000_000)):
        if count_bytes < limit:
            return f"{count_bytes / factor:.0f} {unit}"
    return f"{count_bytes / 10**9:.0f} GB"
