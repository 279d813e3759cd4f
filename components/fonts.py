"""The two typefaces, bundled from their packages: nothing is fetched from elsewhere."""

import reflex as rx


class Fonts(rx.Fragment):
    """Adds the font faces of Inter and JetBrains Mono to the build."""

    def add_imports(self) -> dict[str, list[str]]:
        """Return the style sheets that declare the faces."""
        return {"": ["@fontsource-variable/inter/index.css", "@fontsource-variable/jetbrains-mono/index.css"]}
