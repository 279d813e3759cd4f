"""Counts in sentences, for every log line, answer and screen alike."""

from collections.abc import Mapping

THIN_SPACE = "\u2009"


def count(value: int) -> str:
    """Print a whole number with thin spaces between thousands."""
    return f"{value:,}".replace(",", THIN_SPACE)


def plural(value: int, noun: str, nouns: str = "") -> str:
    """Print a count with its noun: `1 file`, `7 files`."""
    return f"{count(value)} {noun if value == 1 else nouns or noun + 's'}"


def tally(counts: Mapping[str, int], nothing: str = "nothing") -> str:
    """Print counts by name, zeros left out, underscores as blanks: `97 passed, 3 not run`."""
    return ", ".join(f"{count(value)} {name.replace('_', ' ')}" for name, value in counts.items() if value) or nothing
