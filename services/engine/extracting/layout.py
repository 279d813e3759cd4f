"""Moving lines of code to another indentation without touching the inside of strings."""

import io
import re
import tokenize

from services.engine.source import SourceText

_INDENT = re.compile(r"[ \t]*")


def indent_of(line: str) -> str:
    """Return the blanks a line begins with."""
    found = _INDENT.match(line)
    return found.group() if found else ""


def line_text(source: SourceText, line: int) -> str:
    """Return a line, counted from 1, without its line end."""
    return source.text[source.line_starts[line - 1] :].split("\n", 1)[0]


def unit_of(source: SourceText) -> str:
    """Return one level of the file's indentation; four blanks where it has none."""
    for line in source.text.split("\n"):
        indent = indent_of(line)
        if indent and line.strip() and not line.lstrip().startswith(("#", '"', "'")):
            return "\t" if indent[0] == "\t" else indent if len(indent) <= 8 else "    "
    return "    "


def lines_inside_strings(text: str) -> set[int]:
    """Return the lines, from 1, whose beginning lies inside a string literal."""
    found: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.STRING:
                found |= set(range(token.start[0] + 1, token.end[0] + 1))
    except (tokenize.TokenError, IndentationError):
        return found
    return found


def reindented(source: SourceText, first: int, last: int, indent: str) -> str:
    """Return lines `first` to `last` with their block's indentation replaced; no line end after the last."""
    inside = lines_inside_strings(source.text)
    lines = source.text.split("\n")[first - 1 : last]
    code = [line for number, line in enumerate(lines, first) if line.strip() and number not in inside]
    statements = [line for line in code if not line.lstrip().startswith("#")]
    old = min((indent_of(line) for line in statements[:1]), default="")
    return "\n".join(
        line if number in inside else _moved(line, old, indent) for number, line in enumerate(lines, first)
    )


def _moved(line: str, old: str, new: str) -> str:
    if not line.strip():
        return ""
    if line.startswith(old):
        return new + line[len(old) :]
    return new + line.lstrip() if line.lstrip().startswith("#") else line
