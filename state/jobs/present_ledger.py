"""Words of what is recorded beside a job's proof: files left out, head checks, wipes, use. Pure functions."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from services.delivery.records import JobRecords
from state.jobs import format as fmt
from state.jobs.record_views import SectionView
from state.jobs.views import Fact


def record_sections(records: JobRecords, use: Mapping[str, Any]) -> list[SectionView]:
    """Word the records for the detail column.

    Args:
        use: Sums of the job's ledger, as `metering.use_of_job` gives them.
    """
    return [
        SectionView(
            "Files left out", fmt.count(len(records.filtered_files)), _left_out(records), "Every file was read."
        ),
        SectionView("Branch head", "", _head_checks(records), "Not compared yet."),
        SectionView("Erased", "", _wipes(records), "Nothing to erase yet."),
        SectionView("Use", "charged" if use["billable"] else "not charged", _use(use)),
    ]


def _left_out(records: JobRecords) -> list[Fact]:
    found = Counter(one.reason_code for one in records.filtered_files)
    only = {one.reason_code: one.path for one in records.filtered_files}
    return [
        Fact(code, only[code] if number == 1 else fmt.plural(number, "file"), mono=number == 1)
        for code, number in found.most_common()
    ]


def _head_checks(records: JobRecords) -> list[Fact]:
    return [
        Fact(fmt.clock(one.created_at), one.verdict.lower(), "ok" if one.verdict == "MATCH" else "warn")
        for one in records.head_checks
    ]


def _wipes(records: JobRecords) -> list[Fact]:
    return [
        Fact(one.wipe_type.replace("_", " ").capitalize(), *(("verified", "ok") if one.verified else ("open", "warn")))
        for one in records.wipes
    ]


def _use(use: Mapping[str, Any]) -> list[Fact]:
    calls = " / ".join(fmt.count(use[f"phase_{phase}_calls"]) for phase in (1, 2, 3))
    return [
        Fact("Model calls, L1 / L2 / L3", calls),
        Fact("Tokens in", fmt.count(use["prompt_tokens"])),
        Fact("Tokens out", fmt.count(use["completion_tokens"])),
        Fact("Sandbox", fmt.elapsed(use["sandbox_seconds"])),
    ]
