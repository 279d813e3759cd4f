"""Accounts, the address form and the repositories used before."""

import reflex as rx

from components.layout.heads import panel, panel_head
from components.repositories.preflight import preflight_result
from components.repositories.source_fields import source_fields
from components.ui.blocks import empty_block, loading_rows, problem_block
from components.ui.button import button
from components.ui.field import search_field
from components.ui.table import Column, cell, table
from state.repositories.picker import RepositoriesState as State

_COLUMNS = (
    Column("Repository", "22%"),
    Column("Address"),
    Column("Branch", "104px"),
    Column("Jobs", "64px", number=True),
    Column("Last used", "176px", number=True, drop=True),
    Column("", "96px"),
)


def github_account() -> rx.Component:
    """Say in one line that GitHub is not configured, with the mark it will carry."""
    return rx.el.div(
        rx.el.img(src="/icons/github.svg", alt="", class_name="brand-mark"),
        rx.el.span("GitHub is not configured on this installation.", class_name="medium"),
        rx.el.span("Any Git address or local repository works without it.", class_name="secondary"),
        class_name="account-line",
    )


def address_form() -> rx.Component:
    """Ask for address, branch and scope."""
    return panel(
        "Git repository",
        source_fields(
            State,
            address_help="https, ssh, or a repository on this machine.",
            scope_help="Folders or files, one a line; a dot is the whole tree.",
        ),
        problem_block(State.problem),
        tag="git_branch",
        fact="least privilege: read now, push only when you publish",
    )


def repository_list() -> rx.Component:
    """Draw the repositories used before, with a search."""
    rows = table(_COLUMNS, rx.foreach(State.found, _row), caption="Repositories of this workspace")
    nothing = empty_block("git_fork", "Repositories appear here once a job used them. Enter an address above.")
    unmatched = empty_block("search", "No repository matches the search.")
    return rx.el.section(
        panel_head(
            "Used before",
            search_field("Name or address", value=State.text, on_change=State.search),
            tag="git_fork",
        ),
        rx.cond(
            State.loaded,
            rx.cond(State.rows.length() == 0, nothing, rx.cond(State.found.length() == 0, unmatched, rows)),
            loading_rows("Loading repositories", rows=4, height=32),
        ),
        class_name="panel",
        aria_label="Used before",
    )


def limits_column() -> rx.Component:
    """Draw the repository limits of the chosen selection."""
    return rx.el.section(
        rx.el.h2("Repository limits", class_name="text-md"),
        rx.el.p("Measured at the head of the branch; nothing is copied.", class_name="text-xs muted"),
        preflight_result(State.preflight, "Checking the repository", running=State.checking),
        rx.el.div(
            button("Check", tag="scan_search", on_click=State.check, disabled=(State.url == "") | State.checking),
            class_name="column-action",
        ),
        aria_label="Repository limits",
    )


def _row(row: rx.Var) -> rx.Component:
    return rx.el.tr(
        cell(row.label, class_name="medium"),
        cell(rx.el.span(row.url, class_name="code-sm muted", title=row.url)),
        cell(rx.el.span(row.branch, class_name="code-sm")),
        cell(row.jobs, number=True),
        cell(rx.el.span(row.last_used, class_name="text-xs muted"), number=True, drop=True),
        cell(
            button(
                "Select",
                kind="quiet",
                size="compact",
                on_click=State.choose(row.url, row.branch),
                custom_attrs={"data-open": ""},
            ),
            number=True,
        ),
        key=row.url,
        custom_attrs={"data-row": row.url, "data-current": rx.cond(State.url == row.url, "true", "false")},
    )
