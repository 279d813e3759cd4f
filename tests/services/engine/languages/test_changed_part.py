"""The quick answer never says yes to a file that does not parse, and mostly says yes to one that does."""

import random
from pathlib import Path

import pytest

from services.engine.languages.changed_part import changed_part_parses
from services.engine.syntax import parse_text

ROOT = Path(__file__).resolve().parents[4]
FILES = sorted((ROOT / "services" / "engine").rglob("*.py"))
PIECES = [
    b"",
    b"x",
    b"(",
    b")",
    b"\n",
    b"    ",
    b'"""',
    b"'''",
    b"'",
    b"\\",
    b"#",
    b":",
    b"\ndef f():\n",
    b"\n@a\n",
    b"else:\n",
]
STRINGS = b'\n"""\ndef a(): pass\n"""\nx = 1\n"""\ndef b(): pass\n"""\n'


def parses(content: bytes) -> bool:
    try:
        parse_text(content.decode())
    except (SyntaxError, ValueError):
        return False
    return True


class TestChangedPartParses:
    @pytest.mark.parametrize("seed", range(4))
    def test_agrees_with_the_parser_wherever_it_says_yes(self, seed: int) -> None:
        generator = random.Random(seed)
        said = 0
        for _ in range(400):
            before = generator.choice(FILES).read_bytes()
            start = generator.randrange(len(before) + 1)
            end = min(len(before), start + generator.choice([0, 0, 1, 3, 12, 60]))
            after = before[:start] + generator.choice(PIECES) + before[end:]
            if changed_part_parses(before, after):
                said += 1
                assert parses(after), (seed, start, end, after[max(0, start - 200) : start + 200])
        assert said > 20

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (b"\n@deco\ndef f():\n    x = 1\n\n\ndef g(): ...\n", b"\n@deco\nx = 1\n\n\ndef g(): ...\n"),
            (STRINGS, STRINGS.replace(b"x = 1", b"x = (")),
            (b"\ndef f():\n    x = 1\n\n\n@deco\ndef g(): ...\n", b"\ndef f():\n    x = 1\n\n\n@deco\ndef g(): (\n"),
            (b"\ndef f():\n    x = 1\n", b"\ndef f():\n    x = 1 \\"),
        ],
        ids=["decorator", "string", "opener", "backslash"],
    )  # fmt: skip
    def test_leaves_doubtful_places_to_the_whole_parse(self, before: bytes, after: bytes) -> None:
        assert not changed_part_parses(before, after)
