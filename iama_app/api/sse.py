"""The wire form of event streams: frames with ids, comments as pings, the reconnect hint. No decisions here."""

import json
from typing import Any

from services.canon.clocks import STREAM_RETRY_MILLISECONDS
from services.feed.schemas import Frame, JobChange

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
PING = b": ping\n\n"
RETRY = f"retry: {STREAM_RETRY_MILLISECONDS}\n\n".encode()


def encode(event: str, data: dict[str, Any], event_id: int | None = None) -> bytes:
    """Return one frame; only frames with an id move the point from which a client resumes."""
    head = f"id: {event_id}\n" if event_id is not None else ""
    body = json.dumps({"event": event} | data, default=str, separators=(",", ":"))
    return f"{head}event: {event}\ndata: {body}\n\n".encode()


def encode_fact(frame: Frame) -> bytes:
    """Return one stored fact: its own fields beside `event`, `seq`, `job_id`, `state_revision`, `timestamp`."""
    fixed = {
        "seq": frame.seq,
        "job_id": str(frame.job_id),
        "state_revision": frame.state_revision,
        "timestamp": frame.timestamp.isoformat(),
    }
    return encode(frame.type, frame.payload | fixed, frame.seq)


def encode_change(change: JobChange, job: dict[str, Any]) -> bytes:
    """Return one changed job of a workspace, as lists show it."""
    fixed = {
        "seq": change.seq,
        "job_id": str(change.job_id),
        "state_revision": job["state_revision"],
        "timestamp": change.timestamp.isoformat(),
        "job": job,
    }
    return encode("job_summary", fixed, change.seq)


def parse_last_event_id(text: str | None) -> int | None:
    """Read a client's `Last-Event-ID`; None for an absent or foreign value, which then means "from the start"."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 18 else None
