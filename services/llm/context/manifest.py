"""What a hosted model was shown, and why: one readable document per call, without any source text (V1-FR-CTX-003)."""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from services.engine.context.admission import Blocked
from services.engine.context.pruning import Sized

MAX_LEFT_OUT = 200
"""Slices that were left out are listed up to here; all of them are counted."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ManifestSlice(_Shape):
    """One piece of one file; `lines` are pairs of first and last line, counted from 1."""

    path: str
    kind: str
    symbol: str
    reason: str
    lines: list[tuple[int, int]]
    tokens: int
    pruned: bool = Field(description="left out; `left_out` says why")
    left_out: str | None = None


class BlockedFile(_Shape):
    """A file kept from the parsers and from the model."""

    path: str
    reason_code: str
    guidance: str


class PruningReport(_Shape):
    """What had to go: tokens of all slices, of those that are shown, and how many slices were left out."""

    tokens_before: int
    tokens_after: int
    slices_left_out: int
    by_reason: dict[str, int]


class ContextManifest(_Shape):
    """The context of one call. `total_tokens` is the whole prompt, instructions included."""

    version: int = 1
    tokenizer: str
    cap_tokens: int
    total_tokens: int
    slices: list[ManifestSlice]
    pruning: PruningReport
    blocked: list[BlockedFile] = []
    redactions: dict[str, int] = Field(default={}, description="kind → places where text was replaced")


def build_manifest(
    slices: Sequence[Sized],
    *,
    tokenizer: str,
    cap_tokens: int,
    total_tokens: int,
    blocked: Iterable[Blocked],
    redactions: Mapping[str, int],
) -> ContextManifest:
    """Return the manifest, what is shown first, both parts by rank."""
    left_out = [item for item in slices if item.left_out]
    shown = [item for item in slices if not item.left_out]
    reasons = [item.left_out for item in left_out if item.left_out]
    return ContextManifest(
        tokenizer=tokenizer,
        cap_tokens=cap_tokens,
        total_tokens=total_tokens,
        slices=[_entry(item) for item in [*shown, *left_out[:MAX_LEFT_OUT]]],
        pruning=PruningReport(
            tokens_before=sum(item.tokens for item in slices),
            tokens_after=sum(item.tokens for item in shown),
            slices_left_out=len(left_out),
            by_reason={reason: reasons.count(reason) for reason in sorted(set(reasons))},
        ),
        blocked=[
            BlockedFile(path=item.path, reason_code=item.reason_code, guidance=item.guidance)
            for item in sorted(blocked, key=lambda item: item.path)
        ],
        redactions=dict(sorted(redactions.items())),
    )


def _entry(item: Sized) -> ManifestSlice:
    piece = item.slice
    return ManifestSlice(
        path=piece.path,
        kind=piece.kind.value,
        symbol=piece.symbol,
        reason=piece.reason,
        lines=[(part.start, part.end) for part in piece.ranges],
        tokens=item.tokens,
        pruned=item.left_out is not None,
        left_out=item.left_out,
    )
