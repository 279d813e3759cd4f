"""The portal's sections: one table for the top bar and the side navigation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """A place of the portal. `key` is matched with the page's section; `in_top_bar` also lists it above."""

    key: str
    title: str
    tag: str
    href: str
    in_top_bar: bool = True


SECTIONS: tuple[Section, ...] = (
    Section("jobs", "Jobs", "history", "/jobs"),
    Section("repositories", "Repositories", "git_fork", "/repositories"),
)
"""Screens that exist; a section arrives here together with its page."""
