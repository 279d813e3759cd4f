"""What holds for every request: bounded bodies, no tokens in URLs, no stored answers, browser protections."""

import re
from urllib.parse import parse_qsl, unquote_to_bytes

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iama_app.api.errors import envelope
from services.canon.errors import IamaError
from services.canon.limits import BODY_MAX_BYTES

TOKEN_PARAMETERS = frozenset(
    {"access_token", "token", "refresh_token", "bearer", "authorization", "jwt", "id_token", "api_key", "session"}
)
JWT_SHAPE = re.compile(r"^eyJ[\w-]+\.[\w-]+\.[\w-]*$")
FIXED_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Guard:
    """Refuses oversized bodies and URL tokens before any route runs; adds the fixed headers to every answer."""

    def __init__(self, app: ASGIApp, body_max_bytes: int = BODY_MAX_BYTES) -> None:
        self.app = app
        self.body_max_bytes = body_max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})
        guarded_send = _with_headers(scope, send)
        refusal = _refuse_url(scope) or self._refuse_declared_size(scope)
        if refusal is None:
            body, refusal = await self._read_body(scope, receive)
        if refusal is not None:
            await envelope(refusal)(scope, receive, guarded_send)
            return
        await self.app(scope, _replay(body, receive), guarded_send)

    def _refuse_declared_size(self, scope: Scope) -> IamaError | None:
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal():
            return IamaError("MALFORMED_REQUEST")
        return self._too_large() if int(declared) > self.body_max_bytes else None

    async def _read_body(self, scope: Scope, receive: Receive) -> tuple[bytes, IamaError | None]:
        chunks: list[bytes] = []
        size = 0
        more = scope["method"] not in {"GET", "HEAD", "OPTIONS"}
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self.body_max_bytes:
                return b"", self._too_large()
            more = message.get("more_body", False)
        return b"".join(chunks), None

    def _too_large(self) -> IamaError:
        return IamaError("BODY_TOO_LARGE", limit_bytes=self.body_max_bytes)


def _refuse_url(scope: Scope) -> IamaError | None:
    query = scope.get("query_string", b"")
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name.lower() in TOKEN_PARAMETERS or JWT_SHAPE.match(value):
            return IamaError("TOKEN_IN_URL_FORBIDDEN", parameter=name[:64])
    raw = scope.get("raw_path") or scope["path"].encode()
    if b"\0" in unquote_to_bytes(raw) + unquote_to_bytes(query):
        return IamaError("MALFORMED_REQUEST", sentence="An address must not contain a NUL character.")
    return None


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand the body that was read to the app once, then the client's own messages (its disconnect)."""
    handed = False

    async def next_message() -> Message:
        nonlocal handed
        if handed:
            return await receive()
        handed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message


def _with_headers(scope: Scope, send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in FIXED_HEADERS.items():
                headers.setdefault(name, value)
            for name, value in scope["state"].get("rate_headers", {}).items():
                headers[name] = value
        await send(message)

    return send_with_headers
