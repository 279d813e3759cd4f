"""Words and figures of the spec workbench. Pure functions."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.canon.lifecycle import TERMINAL_STATES, JobState
from services.canon.segment_words import Term, say
from services.jobs.schemas import JobView
from services.specs.schemas import RevisionView, SpecView
from state.jobs import choice_views as shown
from state.jobs import format as fmt
from state.jobs.present import MODEL_CLASSES
from state.jobs.spec_draft import Item, differing
from state.jobs.views import Fact

REVISIONS_SHOWN = 3
_STAYS_CALLABLE = "These stay callable as they are: "

_FIELD_WORDS = {
    "title": "title",
    "given": "given",
    "when_action": "when",
    "then_outcome": "then",
    "component": "component",
    "responsibility": "responsibility",
    "interface_notes": "interface",
}
_KINDS = {
    "HUMAN": "Edited",
    "GENERATED": "Extracted from code and tests",
    "NL_CONVERT": "From plain words",
    "FAST_TRACK": "Approved unread",
    "RESTORE": "Restored",
}


def actor_words(ref: str, own_id: str) -> str:
    """Name an actor: You, a member by the start of the id, or the engine."""
    try:
        UUID(ref)
    except ValueError:
        return "Engine" if ":" in ref or not ref else ref
    return "You" if ref == own_id else f"Member {fmt.short_id(ref)}"


def behaviour_rows(
    items: Sequence[Item], conflicts: Mapping[str, int], planned: Mapping[str, int]
) -> list[shown.BehaviourView]:
    """Word behaviours in their order.

    Args:
        conflicts: Item id → number of fields in conflict.
        planned: Item id → number of generated tests, where they are written.
    """
    return [_behaviour(item, conflicts.get(item["id"], 0), planned) for item in items]


def _behaviour(item: Item, in_conflict: int, planned: Mapping[str, int]) -> shown.BehaviourView:
    evidence = observed(item)
    own = sum(_is_test(entry) for entry in evidence)
    tests = planned.get(item["id"])
    return shown.BehaviourView(
        item_id=item["id"],
        mark=item["id"],
        title=item["title"],
        given=item.get("given") or "",
        when=item["when_action"],
        then=item["then_outcome"],
        planned=fmt.plural(tests, "test") if tests is not None else "",
        own=f"{own} own" if own else "",
        seen=[_seen(entry) for entry in evidence[:4]]
        or [Fact("unobserved", "no test and no recorded call speaks for it")],
        conflict=f"{fmt.plural(in_conflict, 'field')} in conflict" if in_conflict else "",
        is_observed=bool(evidence),
    )


def observed(item: Item) -> list[Mapping[str, Any]]:
    """List where a behaviour was seen; a note that it was never seen is not one of the places."""
    entries = [entry for entry in item.get("evidence") or [] if isinstance(entry, Mapping)]
    return [entry for entry in entries if str(entry.get("kind", "")).upper() != "UNOBSERVED"]


def _is_test(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("test")) or "test" in str(entry.get("kind", "")).lower()


def _seen(entry: Mapping[str, Any]) -> Fact:
    path, line = entry.get("path") or entry.get("file") or "", entry.get("line")
    place = f"{path}:{line}" if path and line else str(path)
    name = entry.get("test") or entry.get("name") or ""
    words = entry.get("text") or entry.get("detail") or entry.get("kind") or ""
    return Fact(str(name or place), str(place if name and place else words).lower() if not name else str(place))


def component_rows(items: Sequence[Item]) -> list[shown.ComponentView]:
    """Word structure items in their order."""
    return [
        shown.ComponentView(
            item["id"], item["id"], item["component"], item["responsibility"], _interface(item.get("interface_notes"))
        )
        for item in items
    ]


def _interface(notes: str | None) -> str:
    """Shorten the usual opening of an interface note, which the column's heading says already."""
    return (notes or fmt.DASH).removeprefix(_STAYS_CALLABLE).replace("`", "")


def revision_rows(revisions: Sequence[RevisionView], own_id: str, everything: bool) -> list[shown.RevisionView]:
    """Word the revision rail, newest first: the last three, or all."""
    return [_revision(one, own_id) for one in (revisions if everything else revisions[:REVISIONS_SHOWN])]


def _revision(one: RevisionView, own_id: str) -> shown.RevisionView:
    sizes = f"{fmt.plural(one.bdd_count, 'behaviour')}, {fmt.plural(one.sdd_count, 'component')}"
    changed = ", ".join(one.changed_items[:6]) + (" …" if len(one.changed_items) > 6 else "")
    first = one.number == 1
    return shown.RevisionView(
        revision_id=str(one.revision_id),
        name=f"v{one.number}",
        actor=actor_words(one.actor, own_id),
        at=fmt.clock(one.created_at),
        line=_KINDS.get(one.kind, one.kind) + (", approved" if one.approved_at else ""),
        changed=sizes if first else changed or sizes,
    )


