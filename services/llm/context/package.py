"""From a snapshot to the context of one request: filter, select, refuse what may not leave, count, prune."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.canon.limits import CONTEXT_CAP_TOKENS
from services.core.tree import Tree, is_within
from services.engine.context.admission import Blocked, admit
from services.engine.context.model import FileView, SliceKind, views_of
from services.engine.context.pruning import Sized, pruned, sized
from services.engine.context.selection import select
from services.engine.project import read_project
from services.llm.errors import ContextBlockedError, ContextTooLargeError, SecretInContextError
from services.llm.router import Route
from services.llm.schemas import ChangePayload
from services.llm.secrets_guard import secret_places

MOST_CHARACTERS_PER_TOKEN = 16
"""No encoding yields longer tokens on average: targets beyond that are refused before they are counted."""

CountText = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What may be shown for one request: sized slices by rank, and the files kept out."""

    tree: Tree
    slices: list[Sized]
    blocked: list[Blocked]


def cap_tokens(tier: str, route: Route) -> int:
    """Return the longest prompt: what the plan allows, or the model's window where that is smaller (V1-LLM-11)."""
    plan = CONTEXT_CAP_TOKENS[tier]
    return min(plan, route.context_tokens) if route.context_tokens else plan


def gather(payload: ChangePayload, tree: Tree, limit_tokens: int, count: CountText) -> Gathered:
    """Collect the slices of a request from the admitted files of a tree.

    Raises:
        ContextBlockedError: a target imports a file of the project that may not be read, or no target may be read.
        SecretInContextError: a credential stands in a target.
        ContextTooLargeError: the targets are far beyond `limit_tokens`.
    """
    admission = admit(tree, payload.path_scope)
    project = read_project(admission.tree, payload.path_scope)
    inside = [item for path, item in admission.blocked.items() if is_within(path, tuple(payload.path_scope))]
    chosen = select(
        project,
        admission.tree,
        payload.path_scope,
        protected=payload.protected,
        blocked=list(admission.blocked.values()),
    )
    targets = [item for item in chosen.slices if item.kind is SliceKind.TARGET]
    if chosen.missing or (inside and not targets):
        raise ContextBlockedError(files=_listed(chosen.missing or inside))
    _refuse_secrets([item.path for item in targets], admission.tree)
    _refuse_far_beyond(sum(len(tree[item.path]) for item in targets), limit_tokens)
    return Gathered(admission.tree, sized(chosen.slices, admission.tree, count), inside)


def shown(gathered: Gathered, room_tokens: int) -> tuple[list[Sized], list[FileView]]:
    """Return all slices, marked where they are left out, and the views of the files that are shown."""
    slices = pruned(gathered.slices, room_tokens)
    return slices, views_of((item.slice for item in slices if not item.left_out), gathered.tree)


def _refuse_secrets(targets: Sequence[str], tree: Tree) -> None:
    places = [place for path in targets for place in secret_places(path, tree[path].decode("utf-8", "replace"))]
    if places:
        raise SecretInContextError(places=places)


def _refuse_far_beyond(size_bytes: int, limit_tokens: int) -> None:
    least = size_bytes // MOST_CHARACTERS_PER_TOKEN
    if least > limit_tokens:
        raise ContextTooLargeError(tokens=least, limit_tokens=limit_tokens)


def _listed(blocked: Sequence[Blocked]) -> list[dict[str, str]]:
    return [
        {"path": item.path, "reason_code": item.reason_code, "guidance": item.guidance}
        for item in sorted(blocked, key=lambda item: item.path)
    ][:20]
