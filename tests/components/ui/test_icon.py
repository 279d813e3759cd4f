"""Every icon is one of the approved list, and every approved tag exists in Lucide."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import reflex as rx

from components.ui.icon import ICON_TAGS, icon, icon_by, spinner
from services.canon.vocabulary import ACTION_WORDS, STATE_WORDS

ROOT = Path(__file__).resolve().parents[3]


class TestIconTags:
    def test_each_tag_is_drawn_by_lucide(self) -> None:
        known = set(import_module("reflex_components_lucide.icon").LUCIDE_ICON_LIST)
        assert known >= ICON_TAGS

    def test_covers_the_words_of_states_and_actions(self) -> None:
        used = {word.icon for word in STATE_WORDS.values()} | {word.icon for word in ACTION_WORDS.values()}
        assert used <= ICON_TAGS

    def test_no_other_module_makes_icons(self) -> None:
        makers = {
            path.relative_to(ROOT).as_posix()
            for folder in ("components", "iama_app")
            for path in (ROOT / folder).rglob("*.py")
            if re.search(r"\brx\.icon\(", path.read_text())
        }
        assert makers == {"components/ui/icon.py"}


class TestIcon:
    def test_refuses_a_tag_outside_the_list(self) -> None:
        with pytest.raises(ValueError, match="sparkles"):
            icon("sparkles")

    def test_is_decoration_without_a_label_and_an_image_with_one(self) -> None:
        assert '"aria-hidden":"true"' in str(icon("clock"))
        assert '"aria-label":"Server sandbox"' in str(icon("server", label="Server sandbox"))


class TestIconBy:
    def test_expands_to_literal_tags_and_never_to_the_dynamic_module(self) -> None:
        drawn = str(icon_by(rx.Var("kind").to(str), {"a": "file", "b": "folder"}, default="clock"))
        assert "LucideFile" in drawn and "LucideFolder" in drawn and "LucideClock" in drawn
        assert "DynamicIcon" not in drawn


class TestSpinner:
    def test_always_names_its_stage_and_has_a_still_form(self) -> None:
        drawn = str(spinner("Loading jobs"))
        assert "Loading jobs" in drawn and "[...loading]" in drawn
