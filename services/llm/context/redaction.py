"""Secrets, personal data and control marks replaced before text leaves the machine; edits get theirs back.

Equal values get equal replacements within one key, and nothing of the value can be read from the replacement.
Credentials are not put back: an answer has no use for them.
"""

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from services.llm.secrets_guard import SHAPES as SECRET_SHAPES

_DIGEST_CHARACTERS = 10


def _has_luhn_sum(text: str) -> bool:
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [digit if index % 2 == 0 else digit * 2 for index, digit in enumerate(reversed(digits))]
    return len(set(digits)) > 1 and sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0


def _has_iban_sum(text: str) -> bool:
    plain = text.replace(" ", "")
    turned = plain[4:] + plain[:4]
    return len(plain) >= 15 and int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _is_persons_address(text: str) -> bool:
    name, _, host = text.casefold().partition("@")
    reserved = re.search(r"(?:^|\.)(?:example(?:\.\w+)?|test|invalid|localhost|local)$", host)
    return not reserved and name not in ("git", "noreply", "no-reply")


def _always(text: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of text that is replaced: where it may stand, which of that counts, what replaces it."""

    kind: str
    pattern: re.Pattern[str]
    counts: Callable[[str], bool] = _always
    form: str = "REDACTED_{kind}_{digest}"
    comes_back: bool = True


SHAPES: tuple[Shape, ...] = (
    Shape("PRIVATE_KEY", re.compile(r"-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.S),
          comes_back=False),
    *(Shape("SECRET", pattern, comes_back=False) for pattern in SECRET_SHAPES),
    Shape("EMAIL", re.compile(r"\b[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"),
          _is_persons_address, "person-{digest}@redacted.invalid"),
    Shape("IBAN", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _has_iban_sum),
    Shape("CARD", re.compile(r"\b[3-6]\d{3}[ -]?(?:\d{4}[ -]?\d{4}[ -]?\d{4}|\d{6}[ -]?\d{5})\b"), _has_luhn_sum),
    Shape("PHONE", re.compile(r"(?<![\w.+])\+\d{1,3}(?:[ .()/-]{0,2}\d{2,5}){2,5}\b")),
    Shape("SOCIAL_NUMBER", re.compile(r"\b(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b")),
    Shape("CONTROL", re.compile(r"<\|[A-Za-z_]{2,40}\|>|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>")),
    Shape("INVISIBLE", re.compile("[\U000e0000-\U000e007f\u202a-\u202e\u2066-\u2069]+")),
)  # fmt: skip
"""In order of application; every repetition is bounded, so that no text takes long.

Control marks of chat templates and invisible writing carry orders past a reader's eye.
"""


@dataclass(slots=True)
class Redactor:
    """Replaces and restores within one request.

    Args:
        key: names the snapshot; values of different snapshots get different replacements.
    """

    key: str
    counts: Counter[str] = field(default_factory=Counter)
    _values: dict[str, str] = field(default_factory=dict, repr=False)

    def hide(self, text: str) -> str:
        """Return the text with every known shape replaced; text without any comes back as it is."""
        for shape in SHAPES:
            text = shape.pattern.sub(partial(self._replacement, shape), text)
        return text

    def restore(self, text: str) -> str:
        """Put personal data and marks back where their replacements stand."""
        for replacement, value in self._values.items():
            text = text.replace(replacement, value)
        return text

    def _replacement(self, shape: Shape, match: re.Match[str]) -> str:
        value = match.group()
        if not shape.counts(value):
            return value
        self.counts[shape.kind] += 1
        digest = hmac.new(self.key.encode(), value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        replacement = shape.form.format(kind=shape.kind, digest=digest[:_DIGEST_CHARACTERS])
        if shape.comes_back:
            self._values[replacement] = value
        return replacement
