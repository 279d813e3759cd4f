"""The patch bundle: a Git mailbox with the commit, the edit document and the evidence record, in one zip file."""

import io
import json
import zipfile
from email.utils import format_datetime
from uuid import UUID

from sqlmodel import select

from services.artifacts import service as artifacts
from services.artifacts.schemas import ArtifactType
from services.canon.errors import IamaError
from services.core.actor import Actor
from services.core.clock import now
from services.delivery import rules
from services.delivery.service import find_evidence
from services.infra.unit_of_work import unit_of_work
from services.jobs.service import require_job
from services.repositories.publishing import AGENT_EMAIL, AGENT_NAME
from services.tables.evidence import PatchAttempt

_FIXED_TIME = (2000, 1, 1, 0, 0, 0)


async def make_bundle(actor: Actor, job_id: UUID) -> tuple[UUID, bytes]:
    """Return (artifact id, zip bytes) of a delivered job's bundle; a repeat returns the stored one.

    Raises:
        IamaError: `JOB_NOT_FOUND`, `TRANSITION_NOT_ALLOWED` before delivery, `ARTIFACT_EXPIRED`.
    """
    async with unit_of_work(actor) as uow:
        job = await require_job(uow, job_id)
        record = await find_evidence(uow, job_id)
        patch_id = await artifacts.find_latest(uow, job_id, ArtifactType.PATCH)
        stored = await artifacts.find_latest(uow, job_id, ArtifactType.PATCH_BUNDLE)
        statement = select(PatchAttempt.document_artifact_id).where(
            PatchAttempt.job_id == job_id, PatchAttempt.outcome == "APPLIED"
        )
        documents = [value for value in await uow.session.exec(statement) if value]
    if record is None or patch_id is None:
        raise IamaError("TRANSITION_NOT_ALLOWED", sentence="Nothing was delivered yet.", status=job.status)
    if stored is not None:
        return stored, await artifacts.read_artifact(actor, stored)
    patch = await artifacts.read_artifact(actor, patch_id)
    dropped = len(record.document["predicate"].get("dropped_operations", []))
    message = rules.commit_message(job.goal, job_id, record.record_hash, dropped)
    entries = {
        "0001-change.patch": _mailbox(job.head_sha_at_start or "", message, patch),
        "evidence.json": json.dumps(record.document, indent=1, sort_keys=True).encode(),
    }
    if documents:
        entries["edit-document.json"] = await artifacts.read_artifact(actor, documents[-1])
    content = _zip(entries)
    blob = await artifacts.write_blob(actor, content)
    async with unit_of_work(actor) as uow:
        await require_job(uow, job_id, lock=True)
        artifact = artifacts.add_artifact(uow, job_id, ArtifactType.PATCH_BUNDLE, blob, name="patch-bundle.zip")
        await uow.session.flush()
        await uow.audit("delivery.bundle_made", job_id, artifact_id=str(artifact))
    return artifact, content


def _mailbox(base_sha: str, message: str, patch: bytes) -> bytes:
    subject, _, body = message.partition("\n")
    head = [
        f"From {base_sha or '0' * 40} Mon Sep 17 00:00:00 2001",
        f"From: {AGENT_NAME} <{AGENT_EMAIL}>",
        f"Date: {format_datetime(now())}",
        f"Subject: [PATCH] {subject}",
        "",
        body.strip(),
        "---",
        "",
    ]
    return "\n".join(head).encode() + b"\n" + patch + b"-- \nIAMA\n"


def _zip(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(entries.items()):
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
