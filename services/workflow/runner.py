"""Runs one work item: claim, work without a transaction, record under lease and revision."""

import asyncio
import contextlib
import logging
import os
import socket
from typing import Any
from uuid import UUID

from services.canon.clocks import LEASE_BEAT_SECONDS
from services.canon.errors import IamaError
from services.canon.events import EventType, event
from services.canon.failpoints import Failpoint
from services.canon.limits import LOG_LINE_MAX_CHARACTERS, LOG_LINES_PER_ITEM
from services.canon.tasks import ITEMS
from services.core.actor import system_actor
from services.infra.database import is_connection_lost
from services.infra.failpoints import reach
from services.infra.settings_clock import scaled
from services.infra.unit_of_work import to_json, unit_of_work
from services.jobs import queries
from services.workflow import leases
from services.workflow.decisions import DECISIONS
from services.workflow.faults import SIDE_ITEMS, after_fault, settle_side_item
from services.workflow.moves import carry_out
from services.workflow.outcomes import Claim, ItemCancelledError, ItemFaultError, Outcome
from services.workflow.registry import HANDLERS

logger = logging.getLogger(__name__)

CANCEL_POLL_SECONDS = 1.0


class ItemPorts:
    """The live log and the stop wish of one running item."""

    def __init__(self, claim: Claim, key: leases.LeaseKey) -> None:
        self._claim = claim
        self._key = key
        self._lines = 0
        self.stopped = asyncio.Event()

    async def log(self, message: str, level: str = "INFO") -> None:
        """Append one line; control characters are made visible, floods are cut."""
        self._lines += 1
        if self._lines > LOG_LINES_PER_ITEM:
            return
        clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in message)
        await self.emit(event(EventType.LOG_LINE, level=level, message=clean[:LOG_LINE_MAX_CHARACTERS]))

    async def emit(self, frame: dict[str, Any]) -> None:
        """Append one frame while the lease holds."""
        async with unit_of_work(self._claim.actor) as uow:
            if await leases.holds(uow, self._key):
                await uow.record(self._claim.job_id, self._claim.state_revision, [frame])

    def is_cancelled(self) -> bool:
        """Tell whether the lease is gone or the item was cancelled."""
        return self.stopped.is_set()


