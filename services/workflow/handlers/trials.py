"""One proof of a document: applied to the pinned source, run in a sandbox, held against the stored baseline."""

import asyncio

from services.artifacts.schemas import ArtifactType
from services.baselines.generation import name_map
from services.baselines.outcomes import OutcomeComparison, compare, named_as_before
from services.baselines.proof import prove
from services.baselines.schemas import GeneratedSuite, ProofRun, SuitePlan, SuiteRun
from services.baselines.suite import discover_suite
from services.core.tree import Tree
from services.engine.apply import ApplyResult, OperationStatus
from services.engine.document import EditDocument, Operation, document_subset
from services.engine.project import read_project
from services.engine.project_model import ProjectModel
from services.engine.successors import Successors, read_successors, told
from services.infra.unit_of_work import unit_of_work
from services.jobs import queries
from services.workflow import attempts, measuring
from services.workflow.handlers.proof import proof_limits
from services.workflow.job_source import JobSource, load_blob
from services.workflow.outcomes import Claim, ItemFaultError
from services.workflow.run_rows import suite_run_of
from services.workflow.sandbox_log import SandboxLog
from services.workflow.sessions import JobSession


class Trial:
    """The proof of documents on one job's source, in one sandbox, against the stored baseline."""

    def __init__(
        self, claim: Claim, source: JobSource, live: JobSession, suite: GeneratedSuite, before: SuiteRun
    ) -> None:
        self.claim, self.source, self.live, self.suite, self.before = claim, source, live, suite, before
        self.own: SuitePlan = discover_suite(source.tree, claim.job.target_paths[0])
        self.project = read_project(source.tree, claim.job.target_paths)
        self._planned: tuple[Operation, ...] | None = None

    async def prove(self, document: EditDocument, log: SandboxLog) -> tuple[ProofRun, OutcomeComparison]:
        """Apply a document to the untouched tree and run both suites on the result."""
        result = attempts.apply_to_source(self.source, self.claim.job.target_paths, document)
        change = await asyncio.to_thread(self._successors, document, result)
        await self.live.session.put(result.tree, dest="workspace", replace=True)
        run = await prove(
            self.live.session,
            suite=self.suite,
            own=self.own,
            label="after",
            tree=result.tree,
            names=name_map(change),
            limits=proof_limits(self.claim.job),
            on_event=log.take,
        )
        run = settled(self.before, run, change)
        return run, compare(self.before, run.own)

    def _successors(self, document: EditDocument, result: ApplyResult) -> Successors:
        """Return what the operations that were carried out make of names, places and parameters."""
        done = [item.index for item in result.outcomes if item.status in _DONE]
        carried_out = document_subset(document, done)
        if not told(carried_out, ()) and self._planned is None:
            self._planned = planned_operations(self.claim, self.source, self.project)
        operations = told(carried_out, self._planned or ())
        return read_successors(self.project, self.source.tree, result.tree, operations)


_DONE = (OperationStatus.APPLIED, OperationStatus.ALREADY_APPLIED)


def planned_operations(claim: Claim, source: JobSource, project: ProjectModel) -> tuple[Operation, ...]:
    """Return the operations that the goal is planned as, for documents that say the same in blocks of text."""
    plan = measuring.find_plan(claim.job.goal, source.level, source.protected, project, source.tree)
    return plan.operations if plan is not None else ()


async def delivered_change(claim: Claim, source: JobSource, tree: Tree) -> Successors:
    """Return what the whole delivered change makes of names, places and parameters, where it reached `tree`."""
    return await asyncio.to_thread(_planned_change, claim, source, tree)


def _planned_change(claim: Claim, source: JobSource, tree: Tree) -> Successors:
    project = read_project(source.tree, claim.job.target_paths)
    return read_successors(project, source.tree, tree, planned_operations(claim, source, project))


def settled(before: SuiteRun, run: ProofRun, change: Successors) -> ProofRun:
    """Return a run with its own suite's tests under the ids of before, which the change may have altered."""
    return run.model_copy(update={"own": named_as_before(before, run.own, change)})


def is_green(run: ProofRun, comparison: OutcomeComparison) -> bool:
    """Both proofs hold: every generated test passes and nothing green before is anything else now."""
    return not run.generated.red and comparison.holds and run.source_unchanged


async def recorded_suite(claim: Claim) -> GeneratedSuite:
    """Return the suite as it was recorded on the untouched code."""
    content = await load_blob(claim, ArtifactType.BASELINE_SNAPSHOT)
    if content is None:
        raise ItemFaultError("the recorded tests are missing")
    return GeneratedSuite.model_validate_json(content)


async def own_before(claim: Claim) -> SuiteRun:
    """Return the repository's own suite as it ran on the untouched code."""
    async with unit_of_work(claim.actor) as uow:
        runs = await queries.runs_of(uow, [claim.job_id])
    baseline = [run for run in runs if run.run_type == "BASELINE" and run.status == "PASSED"]
    if not baseline:
        raise ItemFaultError("the baseline run is missing")
    return suite_run_of(baseline[-1].own)
