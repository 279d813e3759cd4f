"""Lucide icons: the closed list of tags the product draws, and the only place that makes an icon.

An unknown tag would silently become a question mark, and a tag held in a variable would load the whole library,
so both are refused here: choose by value with `icon_by`, which expands to a match over literal tags.
"""

from collections.abc import Mapping

import reflex as rx

_WORKFLOW = (
    "clock scan_search circle_pause test_tube_diagonal shield_check shield_alert wrench refresh_cw package_check "
    "triangle_alert circle_x wifi_off wifi circle_check loader_circle file_search zap terminal undo_2 ban folder_sync "
    "hourglass eraser server git_compare_arrows git_compare git_merge_conflict"
)
_ACTIONS = (
    "play square square_check_big octagon_x git_merge download diff pencil_line chevron_down chevron_up chevron_right "
    "copy bug settings rotate_cw trash_2 grip_vertical pin arrow_up arrow_down arrow_left arrow_right user_plus x "
    "search history external_link ellipsis plus"
)
_RISK = "info lock file_check_2 eye_off key_round"
_FILES = (
    "file file_pen file_plus_2 file_minus_2 folder git_fork git_branch git_pull_request flask_conical code_xml "
    "list_checks"
)
_NAVIGATION = "gauge credit_card circle_user building_2 log_in log_out bell book_open"

ICON_TAGS: frozenset[str] = frozenset(" ".join((_WORKFLOW, _ACTIONS, _RISK, _FILES, _NAVIGATION)).split())


def icon(tag: str, *, size: int = 16, label: str | None = None, class_name: str = "") -> rx.Component:
    """Draw one icon of the closed list.

    Args:
        size: Edge in pixels: 12, 14, 16, 20, 24, or 40 in an empty state.
        label: Accessible name; without one the icon is decoration beside visible text.
    Raises:
        ValueError: the tag is not in `ICON_TAGS`.
    """
    if tag not in ICON_TAGS:
        raise ValueError(f"icon {tag!r} is not in the approved list")
    naming = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return rx.icon(tag, size=size, class_name=f"icon {class_name}".strip(), **naming)


def icon_by(
    value: rx.Var[str] | str, tags: Mapping[str, str], *, default: str, size: int = 16, class_name: str = ""
) -> rx.Component:
    """Draw the icon that belongs to a value known only in the browser.

    Args:
        tags: Value → literal Lucide tag.
        default: Tag for a value that the mapping does not name.
    """
    if isinstance(value, str):
        return icon(tags.get(value, default), size=size, class_name=class_name)
    by_tag: dict[str, list[str]] = {}
    for key, tag in tags.items():
        by_tag.setdefault(tag, []).append(key)
    cases = [(*keys, icon(tag, size=size, class_name=class_name)) for tag, keys in by_tag.items()]
    return rx.match(value, *cases, icon(default, size=size, class_name=class_name))


def spinner(stage: rx.Var[str] | str, *, size: int = 16) -> rx.Component:
    """Draw the one spinner, always beside the name of the stage it stands for."""
    return rx.el.span(
        icon("loader_circle", size=size, class_name="spin"),
        rx.el.span("[...loading]", class_name="still"),
        rx.el.span(stage),
        class_name="spinner",
    )
