"""Counts by the shipped encodings; no network is there to be asked."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.llm.context import tokens
from services.llm.context.tokens import FAMILIES, FILES, count_tokens, tokenizer_for

NO_NETWORK = """
import socket, sys
def refused(*_, **__): raise AssertionError("the network was asked")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refused
from services.llm.context.tokens import count_tokens, tokenizer_for
names = ["gpt-4o", "gpt-4", "claude-2.1", "anthropic/claude-sonnet-4", "coder"]
assert all(tokenizer_for(name).encoding != "bytes" for name in names)
print([count_tokens(name, "def gross(net):\\n    return net * 1.19\\n") for name in names], "litellm" in sys.modules)
"""


class TestTokenizerFor:
    @pytest.mark.parametrize(
        ("model", "encoding", "exact"),
        [
            ("openai/gpt-4o-mini", "o200k_base", True),
            ("azure/gpt-4.1", "o200k_base", True),
            ("o3-mini", "o200k_base", True),
            ("gpt-4-turbo", "cl100k_base", True),
            ("claude-2.1", "claude", True),
            ("bedrock/anthropic.claude-sonnet-4", "claude", False),
            ("openai/coder", "cl100k_base", False),
        ],
    )
    def test_takes_the_encoding_of_the_family(self, model: str, encoding: str, exact: bool) -> None:
        found = tokenizer_for(model)
        assert (found.encoding, found.is_exact) == (encoding, exact)
        assert ("upper bound" in str(found)) is not exact

    def test_counts_bytes_when_a_file_is_altered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        altered = {name: (file, "0" * 64) for name, (file, _) in FILES.items()}
        monkeypatch.setattr(tokens, "FILES", altered)
        for cached in (tokens.tokenizer_for, tokens._file, tokens._counter):
            cached.cache_clear()
        try:
            assert str(tokenizer_for("gpt-4o")).startswith("bytes")
            assert count_tokens("gpt-4o", "für") == 4
        finally:
            monkeypatch.undo()
            for cached in (tokens.tokenizer_for, tokens._file, tokens._counter):
                cached.cache_clear()


class TestCountTokens:
    def test_counts_as_published(self) -> None:
        assert count_tokens("gpt-4", "hello world") == 2
        assert count_tokens("gpt-4o", "hello world") == 2
        assert count_tokens("claude-2", "hello world") == 2

    def test_takes_marks_of_chat_templates_as_text(self) -> None:
        assert count_tokens("gpt-4", "<|endoftext|>") > 1

    def test_rounds_upper_bounds_up(self) -> None:
        assert count_tokens("coder", "hello world") == 5

    def test_needs_neither_network_nor_litellm(self) -> None:
        root = Path(__file__).parents[4]
        done = subprocess.run([sys.executable, "-c", NO_NETWORK], cwd=root, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        counts, loaded = done.stdout.strip().rsplit(" ", 1)
        assert loaded == "False"
        assert all(5 < int(count) < 60 for count in counts.strip("[]").split(", "))

    def test_names_only_encodings_that_are_shipped(self) -> None:
        assert {name for _, name, _ in FAMILIES} <= set(FILES)
