"""Where sealed blobs lie: a local folder, written atomically, named by random keys."""

import asyncio
import contextlib
import os
import time
from pathlib import Path

from services.core.ids import new_id
from services.infra.paths import blob_folder


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


async def put(content: bytes) -> str:
    """Store sealed bytes and return their key."""
    name = new_id().hex
    key = f"{name[-2:]}/{name}"
    await asyncio.to_thread(_write, blob_folder() / key, content)
    return key


async def get(key: str) -> bytes:
    """Return sealed bytes (`FileNotFoundError` after their deletion)."""
    return await asyncio.to_thread((blob_folder() / key).read_bytes)


def list_older(seconds: float) -> dict[str, float]:
    """Return key → moment of writing (seconds since 1970) of sealed bytes, half-written ones too, that are older."""
    folder, before = blob_folder(), time.time() - seconds
    made = {str(path.relative_to(folder)): path.stat().st_mtime for path in folder.glob("*/*") if path.is_file()}
    return {key: moment for key, moment in sorted(made.items()) if moment < before}


async def delete(key: str) -> None:
    """Remove sealed bytes; absent ones are fine."""
    with contextlib.suppress(FileNotFoundError):
        await asyncio.to_thread((blob_folder() / key).unlink)
