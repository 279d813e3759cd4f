"""One story in service schemas: a repository, its job in several states, as the services would show it."""

from tests.support.job_samples.choices import conflict, proposals, revisions, spec, suite
from tests.support.job_samples.record import (
    ROUTE,
    SCENES,
    TESTS,
    attempts,
    audit,
    job,
    job_id,
    log,
    own_strip,
    route_to,
    run,
    session,
    strip,
    transitions,
)
from tests.support.job_samples.result import EVIDENCE, artifacts, ledger, trees

__all__ = [
    "EVIDENCE",
    "ROUTE",
    "SCENES",
    "TESTS",
    "artifacts",
    "attempts",
    "audit",
    "conflict",
    "job",
    "job_id",
    "ledger",
    "log",
    "own_strip",
    "proposals",
    "revisions",
    "route_to",
    "run",
    "session",
    "spec",
    "strip",
    "suite",
    "transitions",
    "trees",
]
