"""Recording what the untouched code does, twice; what differs between the runs or acts on the outside is taken out."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.baselines import places
from services.baselines.generation import planned
from services.baselines.phases import OnEvent
from services.baselines.proof import ProofLimits, generated_request, put_tools, run_suite
from services.baselines.rendering import render_files, snapshot_key
from services.baselines.schemas import CaseMode, GeneratedCase, GeneratedSuite, Quarantined, SuiteRun
from services.core.tree import Tree
from services.sandbox.port import Session

RECORD_MAX_BYTES = 64 * 1024 * 1024
_UNSUITABLE = frozenset({"TypeError", "AttributeError", "NameError", "RecursionError", "AssertionError", "MemoryError"})
_FIRST = {"PYTHONHASHSEED": "0", "TZ": "UTC"}
_SECOND = {"PYTHONHASHSEED": "4242", "TZ": "Etc/GMT-14"}


async def record(
    session: Session,
    suite: GeneratedSuite,
    *,
    tree: Tree | None = None,
    limits: ProofLimits | None = None,
    on_event: OnEvent | None = None,
) -> GeneratedSuite:
    """Run every generated test twice on the untouched code and keep those that end the same.

    The second run has another hash seed, time zone and order. Taken out, with the reason: tests that differ, that do
    not hold, that write files, start programs or use the network. Guesses that do not suit a function are dropped.
    Raises:
        VerdictForgedError: see `proof.prove`.
    """
    if not suite.cases:
        return suite.model_copy(update={"recorded": True})
    bounds = limits or ProofLimits()
    if tree is not None:
        await session.put(tree, dest="workspace", replace=True)
    await put_tools(session, suite)
    first, seen_first = await _run(session, suite, bounds, _FIRST, False, on_event)
    second, seen_second = await _run(session, suite, bounds, _SECOND, True, on_event)
    kept: list[GeneratedCase] = []
    taken_out: list[Quarantined] = []
    outcomes: dict[str, Any] = {}
    for case in suite.cases:
        key = snapshot_key(case.test_id)
        reason = _reason(case, (first, second), (seen_first.get(key), seen_second.get(key)))
        if reason is None:
            kept.append(case)
            if case.mode is CaseMode.CHARACTERIZATION:
                outcomes[key] = seen_first[key]["outcome"]
        elif reason:
            taken_out.append(Quarantined(test_id=case.test_id, item_key=case.item_key, reason=reason))
    return _recorded(suite, kept, taken_out, outcomes)


def _recorded(
    suite: GeneratedSuite, kept: list[GeneratedCase], taken_out: list[Quarantined], outcomes: dict[str, Any]
) -> GeneratedSuite:
    counts = planned(kept)
    reasons = {item.item_key: item.reason for item in reversed(taken_out)}
    lost = {
        key: reasons.get(key, "No input was found that the function accepts.")
        for key in suite.planned_by_item
        if key not in counts
    }
    return suite.model_copy(
        update={
            "cases": tuple(kept),
            "files": render_files(suite.folder, kept, outcomes) if kept else {},
            "planned_by_item": counts,
            "unobserved": {**suite.unobserved, **lost},
            "quarantined": tuple(taken_out),
            "recorded": True,
        }
    )


async def _run(
    session: Session,
    suite: GeneratedSuite,
    bounds: ProofLimits,
    env: Mapping[str, str],
    reverse: bool,
    on_event: OnEvent | None,
) -> tuple[SuiteRun, dict[str, dict[str, Any]]]:
    name = f"recorded-{secrets.token_hex(8)}.jsonl"
    settings = {**env, "IAMA_RECORD": f"{places.RESULTS}/{name}"}
    request = replace(generated_request(suite), label="the recording", reverse=reverse, env=settings)
    run, _ = await run_suite(session, request, bounds, on_event)
    collected = await session.collect([f"out/{name}"], RECORD_MAX_BYTES)
    return run, _lines(collected.get(f"out/{name}", b""))


def _lines(content: bytes) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for line in content.splitlines():
        try:
            item = json.loads(line)
            found[str(item["id"])] = {"outcome": item["outcome"], "effects": list(item["effects"])}
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return found


def _reason(
    case: GeneratedCase, runs: tuple[SuiteRun, SuiteRun], seen: tuple[dict[str, Any] | None, dict[str, Any] | None]
) -> str | None:
    """Why a case is taken out: None keeps it, an empty text drops a guess without a word."""
    first, second = seen
    results = [run.outcomes.get(case.test_id) for run in runs]
    if first is None or second is None or any(item is None or not item.is_green for item in results):
        return "" if case.guessed else _not_held(results)
    effects = sorted({*first["effects"], *second["effects"]})
    if effects:
        return f"The call {' and '.join(effects)}, so it is not repeated as a test."
    if first["outcome"] != second["outcome"]:
        return "Two runs on the same code ended differently."
    raised = (first["outcome"] or {}).get("raised")
    return "" if case.guessed and raised and raised[0] in _UNSUITABLE else None


def _not_held(results: list[Any]) -> str:
    if any(item is not None and item.timed_out for item in results):
        return "The call ran longer than a test may."
    if all(item is not None and not item.is_green for item in results):
        return f"It does not hold on the code as it is: {results[0].error_class or 'failed'}."
    return "It held in one of two runs only."