def worker_name() -> str:
    """Name this process for leases: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


async def run_item(step_id: UUID, tenant_id: UUID) -> str:
    """Do one item to its end and say what became of it (for the worker's log).

    A second call for the same item, or a call after its job moved on, does nothing. When the database goes away the
    item is left to its lease: that is a lost lease, no try.
    """
    await reach(Failpoint.BEFORE_CLAIM)
    claim = await leases.claim(step_id, tenant_id, worker_name())
    if claim is None:
        return "not claimable"
    key = leases.LeaseKey(step_id, claim.lease_token)
    await reach(Failpoint.AFTER_CLAIM, claim.state.value)
    if leases.is_exhausted(claim.lost_count):
        return await _record_fault(claim, key, ItemFaultError("lost its lease too often"), final=True)
    try:
        return await _record(claim, key, await _work(claim, key))
    except ItemCancelledError:
        return "cancelled"
    except ItemFaultError as fault:
        return await _record_fault(claim, key, fault)
    except Exception as error:
        if is_connection_lost(error):
            logger.warning("item %s lost the database and waits for its lease to end", claim.step_id)
            return "database lost"
        logger.exception("item %s (%s) failed", claim.step_id, claim.kind.value)
        return await _record_fault(claim, key, _fault_of(error))


async def rehearse() -> None:
    """Ask what every item asks, of nobody: forked children inherit the statements that this prepared."""
    nobody, nothing = system_actor(UUID(int=0), "rehearsal"), UUID(int=0)
    await leases.claim(nothing, nobody.tenant_id, worker_name())
    async with unit_of_work(nobody) as uow:
        await queries.find_job(uow, nothing)
        await queries.find_job(uow, nothing, lock=True)
        await queries.live_sessions(uow, nothing)


def _fault_of(error: Exception) -> ItemFaultError:
    """Say what people may read; the trace is in the worker's log only."""
    if isinstance(error, IamaError):
        return ItemFaultError(error.sentence, error.code)
    return ItemFaultError(f"an unexpected {type(error).__name__}; the worker's log has the details")


async def _work(claim: Claim, key: leases.LeaseKey) -> Outcome:
    ports = ItemPorts(claim, key)
    work = asyncio.create_task(_guarded(claim, ports))
    beat = asyncio.create_task(_keep_lease(claim, key, ports))
    try:
        await asyncio.wait({work, beat}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            ports.stopped.set()
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await work
            raise ItemCancelledError
        return work.result()
    finally:
        beat.cancel()
        if not work.done():
            work.cancel()


async def _guarded(claim: Claim, ports: ItemPorts) -> Outcome:
    await reach(Failpoint.DURING_WORK, claim.state.value)
    try:
        async with asyncio.timeout(claim.limit_seconds):
            return await HANDLERS[claim.kind](claim, ports)
    except TimeoutError as error:
        raise ItemFaultError(f"{claim.kind.value} exceeded {claim.limit_seconds:.0f} s") from error


async def _keep_lease(claim: Claim, key: leases.LeaseKey, ports: ItemPorts) -> None:
    """Beat until the lease is lost or the item cancelled; then return."""
    while True:
        await asyncio.sleep(min(scaled(LEASE_BEAT_SECONDS), CANCEL_POLL_SECONDS))
        try:
            if not await leases.beat(claim.actor, key):
                return
        except Exception as error:
            if not is_connection_lost(error):
                raise
            logger.warning("beat of %s missed: the database does not answer", claim.step_id)


async def _record(claim: Claim, key: leases.LeaseKey, outcome: Outcome) -> str:
    await reach(Failpoint.BEFORE_RECORD, claim.state.value)
    async with unit_of_work(claim.actor) as uow:
        job = await queries.find_job(uow, claim.job_id, lock=True)
        if job is None or job.state_revision != claim.state_revision or not await leases.holds(uow, key):
            return "superseded"
        for write in outcome.writes:
            await write(uow)
        for name, value in outcome.changes.items():
            setattr(job, name, value)
        uow.session.add(job)
        await uow.session.flush()
        summary = to_json({"result": outcome.result.value, "fact": outcome.fact, "reason": outcome.reason})
        await leases.finish(uow, key, "DONE", summary, None, None)
        if outcome.events:
            await uow.record(job.id, job.state_revision, outcome.events)
        await carry_out(uow, job, DECISIONS[claim.kind, outcome.result](job, outcome))
    await reach(Failpoint.AFTER_RECORD, claim.state.value)
    return outcome.result.value


async def _record_fault(claim: Claim, key: leases.LeaseKey, fault: ItemFaultError, *, final: bool = False) -> str:
    message = str(fault)[:LOG_LINE_MAX_CHARACTERS]
    async with unit_of_work(claim.actor) as uow:
        job = await queries.find_job(uow, claim.job_id, lock=True)
        if job is None or job.state_revision != claim.state_revision or not await leases.holds(uow, key):
            return "superseded"
        frame = event(EventType.LOG_LINE, level="ERROR", message=f"{claim.kind.value}: {message}")
        await uow.record(job.id, job.state_revision, [frame])
        if not final and claim.tries + 1 < claim.tries_allowed:
            await leases.give_back(uow, key, scaled(_backoff(claim)), fault.code, message)
            return "retry"
        await leases.finish(uow, key, "FAILED", to_json({"result": "FAULT"}), fault.code, message)
        if claim.state.value != job.status or claim.kind in SIDE_ITEMS:
            await settle_side_item(uow, claim, fault.code, message)
            return "failed"
        await carry_out(uow, job, after_fault(job, claim.kind, fault.code, message))
    return "failed"


def _backoff(claim: Claim) -> float:
    return ITEMS[claim.kind].backoff_seconds * 2**claim.tries
