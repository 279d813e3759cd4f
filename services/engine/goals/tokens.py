"""Goal texts as words: sentences apart, quoted parts whole, each word with its place in the text."""

import re
from dataclasses import dataclass
from enum import StrEnum


class TokenKind(StrEnum):
    """CODE stands in backticks or curly quotes, QUOTED in straight quotes, which may also mean a string literal."""

    WORD = "WORD"
    CODE = "CODE"
    QUOTED = "QUOTED"
    MARK = "MARK"


@dataclass(frozen=True, slots=True)
class Token:
    """One word, quoted part or mark. `text` is without the quotes of a quoted part, `raw` with them."""

    kind: TokenKind
    text: str
    raw: str

    @property
    def lower(self) -> str:
        """The text for comparison with the words of the grammar; quoted parts never equal one."""
        return self.text.lower() if self.kind in (TokenKind.WORD, TokenKind.MARK) else ""


_PARTS = re.compile(
    r"""
    (?P<stop>\n[ \t]*(?:[-*•]|\d+[.)])[ \t]+|\n[ \t]*\n|;|[.!?]+(?=\s|$))
    |(?P<space>\s+)
    |``(?P<double>(?:(?!``).)+)``
    |`(?P<tick>[^`]+)`
    |“(?P<curly>[^”]+)”
    |‘(?P<curly_single>[^’]+)’
    |(?P<straight>"(?P<straight_in>[^"\n]+)"|'(?P<single_in>[^'\n]+)'(?=[\s,;:.!?)]|$))
    |(?P<possessive>['’]s)(?=\s)
    |(?P<word>[^\s,;"“”‘’'`()]+\([^\s()]*\)|(?:[^\s,;:.!?"“”‘’'`()]|[:.!?](?!\s|$)|'(?!s\s))+)
    |(?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_FIRST_BULLET = re.compile(r"\s*(?:[-*•]|\d+[.)])\s+")
_CODE_GROUPS = ("double", "tick", "curly", "curly_single")


def sentences(text: str) -> list[list[Token]]:
    """Split a text into sentences: at full stops, semicolons, list items and empty lines; none of them is empty."""
    found: list[list[Token]] = [[]]
    bullet = _FIRST_BULLET.match(text)
    for match in _PARTS.finditer(text, bullet.end() if bullet else 0):
        if match["stop"] is not None:
            found.append([])
        elif match["space"] is None:
            found[-1].append(_token(match))
    return [sentence for sentence in found if sentence]


def goal_sentences(text: str) -> list[str]:
    """Return the sentences of a text as a person would write them, without their stops."""
    return [shown(sentence) for sentence in sentences(text)]


def shown(tokens: list[Token]) -> str:
    """Return words as a person would write them."""
    text = " ".join(token.raw for token in tokens)
    return re.sub(r" ([,:)]|['’]s\b)", r"\1", text).replace("( ", "(")


def _token(match: re.Match[str]) -> Token:
    raw = match.group()
    for name in _CODE_GROUPS:
        if match[name] is not None:
            return Token(TokenKind.CODE, match[name].strip(), raw)
    if match["straight"] is not None:
        return Token(TokenKind.QUOTED, match["straight_in"] or match["single_in"], raw)
    if match["mark"] is not None:
        return Token(TokenKind.MARK, raw, raw)
    return Token(TokenKind.WORD, raw.replace("’", "'"), raw)
