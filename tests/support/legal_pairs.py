"""Reads the expected pairs of the state machine, which are typed apart from the canon."""

from pathlib import Path

FILE = Path(__file__).parents[1] / "data" / "legal_pairs.txt"


def expected_targets() -> dict[str, list[str]]:
    """Return source state → legal targets, in the order of the reference."""
    lines = (line.split() for line in FILE.read_text().splitlines() if line and not line.startswith("#"))
    return {words[0]: words[1:] for words in lines}


def expected_pairs() -> list[tuple[str, str]]:
    """Return every expected pair."""
    return [(source, target) for source, targets in expected_targets().items() for target in targets]
