"""Examples of the reference, taken from one believable job."""

from typing import Any

JOB_ID = "019aa3b2-9d40-7a11-b3a4-5d0c1f7e2b90"

CREATE_JOB: dict[str, Any] = {
    "source": {"kind": "GIT", "url": "file:///home/ada/code/slugify", "branch": "main"},
    "path_scope": ["slugify"],
    "goal": "Modernise to Python 3.11",
    "strategy_preference": "STANDARD",
    "escalation_preauth": {"phase_ceiling": 2},
}

PREVIEW_EDIT: dict[str, Any] = {
    "source": {"kind": "GIT", "url": "file:///home/ada/code/slugify", "branch": "main"},
    "path_scope": ["slugify"],
    "goal": "Rename `slugify` in `slugify/slugify.py` to `make_slug` and update all usages",
    "options": {"docs": "yes"},
    "level": "STANDARD",
}

STREAM = (
    'retry: 2000\n\nid: 0\nevent: hello\ndata: {"event":"hello","stream_id":"019aa3b3-…","resume_from":0,"snapshot":{}}'
    '\n\nid: 1\nevent: state_change\ndata: {"event":"state_change","state":"PENDING","seq":1,'
    f'"job_id":"{JOB_ID}","state_revision":0,"timestamp":"2026-01-05T09:30:02+00:00"}}\n\n: ping\n\n'
)

WORKSPACE_STREAM = (
    'retry: 2000\n\nid: 41\nevent: hello\ndata: {"event":"hello","stream_id":"019aa3b3-…","resume_from":41,'
    '"snapshot":{"counters":{"DELIVERED":3,"REFACTORING":1}}}\n\nid: 42\nevent: job_summary\n'
    f'data: {{"event":"job_summary","seq":42,"job_id":"{JOB_ID}","state_revision":9,'
    '"timestamp":"2026-01-05T09:41:10+00:00","job":{"status":"DELIVERED"}}\n\nid: 42\nevent: counters\n'
    'data: {"event":"counters","seq":42,"counters":{"DELIVERED":4}}\n\n: ping\n\n'
)
