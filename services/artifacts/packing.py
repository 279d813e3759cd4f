"""A source tree as one blob: sorted, deterministic, refusing unsafe paths on the way in and out."""

import io
import json
import zlib

from services.core.tree import Tree, normalise_path

MAGIC = b"IAMATREE1\n"


def pack_tree(tree: Tree) -> bytes:
    """Return one compressed blob; equal trees give equal blobs."""
    paths = sorted(tree)
    index = json.dumps([[normalise_path(path), len(tree[path])] for path in paths]).encode()
    body = io.BytesIO()
    body.write(len(index).to_bytes(8, "big") + index)
    for path in paths:
        body.write(tree[path])
    return MAGIC + zlib.compress(body.getvalue(), 3)


def unpack_tree(blob: bytes) -> dict[str, bytes]:
    """Return the tree of a blob.

    Raises:
        ValueError: not such a blob, or an index that does not match the content.
    """
    if not blob.startswith(MAGIC):
        raise ValueError("not a packed tree")
    body = zlib.decompress(blob[len(MAGIC) :])
    size = int.from_bytes(body[:8], "big")
    index = json.loads(body[8 : 8 + size])
    tree: dict[str, bytes] = {}
    offset = 8 + size
    for path, length in index:
        tree[normalise_path(path)] = body[offset : offset + length]
        offset += length
    if offset != len(body):
        raise ValueError("a packed tree with a wrong index")
    return tree
