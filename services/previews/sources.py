"""The tree a preview looks at: a pinned commit, fetched and read as a job's is, or a job's own stored tree.

A worker keeps the last few small trees in memory, since completion and previews ask for the same one; each belongs to
one tenant. Nothing is written except the clone, which is erased at once.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import select

from services.artifacts import service as artifacts
from services.canon.errors import IamaError
from services.canon.limits import PREVIEW_KEPT_BYTES
from services.core.actor import Actor
from services.core.ids import new_id
from services.core.tree import Tree
from services.engine.project import read_project
from services.engine.project_model import ProjectModel
from services.engine.protection import protected_entries
from services.infra.unit_of_work import unit_of_work
from services.jobs.schemas import SourceRequest
from services.jobs.service import require_job
from services.previews.schemas import Sourced
from services.repositories import rules, snapshots
from services.repositories import service as repositories
from services.tables.repositories import ContextFilterDecision, RepositoryWorkspace

KEPT_TREES = 3
Key = tuple[UUID, str, str]


@dataclass
class PinnedTree:
    """One commit's files, what must not change among them, and what was read of them so far."""

    head_sha: str
    branch: str | None
    tree: Tree
    protected: tuple[str, ...]
    _projects: dict[tuple[str, ...], ProjectModel] = field(default_factory=dict)

    def project(self, scope: list[str]) -> ProjectModel:
        """Return the project model for a scope, read once. Call it off the event loop."""
        wanted = tuple(scope)
        if wanted not in self._projects:
            self._projects = {wanted: read_project(self.tree, wanted)}
        return self._projects[wanted]


class _Kept:
    """The last few trees, none of them large."""

    def __init__(self) -> None:
        self._trees: OrderedDict[Key, PinnedTree] = OrderedDict()

    def find(self, key: Key) -> PinnedTree | None:
        """Return a kept tree and note its use."""
        if key in self._trees:
            self._trees.move_to_end(key)
        return self._trees.get(key)

    def keep(self, key: Key, pinned: PinnedTree) -> None:
        """Keep a tree unless it is large."""
        if sum(len(content) for content in pinned.tree.values()) > PREVIEW_KEPT_BYTES:
            return
        self._trees[key] = pinned
        while len(self._trees) > KEPT_TREES:
            self._trees.popitem(last=False)


_KEPT = _Kept()


async def read_source(actor: Actor, wanted: Sourced, scopes: list[str]) -> PinnedTree:
    """Return the tree that a request names.

    Raises:
        IamaError: the codes of the preflight, limits among them; `JOB_NOT_FOUND`; `SPEC_NOT_READY` while a job has no
            source yet.
    """
    if wanted.job_id is not None:
        return await _of_job(actor, wanted.job_id)
    assert wanted.source is not None
    return await _of_address(actor, wanted.source, scopes)


async def _of_address(actor: Actor, source: SourceRequest, scopes: list[str]) -> PinnedTree:
    verdict = await repositories.preflight(source.url, source.branch, scopes)
    if verdict.violations:
        first = dict(verdict.violations[0])
        raise IamaError(str(first.pop("code")), **first)
    key = (actor.tenant_id, source.url, verdict.head_sha)
    kept = _KEPT.find(key)
    if kept is None:
        kept = await _fetched(source.url, verdict.branch, verdict.head_sha, scopes)
        _KEPT.keep(key, kept)
    return kept


async def _fetched(url: str, branch: str, sha: str, scopes: list[str]) -> PinnedTree:
    folder = snapshots.scratch_path(new_id())
    try:
        await snapshots.fetch(rules.check_source(url).url, branch, sha, folder, blobs=True)
        snapshot = await snapshots.read_snapshot(folder, sha, scopes)
    finally:
        await snapshots.wipe_folder(folder)
    return await _pinned(sha, branch, snapshot.files, sorted(snapshot.blocked))


async def _of_job(actor: Actor, job_id: UUID) -> PinnedTree:
    async with unit_of_work(actor) as uow:
        await require_job(uow, job_id)
        statement = select(RepositoryWorkspace).where(RepositoryWorkspace.job_id == job_id)
        workspace = (await uow.session.exec(statement)).one_or_none()
        blocked = select(ContextFilterDecision.path).where(ContextFilterDecision.job_id == job_id)
        protected = sorted(await uow.session.exec(blocked))
    if workspace is None or workspace.tree_artifact_id is None:
        raise IamaError("SPEC_NOT_READY", sentence="The source of this job is not here yet.")
    sha = workspace.head_sha or ""
    key = (actor.tenant_id, str(job_id), sha)
    kept = _KEPT.find(key)
    if kept is None:
        tree = await artifacts.read_tree(actor, workspace.tree_artifact_id)
        kept = await _pinned(sha, workspace.branch, tree, protected)
        _KEPT.keep(key, kept)
    return kept


async def _pinned(sha: str, branch: str | None, tree: Tree, blocked: list[str]) -> PinnedTree:
    own = await asyncio.to_thread(protected_entries, tree)
    return PinnedTree(sha, branch, tree, (*blocked, *own))
