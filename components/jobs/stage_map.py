"""Stage map (5.3): an ordered list laid on its side, with the repair siding drawn beside the main line."""

import reflex as rx

from components.jobs.parts import running_time
from components.jobs.state_icon import state_icon


def stage_map(view: rx.Var) -> rx.Component:
    """Draw a `StageMapView`: head line, stations, siding, stations ahead."""
    return rx.el.section(
        _head(view),
        rx.el.ol(
            rx.foreach(view.before, _station),
            _siding(view.siding),
            rx.foreach(view.after, _station),
            class_name="stage-map",
            style={"--columns": view.columns, "--columns-narrow": view.columns_narrow},
        ),
        class_name="stage-band",
        aria_label="Stage map",
    )


def _head(view: rx.Var) -> rx.Component:
    return rx.el.div(
        rx.el.span("Stage map", class_name="label"),
        rx.el.span(view.summary, class_name="text-xs muted"),
        rx.el.span(class_name="grow"),
        rx.el.span("Started ", view.started, class_name="text-xs muted"),
        rx.el.span("Elapsed ", running_time(view.elapsed, view.since, "medium"), class_name="text-xs"),
        rx.el.span("Waiting for people ", view.waiting, class_name="text-xs muted"),
        rx.el.span(view.revision, class_name="text-xs muted"),
        class_name="stage-head",
    )


def _station(station: rx.Var) -> rx.Component:
    current = rx.cond(station.status == "active", "step", "false")
    return rx.el.li(
        running_time(station.elapsed, station.since, "station-time"),
        rx.el.span(
            rx.el.span(state_icon(station.state), class_name="station-node"),
            class_name="station-track",
            title=station.label,
        ),
        rx.el.span(station.label, class_name="station-name"),
        rx.el.span(station.fact, class_name="station-fact", title=station.fact),
        class_name=[
            "station station-" + station.status,
            "station-tone-" + station.tone,
            rx.cond(station.squeeze != "", "station-squeeze-" + station.squeeze, ""),
        ],
        aria_current=current,
        custom_attrs={"data-state": station.state},
    )


def _siding(siding: rx.Var) -> rx.Component:
    return rx.el.li(
        running_time(siding.elapsed, siding.since, "siding-time"),
        rx.el.span(state_icon(siding.state), rx.el.span(siding.title), class_name="siding-name"),
        rx.el.svg(
            rx.el.svg.path(class_name="siding-through", d=siding.through),
            rx.el.svg.path(class_name="siding-ahead", d=siding.ahead),
            rx.el.svg.path(class_name="siding-back", d=siding.back),
            rx.el.svg.path(class_name="siding-entry", d=siding.entry),
            rx.el.svg.path(class_name="siding-driven", d=siding.driven),
            rx.foreach(siding.cells, _cell),
            rx.foreach(siding.brackets, _bracket),
            class_name="siding-drawing",
            width=284,
            height=112,
            view_box="0 0 284 112",
            role="img",
            aria_label=siding.label,
        ),
        class_name=["siding siding-" + siding.status, "station-tone-" + siding.tone],
        aria_current=rx.cond(siding.status == "active", "step", "false"),
        custom_attrs={"data-state": siding.state},
    )


def _cell(cell: rx.Var) -> rx.Component:
    return rx.el.svg.g(
        rx.el.svg.rect(x=cell.x, y=66, width=18, height=18, rx=2),
        rx.el.svg.text(cell.number, x=cell.middle, y=79, text_anchor="middle"),
        class_name="siding-cell siding-cell-" + cell.status,
    )


def _bracket(bracket: rx.Var) -> rx.Component:
    return rx.el.svg.g(
        rx.el.svg.path(d=bracket.path),
        rx.el.svg.text(bracket.text, x=bracket.x, y=bracket.y, custom_attrs={"textAnchor": bracket.anchor}),
        class_name="siding-bracket siding-bracket-" + bracket.tone,
    )


def mini_track(track: rx.Var) -> rx.Component:
    """Draw a `TrackView` for the page head."""
    return rx.el.svg(
        rx.el.svg.path(class_name="mini-done", d=track.done_path),
        rx.el.svg.path(class_name="mini-todo", d=track.todo_path),
        rx.foreach(track.marks, _mini_mark),
        class_name="mini-track",
        width=track.width,
        height=16,
        role="img",
        aria_label=track.label,
    )


def _mini_mark(mark: rx.Var) -> rx.Component:
    return rx.el.svg.rect(
        class_name="mini-mark mini-mark-" + mark.status, x=mark.x, y=mark.y, width=mark.side, height=mark.side
    )
