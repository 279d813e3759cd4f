"""Serves the front end's endpoint chunk with the visitor's own origin.

The build writes absolute `localhost` addresses into one small chunk. Answering it with the host of the request lets one
build work on any port and behind any proxy. Everything else passes through.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_CHUNK = re.compile(r"/assets/(reflex-env-[\w-]+\.js)")
_BAKED = re.compile(rb"(http|ws)s?://localhost:\d+")
_HOST = re.compile(rb"[\w.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")


class SameOrigin:
    """ASGI wrapper around the built application."""

    def __init__(self, inner: Any, assets: Path) -> None:
        self._inner = inner
        self._assets = assets

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer the chunk, pass on every other request."""
        chunk = self._chunk_of(scope)
        if chunk is None:
            await self._inner(scope, receive, send)
            return
        body = rewrite(chunk.read_bytes(), dict(scope["headers"]), scope.get("scheme", "http"))
        headers = [(b"content-type", b"text/javascript; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _chunk_of(self, scope: Any) -> Path | None:
        if scope["type"] != "http" or not (found := _CHUNK.fullmatch(scope["path"])):
            return None
        chunk = self._assets / found[1]
        return chunk if chunk.is_file() else None


def rewrite(source: bytes, headers: Mapping[bytes, bytes], scheme: str) -> bytes:
    """Return the chunk with its addresses on the host, port and scheme of the request.

    Args:
        headers: Request headers, names in lower case; a malformed `Host` is not echoed.
    """
    host = headers.get(b"host", b"")
    if not _HOST.fullmatch(host):
        return source
    secure = headers.get(b"x-forwarded-proto", scheme.encode()) == b"https"
    return _BAKED.sub(rb"\g<1>" + (b"s" if secure else b"") + b"://" + host, source)
