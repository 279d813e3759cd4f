"""Page head and context rail of every job screen, drawn from `HeadView` and `RailView`."""

import reflex as rx

from components.jobs.stage_map import mini_track
from components.layout.rail import RailLink, context_grid, context_line, rail, rail_links, rail_section
from components.ui.badge import mode_badge
from components.ui.icon import icon_by
from components.ui.risk_bar import risk_bar
from services.canon.vocabulary import STATE_WORDS

_STATE_TAGS = {state.value: word.icon for state, word in STATE_WORDS.items()}

_LINKS = (
    ("spec", "Spec", "pencil_line", "spec_count"),
    ("tests", "Tests", "flask_conical", "tests_count"),
    ("execution", "Execution", "refresh_cw", "execution_count"),
    ("delivery", "Delivery", "diff", "delivery_count"),
    ("artifacts", "Artifacts", "file", "artifacts_count"),
    ("", "Audit", "file_check_2", "audit_count"),
)
"""Path below the job, name, icon, and the field of `RailView` that holds its count; the strategy lies before them."""


def job_head(head: rx.Var, *actions: rx.Component, track: bool = True) -> rx.Component:
    """Draw the page head: goal, badge, id, mini track, then the page's own actions.

    Args:
        track: False on the execution screen, which shows the whole map below.
    """
    badge = rx.el.span(
        icon_by(head.state, _STATE_TAGS, default="clock", size=14),
        rx.el.span(head.badge),
        class_name="badge badge--" + head.badge_tone,
        custom_attrs={"data-state-badge": head.state},
    )
    plain = rx.cond(head.segment == "A", rx.el.span(head.plain_line, class_name="text-xs muted"), rx.fragment())
    reason = rx.cond(head.reason != "", rx.el.span(head.reason, class_name="code-sm muted"), rx.fragment())
    return rx.el.div(
        rx.el.h1(head.goal, class_name="text-lg"),
        badge,
        plain,
        reason,
        rx.el.span(head.short_id, class_name="mono text-xs muted"),
        mini_track(head.track) if track else rx.fragment(),
        rx.el.span(class_name="grow"),
        *actions,
        class_name="page-head",
    )


def job_rail(head: rx.Var, view: rx.Var, current: str, foot: rx.Component | None = None) -> rx.Component:
    """Draw the context rail.

    Args:
        current: Path of the page below the job, as in the links.
        foot: The meters pinned at the bottom.
    """
    links = [
        RailLink(key, title, tag, "/jobs/" + head.job_id.to(str) + (f"/{key}" if key else ""), getattr(view, field))
        for key, title, tag, field in _LINKS
    ]
    known = rx.fragment(rail_links(links, current), _context(view), _conditions(view))
    return rail(rx.cond(head.job_id != "", known, rx.fragment()), foot=foot)


def _context(view: rx.Var) -> rx.Component:
    owner = rx.cond(view.repository_owner != "", rx.el.div(view.repository_owner), rx.fragment())
    at_commit = [
        rx.el.span(view.branch, class_name="mono text-xs"),
        rx.el.span(" at ", class_name="text-xs muted"),
        rx.el.span(view.head, class_name="mono text-xs"),
    ]
    strategy = rx.cond(
        view.risk_word != "",
        rx.fragment(risk_bar(view.risk_word), rx.el.div(view.strategy_line, class_name="text-xs secondary")),
        rx.el.span(view.strategy_line, class_name="secondary"),
    )
    scope = [
        rx.el.span(view.scope, class_name="mono text-xs"),
        rx.el.div(view.scope_fact, class_name="text-xs muted"),
    ]
    return rail_section(
        "Context",
        context_grid(
            context_line("git_fork", owner, rx.el.div(view.repository, class_name="rail-name")),
            context_line("git_branch", *at_commit),
            context_line("folder", *scope),
            context_line("pencil_line", strategy),
        ),
    )


def _conditions(view: rx.Var) -> rx.Component:
    return rail_section(
        "Isolation and network",
        mode_badge("shield_check", view.isolation, note=view.isolation_note),
        mode_badge("wifi_off", view.network, note=view.network_note),
    )
