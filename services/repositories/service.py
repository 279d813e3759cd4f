"""Preflight, head checks and the records of a job's source."""

import asyncio
import shutil
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlmodel import func, select

from services.canon.errors import IamaError
from services.core.clock import now
from services.infra.paths import scratch_folder
from services.infra.unit_of_work import UnitOfWork
from services.repositories import rules, snapshots
from services.repositories.git_gateway import GitError, filters_off, git, text
from services.repositories.schemas import Preflight
from services.tables.jobs import RefactorJob
from services.tables.repositories import BranchHeadSnapshot, RepoImportPrecheckRecord

PREFLIGHT_VALID_SECONDS = 3600
_WORKTREE_OUTSIDE = (
    f"The folder is a linked worktree of a repository outside the folders in {rules.LOCAL_ROOTS_VARIABLE}."
)


async def preflight(url: str, branch: str | None, scopes: list[str]) -> Preflight:
    """Measure branch and scope before anything is fetched: local by listing, remote without file contents.

    Raises:
        IamaError: source and branch codes; limits are violations in the answer, not errors.
    Req: V2-FR-GH-006.
    """
    source = rules.check_source(url)
    if source.local_path is not None:
        await _require_repository(source.local_path)
    name, sha, default = await snapshots.resolve_head(source.url, branch)
    if source.local_path is not None:
        entries = await snapshots.list_tree(source.local_path, sha)
        return _with_dirt(snapshots.measure(entries, scopes, name, default, sha), await _is_dirty(source.local_path))
    folder = Path(tempfile.mkdtemp(dir=_scratch_root(), prefix="preflight-"))
    try:
        await snapshots.fetch(source.url, name, sha, folder, blobs=False)
        entries = await snapshots.list_tree(folder, sha)
        return snapshots.measure(entries, scopes, name, default, sha)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _scratch_root() -> Path:
    scratch_folder().mkdir(parents=True, exist_ok=True)
    return scratch_folder()


async def _require_repository(path: Path) -> None:
    if not path.is_dir():
        raise IamaError("REPO_NOT_A_GIT_REPOSITORY", sentence="The folder does not exist.")
    try:
        inside = await text(path, "rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir")
        own, common = (Path(line) for line in inside.splitlines())
        top = path if own == path else Path(await text(path, "rev-parse", "--show-toplevel"))
    except (GitError, ValueError) as error:
        raise IamaError("REPO_NOT_A_GIT_REPOSITORY") from error
    if top.resolve() != path:
        raise IamaError("REPO_NOT_A_GIT_REPOSITORY", sentence="The folder is inside a repository; name its top.")
    if not rules.is_below_roots(common.resolve()):
        raise IamaError("GIT_URL_NOT_ALLOWED", sentence=_WORKTREE_OUTSIDE)


async def _is_dirty(path: Path) -> bool:
    try:
        listing = await git(
            path,
            "status",
            "--porcelain",
            "--untracked-files=no",
            "--ignore-submodules",
            extra_env=await filters_off(path),
        )
        return bool(listing)
    except GitError:
        return False


def _with_dirt(verdict: Preflight, dirty: bool) -> Preflight:
    return Preflight(**{name: getattr(verdict, name) for name in Preflight.__slots__} | {"dirty": dirty})


async def store_preflight(uow: UnitOfWork, job: RefactorJob, verdict: Preflight) -> None:
    """Keep the verdict with the limits it was measured against."""
    uow.session.add(
        RepoImportPrecheckRecord(
            tenant_id=uow.tenant_id,
            job_id=job.id,
            branch=verdict.branch,
            head_sha=verdict.head_sha,
            path_scopes=job.target_paths,
            file_count=verdict.file_count,
            size_bytes=verdict.size_bytes,
            limits=verdict.limits,
            passed=verdict.passed,
            violations=verdict.violations,
            requested_by=uow.actor.ref,
            expires_at=now() + timedelta(seconds=PREFLIGHT_VALID_SECONDS),
        )
    )
    await uow.session.flush()


async def check_head(url: str, branch: str, start_sha: str) -> tuple[str | None, int]:
    """Return (head now, milliseconds); None when the branch is gone."""
    began = time.monotonic()
    try:
        _, sha, _ = await snapshots.resolve_head(rules.check_source(url).url, branch)
    except IamaError as error:
        if error.code != "BRANCH_NOT_FOUND":
            raise
        sha = None
    return sha, int((time.monotonic() - began) * 1000)


async def store_head_check(uow: UnitOfWork, job: RefactorJob, current: str | None, latency_ms: int) -> str:
    """Keep one comparison and return its verdict: `MATCH` or `DRIFTED`."""
    verdict = "MATCH" if current == job.head_sha_at_start else "DRIFTED"
    counted = select(func.count()).select_from(BranchHeadSnapshot).where(BranchHeadSnapshot.job_id == job.id)
    seen = int((await uow.session.exec(counted)).one())
    uow.session.add(
        BranchHeadSnapshot(
            tenant_id=uow.tenant_id,
            job_id=job.id,
            check_seq=seen + 1,
            branch=job.source_branch or "",
            head_sha_at_start=job.head_sha_at_start or "",
            head_sha_now=current,
            verdict=verdict,
            latency_ms=latency_ms,
        )
    )
    await uow.session.flush()
    return verdict
