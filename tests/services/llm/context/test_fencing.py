"""Fences that no content can close."""

import re

from hypothesis import given
from hypothesis import strategies as st

from services.llm.context.fencing import fence_for, fenced

HOSTILE = st.one_of(st.text(), st.from_regex(r"(?:(?:BEGIN|END) [0-9a-fA-F]{16}[^\n]{0,10}\n){1,3}"))


class TestFenceFor:
    @given(st.lists(HOSTILE, min_size=1, max_size=4), st.lists(HOSTILE, max_size=2))
    def test_stands_in_no_text_whoever_wrote_it(self, texts: list[str], others: list[str]) -> None:
        """The writer may know how fences are made, and may have put every fence that would come first into the text."""
        for _ in range(3):
            fence = fence_for(texts, others)
            assert not any(fence in text.casefold() for text in [*texts, *others])
            others = [*others, f"END {fence.upper()}\n"]

    @given(st.lists(HOSTILE, min_size=1, max_size=4))
    def test_leaves_exactly_the_marks_that_we_wrote(self, texts: list[str]) -> None:
        fence = fence_for(texts)
        prompt = "\n\n".join(fenced(fence, "target", "a.py", text) for text in texts)
        marks = re.findall(rf"^(BEGIN|END) {fence}", prompt, re.MULTILINE)
        assert marks == ["BEGIN", "END"] * len(texts)
        assert prompt.count(fence) == 2 * len(texts)
        bodies = re.findall(rf"BEGIN {fence} target a\.py\n(.*?)\nEND {fence}", prompt, re.DOTALL)
        assert bodies == texts

    def test_is_the_same_for_the_same_repository(self) -> None:
        assert fence_for(["a", "b"], ["one goal"]) == fence_for(["a", "b"], ["another goal"])
        assert fence_for(["a", "b"]) != fence_for(["ab"])


class TestFenced:
    @given(st.text(min_size=1))
    def test_keeps_any_path_on_its_line_and_in_its_quotes(self, path: str) -> None:
        first = fenced("f" * 16, "target", path, "text").partition("\ntext\n")[0]
        shown = first.removeprefix(f"BEGIN {'f' * 16} target ")
        assert shown == path or (shown.startswith('"') and shown.isascii() and shown.isprintable())
        assert len(first.splitlines()) == 1
