"""Reading and describing: three strategies, the spec draft, the tests from the approved spec."""

import asyncio
from typing import Any

from sqlmodel import select

from services.artifacts import service as artifacts
from services.artifacts.schemas import ArtifactType
from services.canon.errors import IamaError
from services.canon.lifecycle import REASON_CLASSES
from services.canon.limits import CONTEXT_CAP_TOKENS
from services.canon.tasks import ItemKind
from services.engine.hazards import hazard_key
from services.engine.project import read_project
from services.engine.project_model import ProjectModel
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.llm.errors import CallCancelledError
from services.llm.router import model_class_for
from services.llm.schemas import (
    BddDraft,
    ChangePayload,
    ProposalsOutput,
    SddDraft,
    SpecOutput,
    SpecPayload,
    StageRequest,
    TestPayload,
    TestPlanOutput,
)
from services.llm.vocabulary import Stage
from services.specs import service as specs
from services.tables.jobs import RefactorJob, StrategyProposal
from services.tables.specs import SpecRevision
from services.workflow import measuring, model_layer
from services.workflow.job_source import JobSource, load_source
from services.workflow.outcomes import Claim, ItemCancelledError, Outcome, Ports, Result
from services.workflow.registry import handles

_TOKEN_CHARACTERS = 4


@handles(ItemKind.ANALYSE)
async def analyse(claim: Claim, ports: Ports) -> Outcome:
    """Measure the scope and plan the three strategies."""
    source = await load_source(claim)
    project = await asyncio.to_thread(read_project, source.tree, claim.job.target_paths)
    refused = _unworkable(claim.job, source, project)
    if refused:
        return refused
    confidence = ast_confidence(project)
    await ports.log(f"read {len(project.in_scope)} Python files in scope, AST confidence {confidence}")
    for module in project.unparsable:
        await ports.log(f"not parsed: {module.path} {module.problem_code}", "WARN")
    payload = ChangePayload(goal=claim.job.goal, path_scope=claim.job.target_paths, protected=source.protected)
    answer = await _ask(claim, ports, source, Stage.PROPOSALS, payload, ProposalsOutput)
    if isinstance(answer, Outcome):
        return answer

    async def write(uow: UnitOfWork) -> None:
        for proposal in answer.proposals:
            facts = proposal.facts.model_dump(mode="json")
            hazards = _disclosed(facts.pop("hazards"), claim.job.accepted_hazards)
            facts["hotspots"] = complexity_rows(project)
            uow.session.add(
                StrategyProposal(
                    tenant_id=uow.tenant_id,
                    job_id=claim.job_id,
                    generation=claim.job.cycle_number,
                    level=proposal.level.value,
                    title=proposal.title,
                    summary=proposal.summary,
                    risk_score=proposal.risk_score,
                    technical_analysis={"text": proposal.technical_analysis},
                    facts=facts,
                    hazards=hazards,
                    estimated_complexity=proposal.estimated_complexity,
                )
            )

    return Outcome(Result.DONE, fact=f"AST {confidence}", changes={"ast_confidence": confidence}, writes=[write])


def _disclosed(hazards: list[dict[str, Any]], accepted: list[Any]) -> list[dict[str, Any]]:
    """Number the hazards and note which of them a person accepted in a preview, by what they say and where."""
    found = []
    for number, hazard in enumerate(hazards, 1):
        said = (str(hazard.get("kind", "")), str(hazard.get("path", "")), hazard.get("line"))
        key = hazard_key(*said, str(hazard.get("sentence", "")))
        found.append({"id": f"H-{number}", "key": key, "accepted": key in accepted, **hazard})
    return found


def _unworkable(job: RefactorJob, source: JobSource, project: ProjectModel) -> Outcome | None:
    readable = [module for module in project.in_scope if not module.problem]
    if not readable:
        files = [{"path": module.path, "line": module.problem_line} for module in project.unparsable[:20]]
        return Outcome(Result.REFUSED, reason="LANGUAGE_UNSUPPORTED", detail={"unparsable": files})
    tokens = sum(len(source.tree[module.path]) for module in readable) // _TOKEN_CHARACTERS
    cap = CONTEXT_CAP_TOKENS[source.tier]
    if tokens > cap * 10:
        return Outcome(Result.REFUSED, reason="CONTEXT_CAP_EXCEEDED", detail={"tokens": tokens, "cap": cap})
    return None


def ast_confidence(project: ProjectModel) -> int:
    """Return how well the scope could be read, 0 to 100 (weights of the data reference, baseline records)."""
    modules = project.in_scope
    if not modules:
        return 0
    parsed = [module for module in modules if not module.problem]
    parse_rate = len(parsed) / len(modules)
    functions = [f for module in parsed for f in module.functions]
    dynamic = sum(
        1 for module in parsed for call in module.calls if call.callee in ("getattr", "setattr", "exec", "eval")
    )
    symbol_rate = 1 - min(dynamic / max(len(functions), 1), 1)
    return round(100 * (0.40 * parse_rate + 0.35 * symbol_rate + 0.25 * parse_rate))


