"""Ways to a new revision beside a plain edit: an earlier one restored, a conflict settled, plain words converted.

Each goes through `save_revision`, so the same lock, rights and checks hold.
"""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from services.canon.errors import IamaError
from services.infra.unit_of_work import UnitOfWork
from services.llm.schemas import ConversionOutput, Half
from services.specs.schemas import BddItem, ConversionPreview, FieldChoice, Resolution, SddItem, SpecView
from services.specs.service import get_revision, require_current, save_revision
from services.tables.jobs import RefactorJob
from services.tables.specs import SpecRevision

FIELDS = frozenset({"title", "given", "when_action", "then_outcome", "component", "responsibility", "interface_notes"})
"""What a person may settle; ids, evidence and origin follow from it."""


async def restore(uow: UnitOfWork, job: RefactorJob, *, number: int, revision_token: str) -> SpecView:
    """Commit the items of an earlier revision on top of the newest one; equal items change nothing.

    Raises:
        IamaError: `NOT_FOUND` for an unknown number, and as `save_revision`.
    """
    old = await get_revision(uow, job.id, number)
    return await save_revision(
        uow, job, revision_token=revision_token, bdd=old.bdd_items, sdd=old.sdd_items, kind="RESTORE"
    )


async def resolve(
    uow: UnitOfWork, job: RefactorJob, *, revision_token: str, resolutions: Sequence[Resolution]
) -> SpecView:
    """Commit the fields that a person settled on top of the newest revision.

    Raises:
        IamaError: `VALIDATION_FAILED` for an item or field that the revision does not have or a missing value, and as
            `save_revision`.
    """
    head = await require_current(uow, job, revision_token)
    halves = [[dict(item) for item in side] for side in (head.bdd_snapshot, head.sdd_snapshot)]
    known = {item["id"]: item for side in halves for item in side}
    for settled in resolutions:
        item = known.get(settled.item_id)
        if item is None or settled.field not in FIELDS & item.keys():
            raise _invalid(f"The spec has no {settled.item_id}.{settled.field}.", "resolutions")
        if settled.choice is FieldChoice.THEIRS:
            continue
        if settled.value is None:
            raise _invalid("MINE and VALUE carry the text of the field.", "value")
        item |= {settled.field: settled.value, "origin": "HUMAN"}
    try:
        bdd = [BddItem.model_validate(item) for item in halves[0]]
        sdd = [SddItem.model_validate(item) for item in halves[1]]
    except ValidationError as error:
        raise _invalid("This field must not be empty.", str(error.errors()[0]["loc"][0])) from error
    return await save_revision(uow, job, revision_token=revision_token, bdd=bdd, sdd=sdd)


def _invalid(sentence: str, field: str) -> IamaError:
    return IamaError("VALIDATION_FAILED", sentence=sentence, fields=[field])


def preview(
    head: SpecRevision, output: ConversionOutput, *, half: Half, model_class: str, route: str, origin: str
) -> ConversionPreview:
    """Show converted sentences as items under ids that the newest revision does not use.

    Args:
        origin: HUMAN where the person's own words were restructured, MODEL where a model wrote them.
    """
    keys = [str(item["id"]) for item in (*head.bdd_snapshot, *head.sdd_snapshot)]
    bdd = [_numbered(draft.model_dump(), keys, "B-{:02d}", index, origin) for index, draft in enumerate(output.bdd)]
    sdd = [_numbered(draft.model_dump(), keys, "S-{}", index, origin) for index, draft in enumerate(output.sdd)]
    return ConversionPreview(
        bdd_items=None if half is Half.SDD else [BddItem.model_validate(item) for item in bdd],
        sdd_items=None if half is Half.BDD else [SddItem.model_validate(item) for item in sdd],
        left_over=output.left_over,
        model_class_used=model_class,
        route=route,
    )


def _numbered(draft: dict[str, Any], keys: Sequence[str], form: str, index: int, origin: str) -> dict[str, Any]:
    prefix = form[:2]
    taken = [int(match[1]) for key in keys if (match := re.fullmatch(rf"{prefix}(\d{{1,6}})", key))]
    key = form.format(max(taken, default=0) + 1 + index)
    return {name: value for name, value in draft.items() if name != "item_key"} | {"id": key, "origin": origin}
