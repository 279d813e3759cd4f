"""One proof of a document: applied to the pinned source, run in a sandbox, held against the stored baseline."""

from services.artifacts.schemas import ArtifactType
from services.baselines.generation import name_map, renamed_words
from services.baselines.outcomes import OutcomeComparison, compare, named_as_before
from services.baselines.proof import prove
from services.baselines.schemas import GeneratedSuite, ProofRun, SuitePlan, SuiteRun
from services.baselines.suite import discover_suite
from services.engine.document import EditDocument
from services.engine.project import read_project
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
        self.names = name_map(self.project, measuring.find_goal(claim.job.goal))

    async def prove(self, document: EditDocument, log: SandboxLog) -> tuple[ProofRun, OutcomeComparison]:
        """Apply a document to the untouched tree and run both suites on the result."""
        result = attempts.apply_to_source(self.source, self.claim.job.target_paths, document)
        await self.live.session.put(result.tree, dest="workspace", replace=True)
        run = await prove(
            self.live.session,
            suite=self.suite,
            own=self.own,
            label="after",
            tree=result.tree,
            names=self.names,
            limits=proof_limits(self.claim.job),
            on_event=log.take,
        )
        run = settled(self.claim, self.before, run)
        return run, compare(self.before, run.own)


def proof_names(claim: Claim, source: JobSource) -> bytes | None:
    """Return the name map that generated tests need after a rename."""
    return name_map(read_project(source.tree, claim.job.target_paths), measuring.find_goal(claim.job.goal))


def settled(claim: Claim, before: SuiteRun, run: ProofRun) -> ProofRun:
    """Return a run with its own suite's tests under the ids of before, which a rename may have changed."""
    words = renamed_words(measuring.find_goal(claim.job.goal))
    return run.model_copy(update={"own": named_as_before(before, run.own, words)})


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
