"""Running the proof of one tree: generated tests and the repository's own suite, without network, with canaries."""

import hashlib
import json
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from services.baselines import places
from services.baselines.errors import VerdictForgedError
from services.baselines.phases import OnEvent, PhaseEnd, run_phase
from services.baselines.results import Results, check_canaries, read_results
from services.baselines.schemas import GeneratedSuite, ProofRun, SuitePlan, SuiteRun
from services.canon.clocks import TEST_RUN_SECONDS
from services.core.tree import Tree, file_fingerprint
from services.sandbox.port import Limits, Session

RESULTS_MAX_BYTES = 64 * 1024 * 1024
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "flint", "grove", "hazel", "inlet", "jolly", "kites", "larch")


@dataclass(frozen=True, slots=True)
class ProofLimits:
    """Bounds of one proof, in seconds; `sandbox` are the limits of each phase."""

    run_seconds: float = TEST_RUN_SECONDS
    test_seconds: float = 60.0
    sandbox: Limits | None = None


@dataclass(frozen=True, slots=True)
class SuiteRequest:
    """One suite in one process. `added` are files of this run, put beside the tree; `env` reaches the tests."""

    label: str
    runner: str
    root: str = "."
    targets: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    python_path: tuple[str, ...] = (".",)
    added: bool = False
    reverse: bool = False
    env: Mapping[str, str] | None = None


async def prove(
    session: Session,
    *,
    suite: GeneratedSuite,
    own: SuitePlan,
    label: str,
    tree: Tree | None = None,
    names: bytes | None = None,
    limits: ProofLimits | None = None,
    on_event: OnEvent | None = None,
) -> ProofRun:
    """Run the generated tests and the repository's own tests on one tree.

    Args:
        tree: The source to prove, put into the workspace first; None proves what lies there already.
        names: The name map of a rename (`generation.name_map`), for trees in which it was carried out.
    Raises:
        VerdictForgedError: a canary did not end as planned, results contradict, or the tests changed the source.
    """
    bounds = limits or ProofLimits()
    if tree is not None:
        await session.put(tree, dest="workspace", replace=True)
    await put_tools(session, suite, names)
    generated, first = await run_suite(session, generated_request(suite), bounds, on_event)
    generated = generated.model_copy(update={"expected": tuple(case.test_id for case in suite.cases)})
    owned, second = await run_suite(session, own_request(own), bounds, on_event)
    unchanged = tree is None or await source_matches(session, tree, bounds)
    if not unchanged:
        raise VerdictForgedError(sentence="The tests changed the source that they were run on.", suite=label)
    return ProofRun(label=label, generated=generated, own=owned, canaries=first + second, source_unchanged=unchanged)


async def put_tools(session: Session, suite: GeneratedSuite, names: bytes | None = None) -> None:
    """Put our scripts and the generated files where the test phases read them; customer code cannot write there."""
    added = {f"added/{path}": content for path, content in suite.files.items()}
    if suite.files:
        added[f"added/{suite.folder}/names.json"] = names or b"{}"
    await session.put({**places.guest_tools(), **added}, dest="tools")


def generated_request(suite: GeneratedSuite) -> SuiteRequest:
    """The run of the generated tests: by unittest, so that no configuration or plugin of the project takes part."""
    files = tuple(sorted({case.test_id.split("::")[0] for case in suite.cases}))
    runner = "unittest" if files else "none"
    return SuiteRequest("the generated tests", runner, targets=files, python_path=suite.python_path, added=True)


def own_request(plan: SuitePlan) -> SuiteRequest:
    """The run of the repository's own tests as planned."""
    return SuiteRequest(
        "the repository's own tests", plan.runner, plan.root, plan.targets, plan.options, plan.python_path
    )


