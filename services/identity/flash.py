"""A short message across one redirect: a signed cookie value that says why a form was refused. Never a token in a URL.

The value is signed, not encrypted: it holds an error code, the form it belongs to and the address that was typed.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import timedelta

from services.core.clock import now
from services.identity.configuration import keys

FLASH_COOKIE = "iama_flash"
FLASH_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Flash:
    """What the next page says: an error code of `canon.errors`, its sentence, and what was typed (never a secret)."""

    form: str
    code: str
    sentence: str
    email: str = ""
    retry_after_seconds: int | None = None


def seal_flash(flash: Flash) -> str:
    """Return the cookie value; it is void after a minute."""
    until = (now() + timedelta(seconds=FLASH_SECONDS)).timestamp()
    body = json.dumps({**asdict(flash), "until": until}, separators=(",", ":")).encode()
    return f"{_encode(body)}.{_encode(_mac(body))}"


def open_flash(value: str) -> Flash | None:
    """Return the message of a cookie value, or None when it is missing, forged or over."""
    try:
        body_text, mac_text = value.split(".")
        body, mac = _decode(body_text), _decode(mac_text)
        if not hmac.compare_digest(mac, _mac(body)):
            return None
        fields = json.loads(body)
        return Flash(**fields) if fields.pop("until") > now().timestamp() else None
    except (ValueError, TypeError, KeyError):
        return None


def _mac(body: bytes) -> bytes:
    return hmac.new(keys().pepper, b"flash\0" + body, hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
