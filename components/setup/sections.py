"""The eight parts of a new job, each with what it decides."""

import reflex as rx

from components.layout.heads import panel
from components.layout.words import said
from components.repositories.source_fields import source_fields
from components.ui.badge import mode_badge
from components.ui.field import check, select_field, text_field
from components.ui.icon import icon
from services.canon.segment_words import Term
from state.setup.new import NewJobState as State
from state.setup.views import CEILINGS, TIME_LIMITS


def source_section() -> rx.Component:
    """Ask for repository, branch and scope."""
    return panel(
        "Source",
        source_fields(
            State,
            address_help="https, ssh, or a repository on this machine. Credentials never stand in the address.",
            scope_help="Folders or files, one a line. The change stays inside; a dot is the whole tree.",
            first=True,
        ),
        tag="git_fork",
        fact=said(Term.SOURCE_NOTE),
    )


def goal_section() -> rx.Component:
    """Ask what should change, and show how it was understood."""
    understood = rx.el.div(
        icon("circle_check", size=14), rx.el.span(State.goal_view.understood), class_name="verdict text-success"
    )
    examples = rx.el.div(
        rx.el.span("Carried out without a model:", class_name="text-xs muted"),
        rx.foreach(
            State.goal_view.examples,
            lambda example: rx.el.button(
                example, type="button", class_name="example code-sm", on_click=State.type_goal(example)
            ),
        ),
        class_name="row row--wrap",
    )
    return panel(
        "Goal",
        text_field(
            "What should change",
            "goal",
            error=State.errors.goal,
            value=State.goal,
            on_change=State.type_goal,
            placeholder="Modernise to Python 3.11",
            max_length=500,
            required=True,
        ),
        rx.cond(State.goal_view.understood != "", understood, examples),
        tag="wrench",
        fact="Python to Python; behaviour stays the same",
    )


def execution_section() -> rx.Component:
    """Say where the work runs and what that isolation cannot do."""
    return panel(
        "Execution",
        rx.el.div(
            mode_badge(
                "shield_check",
                "Server sandbox, isolated",
                note="One fresh sandbox a job, erased at the end. It shares this machine's processor: side channels "
                "between jobs are not excluded.",
            ),
            select_field(
                "Time limit of a test run",
                "test_timeout_seconds",
                TIME_LIMITS,
                value=State.test_timeout_seconds,
                on_change=lambda value: State.type_text("test_timeout_seconds", value),
            ),
            class_name="form-grid",
        ),
        check(
            "This is my own code",
            "own_code",
            note="Where gVisor is missing, allows the weaker bubblewrap isolation instead of refusing the job.",
            default_checked=State.own_code,
            on_change=State.allow_own_code,
        ),
        check(
            "Let me review the generated tests",
            "review_tests",
            note="The job waits for you before the tests are frozen.",
            default_checked=State.review_tests,
            on_change=State.ask_for_review,
        ),
        tag="server",
    )


def network_section() -> rx.Component:
    """Say what the sandbox may reach."""
    return panel(
        "Network",
        rx.el.div(
            mode_badge("wifi_off", "Mocked external calls", note="While tests run nothing leaves the sandbox."),
            mode_badge("wifi", "Build egress: package mirrors only", note="While dependencies are installed."),
            class_name="form-grid",
        ),
        tag="wifi_off",
    )


def delivery_section() -> rx.Component:
    """Say how the result is handed over."""
    return panel(
        "Delivery",
        rx.el.div(
            mode_badge(
                "git_branch",
                "Branch or patch bundle",
                note="A new branch in the source repository when you publish, never the default or checked-out branch.",
            ),
            rx.el.p(
                "Checks that your host runs on new branches will run on it. Pull requests need a connected GitHub "
                "account, which is not configured here.",
                class_name="text-xs muted",
            ),
            class_name="form-grid",
        ),
        tag="git_pull_request",
        fact="nothing is pushed before you say so",
    )


def escalation_section() -> rx.Component:
    """Ask how far the model class may rise without asking again."""
    return panel(
        "Escalation",
        select_field(
            "Model classes agreed beforehand",
            "phase_ceiling",
            CEILINGS,
            help_text="Ten repair attempts at most; three identical failures pause the job.",
            value=State.phase_ceiling,
            on_change=lambda value: State.type_text("phase_ceiling", value),
        ),
        tag="arrow_up",
    )