def complexity_rows(project: ProjectModel) -> list[dict[str, Any]]:
    """List the most complex functions of the scope, hardest first."""
    functions = sorted(project.functions(), key=lambda f: (-f.complexity, f.path, f.line))[:12]
    return [
        {
            "name": f.qualified_name,
            "path": f.path,
            "line": f.line,
            "complexity": f.complexity,
            "lines": f.end_line - f.line + 1,
        }
        for f in functions
    ]


@handles(ItemKind.EXTRACT_SPEC)
async def extract_spec(claim: Claim, ports: Ports) -> Outcome:
    """Draft behaviours and structure of what the chosen strategy reaches."""
    source = await load_source(claim)
    payload = SpecPayload(
        goal=claim.job.goal, path_scope=claim.job.target_paths, protected=source.protected, level=source.level
    )
    answer = await _ask(claim, ports, source, Stage.SPEC_EXTRACTION, payload, SpecOutput)
    if isinstance(answer, Outcome):
        return answer
    await ports.log(f"spec draft: {len(answer.bdd)} behaviours, {len(answer.sdd)} components")

    async def write(uow: UnitOfWork) -> None:
        await specs.add_revision(
            uow,
            claim.job_id,
            kind="GENERATED",
            bdd=[_bdd(draft, f"B-{number:02d}") for number, draft in enumerate(answer.bdd, 1)],
            sdd=[_sdd(draft, f"S-{number}") for number, draft in enumerate(answer.sdd, 1)],
            parent=await specs.find_latest(uow, claim.job_id),
        )

    return Outcome(Result.DONE, fact=f"{len(answer.bdd)} behaviours", writes=[write])


def _bdd(draft: BddDraft, key: str) -> dict[str, Any]:
    return {"id": key, **draft.model_dump(mode="json", exclude={"item_key"}), "origin": "MODEL"}


def _sdd(draft: SddDraft, key: str) -> dict[str, Any]:
    return {"id": key, **draft.model_dump(mode="json", exclude={"item_key"}), "origin": "MODEL"}


@handles(ItemKind.GENERATE_TESTS)
async def generate_tests(claim: Claim, ports: Ports) -> Outcome:
    """Write tests from the approved revision; they are frozen from here on (V1-FR-TEST-001)."""
    source = await load_source(claim)
    async with unit_of_work(claim.actor) as uow:
        statement = select(SpecRevision).where(SpecRevision.id == claim.job.approved_spec_revision_id)
        revision = (await uow.session.exec(statement)).one()
    items = SpecOutput(bdd=[_draft(item) for item in revision.bdd_snapshot])
    payload = TestPayload(
        goal=claim.job.goal,
        path_scope=claim.job.target_paths,
        protected=source.protected,
        items=items,
        level=source.level,
    )
    answer = await _ask(claim, ports, source, Stage.TEST_GENERATION, payload, TestPlanOutput)
    if isinstance(answer, Outcome):
        return answer
    suite = measuring.suite_of(answer)
    blob = await artifacts.write_blob(claim.actor, suite.model_dump_json().encode())
    for key in suite.unobserved:
        await ports.log(f"no test for {key}: {suite.unobserved[key]}", "WARN")

    async def write(uow: UnitOfWork) -> None:
        artifacts.add_artifact(
            uow, claim.job_id, ArtifactType.TEST_SUITE, blob, name="generated-tests", spec_revision_id=revision.id
        )

    return Outcome(Result.DONE, fact=f"{len(suite.cases)} tests", writes=[write])


def _draft(item: dict[str, Any]) -> BddDraft:
    known = {name: item[name] for name in ("title", "given", "when_action", "then_outcome", "evidence") if name in item}
    return BddDraft(item_key=item["id"], **known)


async def _ask(claim: Claim, ports: Ports, source: JobSource, stage: Stage, payload: ChangePayload, schema: Any) -> Any:
    """Ask one stage; a refusal becomes an outcome, a cancel ends the item."""
    request: StageRequest[Any] = StageRequest(
        stage=stage,
        tier=source.tier,
        model_class=model_class_for(stage, source.tier, 0),
        job_id=claim.job_id,
        attempt=0,
        snapshot_ref=source.ref,
        payload=payload,
        schema=schema,
        cancel=ports.is_cancelled,
    )
    try:
        result = await model_layer.ask(claim.actor, claim.job, request, step_id=claim.step_id)
    except CallCancelledError as error:
        raise ItemCancelledError from error
    except IamaError as error:
        if error.retryable and error.code in REASON_CLASSES:
            raise
        reason = error.code if error.code in REASON_CLASSES else "LANGUAGE_UNSUPPORTED"
        return Outcome(Result.REFUSED, reason=reason, detail={"code": error.code, "sentence": error.sentence})
    await ports.log(f"{stage.value}: {result.route.value} answered in {result.latency_ms} ms")
    return result.value