async def run_suite(
    session: Session, request: SuiteRequest, bounds: ProofLimits, on_event: OnEvent | None = None
) -> tuple[SuiteRun, int]:
    """Run one suite once; returns the run and the number of canaries that ended as planned.

    Raises:
        VerdictForgedError: see `prove`.
    """
    if request.runner == "none":
        return SuiteRun(), 0
    key, name = secrets.token_hex(32), f"results-{secrets.token_hex(8)}.jsonl"
    canaries = _canaries()
    plan = _guest_plan(request, bounds, name, canaries)
    argv = (places.PYTHON, "-s", "-B", f"{places.TOOLS}/iama_run.py", json.dumps(plan, sort_keys=True))
    env = {"HOME": "/tmp", "PYTHONHASHSEED": "0", "LANG": "C.UTF-8", **(request.env or {}), "IAMA_RESULTS_KEY": key}
    end = await run_phase(
        session,
        request.label,
        argv,
        env=env,
        deadline_seconds=bounds.run_seconds,
        limits=bounds.sandbox,
        on_event=on_event,
    )
    collected = await session.collect([f"out/{name}"], RESULTS_MAX_BYTES)
    found = read_results(collected.get(f"out/{name}", b""), key)
    count = check_canaries(found, {canary: passes for canary, (passes, _) in canaries.items()}, label=request.label)
    return _suite_run(found, end), count if found.complete else 0


async def source_matches(session: Session, tree: Tree, bounds: ProofLimits) -> bool:
    """Compare the workspace with the tree by a script that runs alone, after the tests."""
    argv = (places.PYTHON, "-I", "-B", f"{places.TOOLS}/iama_hash.py", places.WORKSPACE)
    end = await run_phase(session, "check the source", argv, deadline_seconds=bounds.run_seconds, limits=bounds.sandbox)
    return f"iama-tree {workspace_digest(tree)}" in end.log.splitlines()


def workspace_digest(tree: Tree) -> str:
    """The digest that the script in the sandbox computes, from the tree we hold."""
    digest = hashlib.sha256()
    for path in sorted(tree):
        if not {"__pycache__", ".pytest_cache"}.intersection(path.split("/")[:-1]):
            digest.update(f"{path}\0{file_fingerprint(tree[path])}\n".encode())
    return digest.hexdigest()


def _canaries() -> dict[str, tuple[bool, str]]:
    """Names → (must pass, source). Names and order tell nothing about which is which."""
    found: dict[str, tuple[bool, str]] = {}
    for passes in random.sample((True, False), 2):
        left, right = secrets.randbelow(900) + 100, secrets.randbelow(900) + 100
        name = f"test_{secrets.choice(_WORDS)}_{secrets.choice(_WORDS)}_{secrets.token_hex(3)}"
        shown = left + right if passes else left + right + 1 + secrets.randbelow(50)
        found[name] = (passes, f"def {name}():\n    assert {left} + {right} == {shown}\n")
    return found


def _guest_plan(
    request: SuiteRequest, bounds: ProofLimits, results: str, canaries: Mapping[str, tuple[bool, str]]
) -> dict[str, object]:
    return {
        "source": places.WORKSPACE,
        "scratch": places.COPY,
        "overlay": places.OVERLAY,
        "dependencies": places.DEPENDENCIES,
        "added": f"{places.TOOLS}/added" if request.added else None,
        "root": request.root,
        "runner": request.runner,
        "targets": list(request.targets),
        "options": list(request.options),
        "python_path": list(request.python_path),
        "results": f"{places.RESULTS}/{results}",
        "canaries": {name: text for name, (_, text) in canaries.items()},
        "test_seconds": bounds.test_seconds,
        "reverse": request.reverse,
    }


def _suite_run(found: Results, end: PhaseEnd) -> SuiteRun:
    return SuiteRun(
        outcomes=found.outcomes,
        expected=found.expected,
        runner=found.runner,
        complete=found.complete,
        timed_out=end.timed_out,
        limit_hits=end.limit_hits,
        net_attempts=end.net_attempts,
        seconds=end.seconds,
        exit_code=end.code,
        log=end.log,
    )
