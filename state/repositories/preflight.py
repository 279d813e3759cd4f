"""The check of a repository before anything is copied, as bars against the limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.canon.errors import ERRORS
from services.canon.limits import SCOPE_MAX_BYTES, SCOPE_MAX_FILES
from services.repositories import service as repositories
from services.repositories.schemas import Preflight
from state.jobs import format as fmt

_WARN_PERCENT = 80.0


@dataclass(frozen=True)
class LimitView:
    """One bar: what was measured, the limit, how full it is (0 to 100) and the colour token of the fill."""

    text: str = fmt.DASH
    percent: float = 0.0
    fill: str = "info"


@dataclass(frozen=True)
class ViolationView:
    """One limit or rule that the selection breaks, with the next step."""

    code: str = ""
    sentence: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class PreflightView:
    """The verdict; `done` is false while nothing was measured."""

    done: bool = False
    passed: bool = False
    head: str = fmt.DASH
    branch: str = fmt.DASH
    size: LimitView = field(default_factory=LimitView)
    files: LimitView = field(default_factory=LimitView)
    violations: list[ViolationView] = field(default_factory=list)


async def measure(url: str, branch: str | None, scopes: list[str]) -> PreflightView:
    """Measure a selection at the head of its branch; nothing is stored.

    Raises:
        IamaError: the Git, address and path codes.
    """
    return preflight_view(await repositories.preflight(url, branch, scopes))


def preflight_view(found: Preflight) -> PreflightView:
    """Word a verdict."""
    return PreflightView(
        done=True,
        passed=found.passed,
        head=fmt.short_sha(found.head_sha),
        branch=found.branch,
        size=limit_view(found.size_bytes, SCOPE_MAX_BYTES, _megabytes(found.size_bytes), _megabytes(SCOPE_MAX_BYTES)),
        files=limit_view(
            found.file_count, SCOPE_MAX_FILES, fmt.count(found.file_count), f"{fmt.count(SCOPE_MAX_FILES)} files"
        ),
        violations=[_violation(violation) for violation in found.violations],
    )


def limit_view(value: int, limit: int, shown: str, shown_limit: str) -> LimitView:
    """Return the bar of a measured value: amber from 80 %, red above the limit."""
    percent = 100 * value / limit
    fill = "danger" if value > limit else "warning" if percent >= _WARN_PERCENT else "info"
    return LimitView(f"{shown} of {shown_limit}", min(percent, 100.0), fill)


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.1f} MB" if size_bytes < 10 * 2**20 else f"{size_bytes // 2**20} MB"


def _violation(violation: Mapping[str, Any]) -> ViolationView:
    code = str(violation["code"])
    spec = ERRORS[code]
    return ViolationView(code, str(violation.get("sentence") or spec.sentence), spec.remedy)
