"""Words shown for every state, strategy and action, on web and editor alike."""

from dataclasses import dataclass
from enum import StrEnum

from services.canon.lifecycle import JobState


class ProposalLevel(StrEnum):
    """How deep a strategy goes (V1-FR-SPEC-001)."""

    CONSERVATIVE = "CONSERVATIVE"
    STANDARD = "STANDARD"
    COMPREHENSIVE = "COMPREHENSIVE"


class Segment(StrEnum):
    """Whose words are used: guided (A), developer (B), enterprise (C)."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class StateWord:
    """How one state is shown: badge label, Lucide tag, status token, whether it moves, plain line for segment A."""

    label: str
    icon: str
    token: str
    live: bool
    plain_line: str


def _word(state: JobState, icon: str, token: str, live: bool, plain_line: str) -> tuple[JobState, StateWord]:
    return state, StateWord(state.value.replace("_", " "), icon, token, live, plain_line)


_S = JobState

STATE_WORDS: dict[JobState, StateWord] = dict(
    [
        _word(_S.PENDING, "clock", "neutral", False, "Saved, not started"),
        _word(_S.ANALYZING, "scan_search", "info", True, "Reading the selected code"),
        _word(_S.GENERATING_ANALYSIS_REPORT, "file_search", "info", True, "Writing the management report"),
        _word(_S.WAITING_STRATEGY, "circle_pause", "neutral", False, "Your turn: pick an approach"),
        _word(_S.WAITING_SPEC_APPROVAL, "circle_pause", "neutral", False, "Your turn: check the description"),
        _word(_S.GENERATING_TESTS, "test_tube_diagonal", "info", True, "Writing checks for today's behaviour"),
        _word(_S.BASELINE_VALIDATION, "shield_check", "info", True, "Running the checks on the old code"),
        _word(
            _S.BASELINE_VALIDATION_FAILED, "shield_alert", "warning", False, "The checks do not hold on the old code"
        ),
        _word(_S.REFACTORING, "wrench", "info", True, "Changing the code"),
        _word(_S.SELF_HEALING, "refresh_cw", "info", True, "Repair attempt n of 10"),
        _word(_S.WAITING_ESCALATION_DECISION, "circle_pause", "neutral", False, "Allow a stronger model?"),
        _word(_S.WAITING_INTERVENTION, "triangle_alert", "warning", False, "The same problem came back 3 times"),
        _word(_S.DEEP_FIX_ACTIVE, "zap", "info", True, "Starting this part again from the original"),
        _word(_S.USER_INTERVENING, "terminal", "neutral", False, "You are editing"),
        _word(_S.RECOVERY_PENDING, "undo_2", "info", True, "Putting your files back"),
        _word(_S.FALLBACK_REQUIRED, "triangle_alert", "warning", False, "Could not finish; choose what to do"),
        _word(_S.DELIVERED, "package_check", "success", False, "Ready to review"),
        _word(_S.FAILED, "circle_x", "danger", False, "Stopped"),
        _word(_S.CLIENT_HEARTBEAT_LOST, "wifi_off", "paused", False, "Connection to your editor was lost"),
        _word(_S.REPO_PRECHECK_BLOCKED, "ban", "danger", False, "Selection too large or not narrowed"),
        _word(_S.REPO_SYNCING, "folder_sync", "info", True, "Fetching the code"),
        _word(_S.REPO_SYNC_THROTTLED, "hourglass", "paused", False, "The code host asked us to slow down"),
        _word(_S.REPO_SYNC_SCRATCH_WIPING, "eraser", "info", True, "Erasing the temporary copy"),
        _word(_S.REMOTE_EXECUTION_QUEUED, "clock", "neutral", False, "Waiting for a sandbox"),
        _word(_S.REMOTE_EXECUTION_RUNNING, "server", "info", True, "Running in the isolated sandbox"),
        _word(_S.REMOTE_HEAD_CONFLICT, "git_compare_arrows", "warning", False, "The project changed since the start"),
        _word(_S.REMOTE_REBASE_VALIDATING, "git_compare", "info", True, "Re-checking on the newest version"),
        _word(_S.REMOTE_WIPE_VERIFYING, "eraser", "info", True, "Confirming that the sandbox was erased"),
        _word(
            _S.SYNC_APPLY_CONFLICT, "git_merge_conflict", "warning", False, "Your own unsaved changes are in the way"
        ),
    ]
)


class JobAction(StrEnum):
    """What a person may ask of a job through `POST /jobs/{job_id}/actions`."""

    START = "START"
    CANCEL = "CANCEL"
    SELECT_STRATEGY = "SELECT_STRATEGY"
    APPROVE_SPEC = "APPROVE_SPEC"
    REVISE_SPEC = "REVISE_SPEC"
    APPROVE_TESTS = "APPROVE_TESTS"
    ACKNOWLEDGE_COVERAGE = "ACKNOWLEDGE_COVERAGE"
    USE_CHARACTERIZATION = "USE_CHARACTERIZATION"
    QUARANTINE_TESTS = "QUARANTINE_TESTS"
    CONTINUE_STANDARD_REPAIR = "CONTINUE_STANDARD_REPAIR"
    RETRY_STRONGER_MODEL = "RETRY_STRONGER_MODEL"
    APPROVE_ESCALATION = "APPROVE_ESCALATION"
    DECLINE_ESCALATION = "DECLINE_ESCALATION"
    GIVE_UP = "GIVE_UP"
    INCREASE_TIMEOUT = "INCREASE_TIMEOUT"
    SKIP_OR_QUARANTINE_TEST = "SKIP_OR_QUARANTINE_TEST"
    CONTINUE_REPAIR = "CONTINUE_REPAIR"
    RESOLVE_CONFLICT_MANUALLY = "RESOLVE_CONFLICT_MANUALLY"
    DEEP_FIX = "DEEP_FIX"
    INTERVENE = "INTERVENE"
    REBASE = "REBASE"


@dataclass(frozen=True, slots=True)
class ActionWord:
    """Button text and the consequence printed beneath it."""

    label: str
    consequence: str
    icon: str


ACTION_WORDS: dict[JobAction, ActionWord] = {
    JobAction.START: ActionWord("Start analysis", "Checks the repository, then fetches the scope at its head.", "play"),
    JobAction.CANCEL: ActionWord("Cancel job", "Stops the work and erases the sandbox; evidence is kept.", "square"),
    JobAction.SELECT_STRATEGY: ActionWord(
        "Use strategy", "Drafts the behaviour spec for your approval.", "arrow_right"
    ),
    JobAction.APPROVE_SPEC: ActionWord(
        "Approve spec", "Freezes this revision and writes tests from it.", "circle_check"
    ),
    JobAction.REVISE_SPEC: ActionWord(
        "Edit spec", "Goes back to approval; attempt counters start again.", "pencil_line"
    ),
    JobAction.APPROVE_TESTS: ActionWord(
        "Approve tests", "Freezes the tests and runs them on the old code.", "circle_check"
    ),
    JobAction.ACKNOWLEDGE_COVERAGE: ActionWord(
        "Accept the gap", "Goes on although some behaviours stay untested; recorded with your name.", "circle_check"
    ),
    JobAction.USE_CHARACTERIZATION: ActionWord(
        "Snapshot today's output", "Records what the old code returns and compares with that.", "history"
    ),
    JobAction.QUARANTINE_TESTS: ActionWord(
        "Set failing tests aside", "Runs the baseline again without them; recorded.", "flask_conical"
    ),
    JobAction.CONTINUE_STANDARD_REPAIR: ActionWord(
        "Continue", "Goes on with the remaining repair attempts.", "refresh_cw"
    ),
    JobAction.RETRY_STRONGER_MODEL: ActionWord(
        "Retry with higher model", "Goes on with the next model class of your plan.", "arrow_up"
    ),
    JobAction.APPROVE_ESCALATION: ActionWord("Approve", "Goes on with the next model class.", "circle_check"),
    JobAction.DECLINE_ESCALATION: ActionWord("Decline", "Goes on with the present model class.", "x"),
    JobAction.GIVE_UP: ActionWord("Stop here", "Keeps evidence and partial result, restores the start.", "undo_2"),
    JobAction.INCREASE_TIMEOUT: ActionWord("Raise the time limit", "Runs the tests again; uses no attempt.", "clock"),
    JobAction.SKIP_OR_QUARANTINE_TEST: ActionWord(
        "Set the slow test aside", "Runs again without it; uses no attempt; recorded.", "flask_conical"
    ),
    JobAction.CONTINUE_REPAIR: ActionWord("Treat as a failure", "Goes on repairing; uses the attempt.", "refresh_cw"),
    JobAction.RESOLVE_CONFLICT_MANUALLY: ActionWord(
        "Close publishing", "Keeps the result as a patch; nothing is pushed.", "git_compare_arrows"
    ),
    JobAction.DEEP_FIX: ActionWord(
        "Deep Fix", "Clears context and rewrites from the original source; uses a higher-tier model.", "zap"
    ),
    JobAction.INTERVENE: ActionWord("Intervene", "Pauses automation while you edit.", "wrench"),
    JobAction.REBASE: ActionWord("Re-check on the newest version", "Replays the edits on the new head.", "git_compare"),
}

STRATEGY_WORDS: dict[ProposalLevel, str] = {
    ProposalLevel.CONSERVATIVE: "Conservative",
    ProposalLevel.STANDARD: "Standard",
    ProposalLevel.COMPREHENSIVE: "Comprehensive",
}


class RiskWord(StrEnum):
    """Category of a risk score: 1–2, 3, 4–5."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


def risk_word(score: int) -> RiskWord:
    """Return the category of a risk score from 1 to 5."""
    return (RiskWord.LOW, RiskWord.LOW, RiskWord.MEDIUM, RiskWord.HIGH, RiskWord.HIGH)[min(max(score, 1), 5) - 1]
