"""Sentence patterns: a small notation, compiled once, matched with backtracking.

`word` is itself in any case; `(a|b)` one of; `[a]` may be left out; `(a)*` any number of times; `<field:slot>` a part
read by `slots` into a field; `{field=yes}` sets a field; `$NAME` stands for the macro of that name. Commas between
the parts of a sentence mean nothing. A field that is set twice must be set to the same value.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.engine.goals.slots import READERS, SAME, SLOT_WORDS
from services.engine.goals.tokens import Token

Fields = Mapping[str, object]
Step = tuple[int, Fields]
MAX_STEPS = 20_000

_NOTATION = re.compile(r"\s*(?:(\$\w+)|<(\w+):(\w+)>|\{(\w+)=(\w+)\}|([()\[\]|*])|([^\s()\[\]|*<>{}$]+))")
_SWITCHES: dict[str, object] = {"yes": True, "no": False}


@dataclass
class Attempt:
    """One matching of one sentence: how far it came and what would have been welcome there."""

    tokens: Sequence[Token]
    furthest: int = 0
    found: Fields = field(default_factory=dict)
    expected: set[str] = field(default_factory=set)
    steps: int = 0

    @property
    def slots_read(self) -> int:
        """How many parts of the sentence were read before it failed; pronouns and switches tell too little."""
        return sum(value != SAME and not isinstance(value, bool) for value in self.found.values())

    def missed(self, at: int, wanted: str, found: Fields) -> None:
        """Note that `wanted` was not found at a position."""
        if at > self.furthest:
            self.furthest, self.expected, self.found = at, set(), {}
        if at == self.furthest:
            self.expected.add(wanted)
            self.found = max(self.found, found, key=len)

    def skip(self, at: int) -> int:
        """Pass commas; count the work so that no sentence takes long."""
        self.steps += 1
        while at < len(self.tokens) and self.tokens[at].lower in (",", ":"):
            at += 1
        return at


class Node(ABC):
    """A piece of a pattern."""

    @abstractmethod
    def match(self, attempt: Attempt, at: int, found: Fields) -> Iterator[Step]:
        """Yield each way to match from a position: where it ends and the fields read so far."""


@dataclass(frozen=True)
class Word(Node):
    """A word of the grammar."""

    text: str

    def match(self, attempt: Attempt, at: int, found: Fields) -> Iterator[Step]:
        """Match the word in any case."""
        at = at if self._stands(attempt, at) else attempt.skip(at)
        if attempt.steps > MAX_STEPS:
            return
        if self._stands(attempt, at):
            yield at + 1, found
        else:
            attempt.missed(at, f"“{self.text}”", found)

    def _stands(self, attempt: Attempt, at: int) -> bool:
        return at < len(attempt.tokens) and attempt.tokens[at].lower == self.text


@dataclass(frozen=True)
class Slot(Node):
    """A part that is read into a field."""

    name: str
    sort: str

    def match(self, attempt: Attempt, at: int, found: Fields) -> Iterator[Step]:
        """Read the field; a field that was read before must come out the same."""
        at = attempt.skip(at)
        if attempt.steps > MAX_STEPS:
            return
        fits = False
        for value, end in READERS[self.sort](attempt.tokens, at):
            fits = True
            if found.get(self.name, value) == value:
                yield end, {**found, self.name: value}
        if not fits:
            attempt.missed(at, SLOT_WORDS[self.sort], found)


@dataclass(frozen=True)
class Switch(Node):
    """Sets a field and reads nothing."""

    name: str
    value: object

    def match(self, attempt: Attempt, at: int, found: Fields) -> Iterator[Step]:
        """Set the field, unless it already says otherwise."""
        if found.get(self.name, self.value) == self.value:
            yield at, {**found, self.name: self.value}


@dataclass(frozen=True)
class Choice(Node):
    """One of several sequences; `optional` allows none, `many` any number in a row."""

    options: tuple[tuple[Node, ...], ...]
    optional: bool = False
    many: bool = False

    def match(self, attempt: Attempt, at: int, found: Fields) -> Iterator[Step]:
        """Try the options in order, leaving out last."""
        for option in self.options:
            for end, more in match_all(option, attempt, at, found):
                if self.many and end > at:
                    yield from self.match(attempt, end, more)
                elif not self.many:
                    yield end, more
        if self.optional or self.many:
            yield at, found


def match_all(nodes: Sequence[Node], attempt: Attempt, at: int, found: Fields) -> Iterator[Step]:
    """Match nodes one after the other."""
    if not nodes:
        yield at, found
        return
    for end, more in nodes[0].match(attempt, at, found):
        yield from match_all(nodes[1:], attempt, end, more)


def match_sentence(pattern: Sequence[Node], tokens: Sequence[Token]) -> tuple[Fields | None, Attempt]:
    """Match a whole sentence; fields are None where it does not fit, and the attempt says how far it came."""
    attempt = Attempt(tokens)
    for end, found in match_all(pattern, attempt, 0, {}):
        end = attempt.skip(end)
        if end == len(tokens):
            return found, attempt
        attempt.missed(end, "the end of the sentence", found)
    return None, attempt


def compile_pattern(text: str, macros: Mapping[str, str]) -> tuple[Node, ...]:
    """Read the notation. Raises `ValueError` for a pattern that is not one."""
    reader = _Reader(text, macros)
    options = reader.choice(top=True)
    if len(options) == 1:
        return options[0]
    return (Choice(options),)


class _Reader:
    def __init__(self, text: str, macros: Mapping[str, str]) -> None:
        self._macros = macros
        self._marks = list(_NOTATION.finditer(text.strip()))
        if sum(len(mark.group()) for mark in self._marks) != len(text.strip()):
            raise ValueError(f"not a pattern: {text}")
        self._at = 0

    def choice(self, *, top: bool = False) -> tuple[tuple[Node, ...], ...]:
        options: list[tuple[Node, ...]] = []
        nodes: list[Node] = []
        while self._at < len(self._marks):
            macro, name, sort, switch, value, sign, word = self._marks[self._at].groups()
            self._at += 1
            if sign == "|":
                options.append(tuple(nodes))
                nodes = []
            elif sign in (")", "]"):
                if top:
                    raise ValueError("a bracket too many")
                return (*options, tuple(nodes))
            elif sign in ("(", "["):
                nodes.append(self._group(optional=sign == "["))
            elif macro:
                nodes += compile_pattern(self._macros[macro[1:]], self._macros)
            elif name:
                nodes.append(Slot(name, sort))
            elif switch:
                nodes.append(Switch(switch, _SWITCHES.get(value, value)))
            else:
                nodes.append(Word(word.lower()))
        if not top:
            raise ValueError("a bracket is missing")
        return (*options, tuple(nodes))

    def _group(self, *, optional: bool) -> Node:
        options = self.choice()
        many = self._at < len(self._marks) and self._marks[self._at].group(6) == "*"
        self._at += many
        return Choice(options, optional, many)
