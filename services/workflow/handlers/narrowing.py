"""The search within one attempt for the largest part of a change whose proof holds (decision on repair budget)."""

from typing import Any

from services.baselines.outcomes import OutcomeComparison
from services.baselines.schemas import ProofRun
from services.canon.lifecycle import JobState
from services.canon.limits import RULES_PROBES_PER_REPAIR
from services.engine.document import EditDocument
from services.infra.unit_of_work import unit_of_work
from services.llm.rules.repair import repair
from services.llm.schemas import RepairPayload, TestFailure, TriedSubset
from services.llm.vocabulary import RouteName
from services.workflow import attempts
from services.workflow.handlers.trials import Trial, is_green
from services.workflow.outcomes import Claim, Ports
from services.workflow.sandbox_log import SandboxLog


class Search:
    """Subsets tried within one attempt; `best` is the newest run shown, the passing one if any passed."""

    def __init__(self, document: EditDocument, kept: list[int]) -> None:
        self.document, self.kept = document, kept
        self.probes: list[dict[str, Any]] = []
        self.dropped: list[dict[str, Any]] = []
        self.run: ProofRun | None = None
        self.comparison = OutcomeComparison()
        self.passed = False

    def note(self, run: ProofRun, comparison: OutcomeComparison, kept: list[int]) -> bool:
        """Remember one proof and say whether it holds."""
        green = is_green(run, comparison)
        failing = [*run.generated.red, *comparison.lost_green]
        self.probes.append({"kept": kept, "passed": green, "failing": failing[:50]})
        if green or self.run is None or not self.passed:
            self.run, self.comparison = run, comparison
        self.passed = self.passed or green
        return green


async def search_passing(
    claim: Claim, ports: Ports, trial: Trial, document: EditDocument, number: int, log: SandboxLog
) -> Search:
    """Prove an attempt's document; when the rule engine wrote it and this is a repair, look for more that passes."""
    async with unit_of_work(claim.actor) as uow:
        row = await attempts.get_attempt(uow, claim.job_id, number)
    cycle = await attempts.read_cycle(claim)
    kept = list(row.probes[0]["kept"]) if row.probes else list(range(len(document.operations)))
    search = Search(document, kept)
    search.dropped = list(row.dropped_operations)
    run, comparison = await trial.prove(document, log)
    green = search.note(run, comparison, kept)
    first_pass = claim.state is JobState.REFACTORING
    if first_pass or run.timed_out or row.route != RouteName.RULES.value:
        return search
    whole = await attempts.read_document(claim, cycle.first_number)
    if green and len(kept) == len(whole.operations):
        return search
    await _narrow(claim, ports, trial, search, whole, cycle.tried, log)
    return search


async def _narrow(
    claim: Claim,
    ports: Ports,
    trial: Trial,
    search: Search,
    whole: EditDocument,
    tried_before: list[TriedSubset],
    log: SandboxLog,
) -> None:
    """Try further subsets, at most 8 runs, until the largest passing part is found (decision on repair budget)."""
    while len(search.probes) < RULES_PROBES_PER_REPAIR:
        tried = [TriedSubset(**probe) for probe in search.probes]
        payload = RepairPayload(
            goal=claim.job.goal,
            path_scope=claim.job.target_paths,
            protected=trial.source.protected,
            level=trial.source.level,
            document=whole,
            failures=_failures(search.run),
            tried=[*tried_before, *tried],
        )
        answer = repair(payload, trial.project, trial.source.tree)
        if answer.document is None or answer.settled:
            return
        await ports.log(f"probe {len(search.probes)}: {answer.summary}")
        run, comparison = await trial.prove(answer.document, log)
        if search.note(run, comparison, answer.kept):
            search.document, search.kept = answer.document, answer.kept
            search.dropped = [entry.model_dump() for entry in answer.dropped]


def _failures(run: ProofRun | None) -> list[TestFailure]:
    if run is None:
        return []
    found = [item for suite in (run.generated, run.own) for item in suite.outcomes.values() if item.is_red]
    return [
        TestFailure(
            test_id=item.test_id, error_class=item.error_class, location=item.location, excerpt=item.message[:2000]
        )
        for item in found[:100]
    ]
