"""Repository text marked as data: between two lines that hold a fence which no fenced text contains."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

FENCE_CHARACTERS = 16
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./+@-]+")


def fence_for(repository: Iterable[str], others: Sequence[str] = ()) -> str:
    """Return a fence that stands in none of the texts, whatever case it is written in.

    Args:
        repository: decides the fence, so that the same slices make the same prompt and a provider's cache holds.
        others: further texts that will stand between fences or beside them.
    """
    texts = list(repository)
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass"))
    folded = [text.casefold() for text in (*texts, *others)]
    while True:
        fence = digest.hexdigest()[:FENCE_CHARACTERS]
        if not any(fence in text for text in folded):
            return fence
        digest.update(b"again")


def fenced(fence: str, kind: str, path: str, text: str, notes: str = "") -> str:
    """Return a text between its two marks; a path that could read as anything else is quoted."""
    shown = path if _PLAIN_PATH.fullmatch(path) else json.dumps(path)
    return f"BEGIN {fence} {kind} {shown}{' ' + notes if notes else ''}\n{text}\nEND {fence}"
