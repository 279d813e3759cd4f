"""Frames carry the fields their type requires."""

import pytest

from services.canon.events import REQUIRED_FIELDS, EventType, event

FIELDS = {
    "state_change": {"state"},
    "log_line": {"level", "message"},
    "attempt_start": {"attempt", "phase", "model_class"},
    "attempt_end": {"attempt", "passed"},
    "spec_updated": {"revision_id", "revision_token", "updated_by_surface"},
    "artifact_ready": {"artifact_expires_at"},
}
"""Types and fields that clients of the first API version read."""


class TestRequiredFields:
    def test_are_stated_for_every_type(self) -> None:
        assert set(REQUIRED_FIELDS) == set(EventType)

    @pytest.mark.parametrize("name", FIELDS)
    def test_hold_what_clients_read(self, name: str) -> None:
        assert FIELDS[name] <= set(REQUIRED_FIELDS[EventType(name)])


class TestEvent:
    @pytest.mark.parametrize("type_", [t for t in EventType if REQUIRED_FIELDS[t]])
    def test_refuses_a_frame_without_a_required_field(self, type_: EventType) -> None:
        payload = dict.fromkeys(REQUIRED_FIELDS[type_][1:])
        with pytest.raises(ValueError, match=REQUIRED_FIELDS[type_][0]):
            event(type_, **payload)

    @pytest.mark.parametrize("type_", list(EventType))
    def test_builds_a_complete_frame(self, type_: EventType) -> None:
        payload = dict.fromkeys(REQUIRED_FIELDS[type_], 1)
        assert event(type_, **payload) == {"type": type_.value, "payload": payload}