def draft_row(changed: int, base: int) -> shown.RevisionView:
    """Word the draft of this tab as the newest revision."""
    return shown.RevisionView(
        "", "draft", "You", "", f"Draft on v{base}", f"{fmt.plural(changed, 'field')} changed", True
    )


def spec_view(job: JobView, spec: SpecView | None, segment: str = "B") -> shown.SpecView:
    """Word what does not depend on the draft."""
    if spec is None:
        return shown.SpecView(
            is_drafting=job.status is JobState.WAITING_SPEC_APPROVAL, locked_reason=_no_spec_because(job.status)
        )
    unseen = [item for item in spec.bdd_items if not observed(item.model_dump())]
    return shown.SpecView(
        revision=f"v{spec.number}",
        next_revision=f"v{spec.number + 1}",
        components=component_rows([item.model_dump() for item in spec.sdd_items]),
        components_line=f"{say(Term.STRUCTURE_HALF, segment)}, {fmt.plural(len(spec.sdd_items), 'component')}",
        coverage=[
            Fact("Behaviours observed", fmt.of(len(spec.bdd_items) - len(unseen), len(spec.bdd_items)), strong=True),
            Fact("Unobserved", fmt.count(len(unseen)), tone="warn" if unseen else ""),
            Fact("Components", fmt.count(len(spec.sdd_items))),
        ],
        starts=[
            Fact("Tests for", fmt.plural(len(spec.bdd_items), "behaviour"), strong=True),
            Fact("Model class", MODEL_CLASSES["L1"]),
            Fact(say(Term.AST_CONFIDENCE, segment), fmt.count(job.ast_confidence)),
            Fact("Then", "sandbox, untouched code"),
        ],
        is_open=job.status is JobState.WAITING_SPEC_APPROVAL,
        is_ready=job.spec_status == "READY" or spec.approved,
        is_editable=spec.editable,
        locked_reason="" if spec.editable else "This revision is frozen in the present state.",
        consequence=_consequence(job, spec),
    )


def _no_spec_because(state: JobState) -> str:
    if state in TERMINAL_STATES:
        return "The job ended before a spec was drafted."
    if state is JobState.WAITING_SPEC_APPROVAL:
        return "The spec is being drafted."
    return "The spec is drafted after a strategy is chosen."


def _consequence(job: JobView, spec: SpecView) -> str:
    if job.status is JobState.WAITING_SPEC_APPROVAL:
        return f"Approving v{spec.number} freezes it and starts test generation. Charging starts there."
    return "Saving a change stops the run and goes back to approval; attempt counters start again."


def conflict_view(
    data: Mapping[str, Any], draft_base: int, choices: Mapping[str, str], values: Mapping[str, str], own_id: str
) -> shown.ConflictView:
    """Word an open conflict.

    Args:
        data: The data of `SPEC_REVISION_CONFLICT`.
        choices: Field key → MINE, THEIRS or VALUE.
        values: Field key → the person's merged wording.
    """
    payload = data["diff_payload"]
    number = payload["current_number"]
    fields = [_field(one, draft_base, number, choices, values) for one in payload["conflicts"]]
    who = actor_words(str(data.get("actor", "")), own_id)
    return shown.ConflictView(
        title=f"{who} saved v{number} while you edited v{draft_base}",
        line=f"{fmt.plural(len(fields), 'field')} overlaps, all others are merged"
        if len(fields) == 1
        else f"{fmt.plural(len(fields), 'field')} overlap, all others are merged",
        fields=fields,
        is_settled=all(field.choice for field in fields),
    )


def conflict_key(one: Mapping[str, Any]) -> str:
    """Return the key of a conflicting field as the page sends it back."""
    return f"{one['item_id']}.{one['field']}"


def _field(
    one: Mapping[str, Any], base: int, number: int, choices: Mapping[str, str], values: Mapping[str, str]
) -> shown.FieldConflictView:
    key = conflict_key(one)
    return shown.FieldConflictView(
        key=key,
        place=f"{one['item_id']}.{_FIELD_WORDS.get(one['field'], one['field'])}",
        mine=one["mine"] or "removed",
        mine_note=f"draft on v{base}",
        theirs=one["theirs"] or "removed",
        theirs_note=f"v{number}",
        merged=values.get(key, one["mine"] or one["theirs"]),
        choice=choices.get(key, ""),
    )


def compare_rows(before: Sequence[Item], after: Sequence[Item]) -> list[shown.CompareLineView]:
    """List the fields in which two revisions differ, side by side."""
    return [
        shown.CompareLineView(f"{key}.{_FIELD_WORDS.get(name, name)}", old, new)
        for key, name, old, new in differing(before, after)
    ]


def linked_tests(item: Item | None, names: Sequence[str]) -> list[shown.LinkedTestView]:
    """List the tests that speak for a behaviour: generated ones first, then where it was observed."""
    if item is None:
        return []
    rows = [shown.LinkedTestView(name, "generated") for name in names]
    return rows + [shown.LinkedTestView(_seen(entry).label, "observed", "ok") for entry in observed(item)]
