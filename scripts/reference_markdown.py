"""Small pieces of Markdown that the reference pages share."""

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [_row(heads), _row(["---"] * len(heads)), *(_row(row) for row in rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def code(values: Iterable[object]) -> str:
    """Return values as inline code, separated by commas; a dash for none."""
    return ", ".join(f"`{value}`" for value in values) or "–"


def seconds(value: float) -> str:
    """Return a duration as people say it."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if value >= size and value % size == 0:
            return f"{value / size:.0f} {unit}"
    return f"{value:g} s"
