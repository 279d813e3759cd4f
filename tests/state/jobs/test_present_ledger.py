"""What is recorded beside the proof, as the detail page words it."""

from datetime import UTC, datetime

from services.delivery.records import JobRecords
from state.jobs.present_ledger import record_sections
from tests.support import job_samples as story

NOW = datetime(2026, 3, 3, 14, 22, tzinfo=UTC)
EMPTY = JobRecords.model_construct(filtered_files=[], head_checks=[], wipes=[])


class TestRecordSections:
    def test_name_a_single_file_left_out_and_count_several(self) -> None:
        left_out = record_sections(*story.ledger(NOW))[0]
        assert left_out.note == "3"
        assert [(fact.label, fact.value) for fact in left_out.facts] == [
            ("BINARY_FILE", "2 files"), ("SECRET_DETECTED", "keys.py")
        ]  # fmt: skip

    def test_tell_a_verified_wipe_from_an_open_one(self) -> None:
        erased = record_sections(*story.ledger(NOW))[2]
        assert [(fact.value, fact.tone) for fact in erased.facts] == [("verified", "ok"), ("open", "warn")]
        assert erased.facts[0].label == "Workspace volume"

    def test_show_use_by_class_and_whether_it_is_charged(self) -> None:
        records, use = story.ledger(NOW)
        shown = record_sections(records, use)[3]
        assert (shown.note, shown.facts[0].value) == ("not charged", "4 / 1 / 0")
        assert record_sections(records, {**use, "billable": True})[3].note == "charged"

    def test_say_what_is_not_there(self) -> None:
        _, use = story.ledger(NOW)
        assert [one.empty for one in record_sections(EMPTY, use)][:3] == [
            "Every file was read.", "Not compared yet.", "Nothing to erase yet."
        ]  # fmt: skip
