"""What the release gate forbids: literal colours, gradients, purple, emoji, narration, other people's hosts."""

import colorsys
import re
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHEETS = sorted((ROOT / "assets").glob("*.css"))
SOURCES = sorted(chain.from_iterable((ROOT / name).rglob("*.py") for name in ("components", "state", "iama_app/pages")))
NARRATION = re.compile(r"\b(thinking|as an AI|magic|supercharge|something went wrong|oops)\b", re.IGNORECASE)
EMOJI = re.compile("[\U0001f000-\U0001faff\u2728\u2b50\u26a1]")


class TestSheets:
    @pytest.mark.parametrize(
        "sheet", [sheet for sheet in SHEETS if sheet.name != "tokens.css"], ids=lambda path: path.name
    )
    def test_takes_every_colour_from_tokens(self, sheet: Path) -> None:
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|rgba?\(|hsla?\(", sheet.read_text())

    @pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
    def test_has_no_gradient_and_loads_nothing_from_elsewhere(self, sheet: Path) -> None:
        assert not re.findall(r"gradient\(|https?://|@import", sheet.read_text())

    def test_no_token_is_purple(self) -> None:
        for value in re.findall(r"#([0-9A-Fa-f]{6})\b", (ROOT / "assets" / "tokens.css").read_text()):
            red, green, blue = (int(value[at : at + 2], 16) / 255 for at in (0, 2, 4))
            hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
            assert not (250 <= hue * 360 <= 320 and saturation > 0.2), value

    def test_both_themes_define_the_same_tokens(self) -> None:
        text = (ROOT / "assets" / "tokens.css").read_text()
        light = set(re.findall(r"(--color-[\w-]+):", text.split("@media", 1)[0]))
        dark = set(re.findall(r"(--color-[\w-]+):", text[text.index('\n[data-theme="dark"]') :].split("}", 1)[0]))
        assert light == dark

    def test_every_token_used_exists(self) -> None:
        known = set(re.findall(r"(--[\w-]+):", (ROOT / "assets" / "tokens.css").read_text()))
        for sheet in SHEETS:
            text = sheet.read_text()
            assert set(re.findall(r"var\((--[\w-]+)", text)) <= known | set(re.findall(r"(--[\w-]+):", text)), (
                sheet.name
            )


class TestTexts:
    @pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
    def test_has_no_emoji_and_no_narration(self, source: Path) -> None:
        text = source.read_text()
        assert not EMOJI.search(text) and not NARRATION.search(text)
