"""Token counts without a network: the encodings that LiteLLM's own wheel carries, found without importing it.

Nothing here may fall back to a download: a file that is absent or altered leaves the count of bytes, which no
byte-level encoding exceeds.
"""

import hashlib
import importlib.util
import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

UNKNOWN_FACTOR = 2.2
"""Upper bound for a tokenizer that is not here, on top of a generic one (context rules, step 2)."""

NEWER_FACTOR = 1.5
"""Room for the newer models of a family of which only the older encoding was published."""

FILES: dict[str, tuple[str, str]] = {
    "o200k_base": (
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ),
    "cl100k_base": (
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ),
    "claude": ("anthropic_tokenizer.json", "c241737df24b4e7f7c9af4fdcee29a0ca903dcb288a8b753bc346a3092911767"),
}
"""Encoding → file in the wheel and its SHA-256."""

FAMILIES: tuple[tuple[re.Pattern[str], str, float], ...] = (
    (re.compile(r"gpt-4o|gpt-4\.[15]|gpt-5|gpt-oss|(?:^|/)o[1345](?:-|$)"), "o200k_base", 1.0),
    (re.compile(r"gpt-4|gpt-3\.5"), "cl100k_base", 1.0),
    (re.compile(r"claude-(?:2|instant)"), "claude", 1.0),
    (re.compile(r"claude"), "claude", NEWER_FACTOR),
    (re.compile(r""), "cl100k_base", UNKNOWN_FACTOR),
)
"""Model name → encoding and factor; the first match decides."""


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """How the tokens of a model are counted. `factor` above 1 makes the count an upper bound."""

    encoding: str
    factor: float

    @property
    def is_exact(self) -> bool:
        """Whether the count is what the model will see."""
        return self.factor == 1.0 and self.encoding in FILES

    def __str__(self) -> str:
        return self.encoding if self.is_exact else f"{self.encoding} x {self.factor:g} (upper bound)"

    def count(self, text: str) -> int:
        """Return the number of tokens, rounded up."""
        return math.ceil(_counter(self.encoding)(text) * self.factor)


@cache
def tokenizer_for(model: str) -> Tokenizer:
    """Return how tokens of a model are counted, by its name as LiteLLM knows it."""
    encoding, factor = next((name, factor) for pattern, name, factor in FAMILIES if pattern.search(model.lower()))
    return Tokenizer(encoding, factor) if _file(encoding) else Tokenizer("bytes", 1.0)


def count_tokens(model: str, text: str) -> int:
    """Return how many tokens of `model` a text takes; never fewer where the model's encoding is not known."""
    return tokenizer_for(model).count(text)


@cache
def _counter(encoding: str) -> Callable[[str], int]:
    file = _file(encoding)
    if file is None:
        return lambda text: len(text.encode("utf-8", "surrogatepass"))
    return _claude(file) if encoding == "claude" else _tiktoken(encoding, file)


@cache
def _file(encoding: str) -> Path | None:
    """Return the encoding's file when the wheel has it unaltered."""
    spec = importlib.util.find_spec("litellm")
    name, digest = FILES.get(encoding, ("", ""))
    for place in (spec.submodule_search_locations or []) if spec else []:
        file = Path(place, "litellm_core_utils", "tokenizers", name)
        if file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == digest:
            return file
    return None


def _claude(file: Path) -> Callable[[str], int]:
    from tokenizers import Tokenizer as Encoding

    encoding = Encoding.from_file(str(file))
    return lambda text: len(encoding.encode(text, add_special_tokens=False).ids)


def _tiktoken(name: str, file: Path) -> Callable[[str], int]:
    """Point the library at the verified file: its name there is the one the library looks for."""
    os.environ["TIKTOKEN_CACHE_DIR"] = str(file.parent)
    import tiktoken

    encoding = tiktoken.get_encoding(name)
    return lambda text: len(encoding.encode_ordinary(text))
