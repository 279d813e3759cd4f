"""The filter before any parser: each reason, its exactness, what passes."""

import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.canon.limits import FILE_MAX_BYTES, HIGH_ENTROPY_BITS, LINE_MAX_CHARACTERS
from services.engine.context.admission import (
    GUIDANCE,
    admit,
    blocking_code,
    has_high_entropy,
    has_secret,
    is_allowed_type,
)

PACKED = random.Random(7).randbytes(6000).replace(b"\0", b"\1")
REASONS = {
    "BINARY_FILE": ("a.py", b"x = 1\n\0"),
    "COMPILED_ASSET": ("a.PYC", b"x"),
    "MINIFIED_BUNDLE": ("web/app.min.js", b"var a;"),
    "LINE_TOO_LONG": ("a.py", b"x = '" + b"a" * LINE_MAX_CHARACTERS + b"'\n"),
    "HIGH_ENTROPY": ("a.py", PACKED),
    "FILE_TOO_LARGE": ("a.py", b"x = 1\n" * FILE_MAX_BYTES),
}


class TestBlockingCode:
    @pytest.mark.parametrize("code", REASONS)
    def test_names_the_reason(self, code: str) -> None:
        assert blocking_code(*REASONS[code]) == code

    def test_lets_source_pass(self) -> None:
        source = b"def f(value):\n    return value + 1\n" * 300
        assert blocking_code("a.py", source) is None
        assert blocking_code("a.py", "x = 'ü'\n".encode("utf-16")) is None

    def test_measures_lines_not_files(self) -> None:
        assert blocking_code("a.py", (b"a" * (LINE_MAX_CHARACTERS - 1) + b"\n") * 3) is None


class TestHasHighEntropy:
    @given(st.integers(0, 2**32), st.integers(1, 256), st.integers(0, 4000))
    def test_decides_as_the_plain_formula(self, seed: int, width: int, text: int) -> None:
        """The bound only saves time."""
        sample = random.Random(seed).choices(range(width), k=500)
        data = bytes(sample) + b"return value or none\n" * (text // 20)
        bits = -sum(n / len(data) * math.log2(n / len(data)) for n in Counter(data).values())
        assert has_high_entropy(data) is (bits > HIGH_ENTROPY_BITS)


class TestHasSecret:
    @pytest.mark.parametrize(
        "text", ["ghp_" + "a1B2" * 9, "sk_live_" + "a1" * 12, "AKIA" + "A1B2" * 4 + " = '" + "a1B2/" * 8 + "'"]
    )
    def test_finds_what_looks_live(self, text: str) -> None:
        assert has_secret(f"KEY = {text}\n".encode())

    def test_ignores_the_bare_words(self) -> None:
        assert not has_secret(b"AKIA and ghp_ and sk_live_ and PRIVATE KEY and xox\n")


class TestAdmit:
    def test_parts_the_tree_and_tells_why(self) -> None:
        tree = {"a.py": b"x = 1\n", "b.bin": b"text", "c.pyc": b"", ".iamaignore": b"secret.py\n", "secret.py": b""}
        found = admit(tree, ["."])
        assert set(found.tree) == {"a.py"}
        assert {path: item.reason_code for path, item in found.blocked.items()} == {
            "b.bin": "TYPE_NOT_ALLOWED",
            "c.pyc": "COMPILED_ASSET",
            ".iamaignore": "TYPE_NOT_ALLOWED",
            "secret.py": "IGNORED_BY_RULE",
        }
        assert all(item.guidance for item in found.blocked.values())

    def test_takes_a_type_off_the_list_where_the_scope_names_the_file(self) -> None:
        assert set(admit({"b.bin": b"text", "c.bin": b"text"}, ["b.bin"]).tree) == {"b.bin"}

    def test_has_guidance_for_every_reason(self) -> None:
        assert set(REASONS) < set(GUIDANCE)

    def test_knows_files_without_a_suffix(self) -> None:
        assert is_allowed_type("docker/Dockerfile")
        assert not is_allowed_type("LICENSE")
