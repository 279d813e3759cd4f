"""Which files are source: cheap checks of name and bytes before any parser sees one (V1-FR-CTX-007, V2-FR-WF-007).

Every check is exact; those that cost time are guarded by a bound that settles ordinary files at once.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.canon.limits import FILE_MAX_BYTES, HIGH_ENTROPY_BITS, LINE_MAX_CHARACTERS
from services.core.tree import Tree
from services.engine.names import is_protected
from services.engine.protection import IGNORE_FILE, ignore_rules

_SAMPLE_BYTES = 64 * 1024
_ENTROPY_LEAST_BYTES = 4096
_COMMON = b' etsonraild\nc"f.pmu,_h()'
_ASCII = 128
_BYTES = 256

GUIDANCE: dict[str, str] = {
    "BINARY_FILE": "Not text in its encoding; leave it out of the scope.",
    "COMPILED_ASSET": "Built from source; choose the source instead.",
    "MINIFIED_BUNDLE": "Built from source; choose the source instead.",
    "TYPE_NOT_ALLOWED": "Not a kind of file that is read as source; name it alone in the scope if it is to change.",
    "LINE_TOO_LONG": f"A line has more than {LINE_MAX_CHARACTERS:,} characters; wrap it or leave the file out.",
    "HIGH_ENTROPY": "Looks like packed or encoded data; keep data apart from source.",
    "FILE_TOO_LARGE": f"More than {FILE_MAX_BYTES // 1024:,} KB; split it or leave it out.",
    "SECRET_DETECTED": f"Remove the credential, or name the file in {IGNORE_FILE}.",
    "IGNORED_BY_RULE": f"{IGNORE_FILE} or the job names it; take the rule away if the file is to be read.",
}
"""Reason code → what a person can do."""

SOURCE_SUFFIXES = frozenset({
    "py", "pyi", "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "java", "kt", "go", "rs", "rb", "php", "c", "h",
    "cc", "cpp", "hpp", "cs", "scala", "swift", "sql", "sh", "bash", "vue", "svelte", "toml", "cfg", "ini", "json",
    "yaml", "yml", "md", "rst", "txt", "html", "htm", "css", "scss", "xml", "properties", "gradle",
})  # fmt: skip
SOURCE_NAMES = frozenset({"Makefile", "Dockerfile", "Procfile", "Jenkinsfile", "Pipfile", "Gemfile"})
COMPILED_SUFFIXES = frozenset({
    "pyc", "pyo", "so", "dll", "dylib", "exe", "o", "a", "class", "jar", "wasm", "whl", "egg",
})  # fmt: skip
_MINIFIED = re.compile(r"\.min\.(?:js|css|mjs)$")
_SECRETS = re.compile(
    rb"-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP )?PRIVATE KEY(?: BLOCK)?-----\s[A-Za-z0-9+/=\s]{200}"
    rb"|\bAKIA[0-9A-Z]{16}\b.{0,200}?[\"'][A-Za-z0-9/+=]{40}[\"']"
    rb"|\bgh[pousr]_[A-Za-z0-9]{36}\b"
    rb"|\bsk_live_[A-Za-z0-9]{24,}\b"
    rb"|\bxox[baprs]-[0-9]{10,}-[A-Za-z0-9-]{20,}\b",
    re.DOTALL,
)
_SECRET_MARKS = (b"PRIVATE KEY", b"AKIA", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"sk_live_", b"xox")


@dataclass(frozen=True, slots=True)
class Blocked:
    """A file that is not read, and why."""

    path: str
    reason_code: str

    @property
    def guidance(self) -> str:
        """What a person can do about it."""
        return GUIDANCE[self.reason_code]


@dataclass(frozen=True, slots=True)
class Admission:
    """`tree` may be parsed; `blocked` was kept from the parsers, by path."""

    tree: Tree
    blocked: dict[str, Blocked] = field(default_factory=dict)


def admit(tree: Tree, scope: Sequence[str], ignored: Sequence[str] = ()) -> Admission:
    """Part a tree into what may be parsed and what may not; nothing is parsed to find out.

    A type off the allowlist is let through where the scope names that very file. Secrets are left to those who send
    text away: they say where they stand.

    Args:
        ignored: files, folders, patterns and rules as `names.is_protected` takes them, beside the tree's own.
    """
    rules = [*ignored, *ignore_rules(tree)]
    named = frozenset(scope)
    blocked: dict[str, Blocked] = {}
    for path, content in tree.items():
        code = blocking_code(path, content)
        if code is None and path not in named and not is_allowed_type(path):
            code = "TYPE_NOT_ALLOWED"
        if code is None and is_protected(path, rules):
            code = "IGNORED_BY_RULE"
        if code is not None:
            blocked[path] = Blocked(path, code)
    return Admission({path: content for path, content in tree.items() if path not in blocked}, blocked)


def blocking_code(path: str, content: bytes) -> str | None:
    """Return why the bytes are not source text; None when they may be parsed."""
    size = len(content)
    if size > FILE_MAX_BYTES:
        return "FILE_TOO_LARGE"
    if path.rpartition(".")[2].lower() in COMPILED_SUFFIXES:
        return "COMPILED_ASSET"
    if content.find(0, 0, _SAMPLE_BYTES) >= 0 and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "BINARY_FILE"
    if ".min." in path.lower() and _MINIFIED.search(path.lower()):
        return "MINIFIED_BUNDLE"
    if size > LINE_MAX_CHARACTERS and max(map(len, content.split(b"\n"))) > LINE_MAX_CHARACTERS:
        return "LINE_TOO_LONG"
    return "HIGH_ENTROPY" if size >= _ENTROPY_LEAST_BYTES and has_high_entropy(content[:_SAMPLE_BYTES]) else None


def is_allowed_type(path: str) -> bool:
    """Tell whether a name is one of source, configuration or prose."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() in SOURCE_SUFFIXES or name in SOURCE_NAMES


def has_secret(content: bytes) -> bool:
    """Tell whether a live-looking credential stands in the first four megabytes."""
    head = content[: FILE_MAX_BYTES * 4]
    return any(mark in head for mark in _SECRET_MARKS) and _SECRETS.search(head) is not None


def has_high_entropy(sample: bytes) -> bool:
    """Tell whether bytes carry more bits each than source text does.

    Parted into common and other bytes, the entropy has an upper bound that settles ordinary text.
    """
    rest = sample.translate(None, _COMMON)
    share = len(rest) / len(sample)
    others = (_ASCII if rest.isascii() else _BYTES) - len(_COMMON)
    bound = (1 - share) * math.log2(len(_COMMON)) + share * math.log2(others) + _binary_entropy(share)
    return bound > HIGH_ENTROPY_BITS and _entropy(sample) > HIGH_ENTROPY_BITS


def _entropy(sample: bytes) -> float:
    total = len(sample)
    return -sum(count / total * math.log2(count / total) for count in Counter(sample).values())


def _binary_entropy(share: float) -> float:
    return -sum(part * math.log2(part) for part in (share, 1 - share) if part)
