"""Proving a selection of delivered files again before it is pushed (decision on partial acceptance)."""

from uuid import UUID

from sqlmodel import select

from services.baselines.errors import VerdictForgedError
from services.baselines.generation import name_map
from services.baselines.outcomes import compare
from services.baselines.proof import prove
from services.baselines.suite import discover_suite
from services.canon.events import EventType, event
from services.canon.tasks import ItemKind
from services.delivery import service as delivery
from services.delivery.publications import fail_publication
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.tables.delivery import SourceDelivery
from services.tables.evidence import TestRun
from services.workflow.handlers.proof import proof_limits
from services.workflow.handlers.sandboxes import store_wipe
from services.workflow.handlers.trials import delivered_change, is_green, own_before, recorded_suite, settled
from services.workflow.job_source import load_source
from services.workflow.outcomes import Claim, ItemFaultError, Outcome, Ports, Result
from services.workflow.registry import handles
from services.workflow.run_rows import add_run
from services.workflow.sandbox_log import SandboxLog
from services.workflow.sessions import build, open_session, store_network_events

SUBSET_NOT_PROVEN = "SUBSET_NOT_PROVEN"
NOT_PROVEN_SENTENCE = "The chosen files do not hold without the others: a test that passed before fails."
FIRST_NUMBER = 20_000
"""Runs of selections are numbered from here per job."""


@handles(ItemKind.PROVE_SUBSET)
async def prove_subset(claim: Claim, ports: Ports) -> Outcome:
    """Run both suites on the base with only the chosen files changed, in a sandbox of its own that is then erased."""
    delivery_id = UUID(str(claim.payload["delivery_id"]))
    async with unit_of_work(claim.actor) as uow:
        row = (await uow.session.exec(select(SourceDelivery).where(SourceDelivery.id == delivery_id))).one()
        counted = select(TestRun.id).where(TestRun.job_id == claim.job_id, TestRun.run_type == "SUBSET")
        number = FIRST_NUMBER + len(list(await uow.session.exec(counted)))
    chosen = set(row.accepted.get("files") or [])
    source = await load_source(claim)
    before, after = await delivery.read_sides(claim.actor, claim.job_id)
    tree = {path: content for path, content in source.tree.items() if path not in chosen or path in after}
    tree |= {path: after[path] for path in chosen if path in after}
    suite, own_runs = await recorded_suite(claim), await own_before(claim)
    change = await delivered_change(claim, source, tree)
    live = await open_session(claim, source)
    log = SandboxLog(ports, "selection")
    try:
        if not (await build(claim, ports, source, live)).ok:
            raise ItemFaultError("the sandbox could not be built", "SANDBOX_UNAVAILABLE")
        await live.session.put(tree, dest="workspace", replace=True)
        run = await prove(
            live.session,
            suite=suite,
            own=discover_suite(source.tree, claim.job.target_paths[0]),
            label="selection",
            tree=tree,
            names=name_map(change),
            limits=proof_limits(claim.job),
            on_event=log.take,
        )
    except VerdictForgedError as error:
        raise ItemFaultError(error.sentence) from error
    finally:
        await log.close()
        await store_network_events(claim, live, log, "selection")
        wiped = await live.session.wipe()
    run = settled(own_runs, run, change)
    green = is_green(run, compare(own_runs, run.own))
    await ports.log(
        f"selection of {len(chosen)} files: {'holds' if green else 'does not hold'}", "PASS" if green else "FAIL"
    )

    async def write(uow: UnitOfWork) -> None:
        await store_wipe(uow, claim, live.row_id, wiped)
        await add_run(
            uow,
            claim,
            run,
            suite,
            run_type="SUBSET",
            attempt_number=number,
            status="PASSED" if green else "FAILED",
            session_id=live.row_id,
            own_order=tuple(own_runs.outcomes),
        )
        if not green:
            await fail_publication(uow, delivery_id, SUBSET_NOT_PROVEN, NOT_PROVEN_SENTENCE)

    frame = event(EventType.DELIVERY, status="PROVEN" if green else "FAILED")
    result = Result.GREEN if green else Result.RED
    return Outcome(result, detail={"delivery_id": str(delivery_id)}, writes=[write], events=[frame])
