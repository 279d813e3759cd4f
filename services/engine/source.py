"""Text of one file, edited without touching a byte that no edit names.

Owns decoding (BOM, PEP 263), line endings and the way from LF positions back to the original bytes. All offsets
outside this module count characters of `SourceText.text`, where every line ends in LF.
"""

import codecs
import io
import re
import tokenize
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from services.core.tree import file_fingerprint
from services.engine.names import is_python
from services.engine.refusals import RefusalCode, RefusedError

_NEWLINE = re.compile(r"\r\n|\r")
_EXACT = frozenset({"utf-8", "ascii", "iso-8859-1"})
"""Encodings in which different bytes are always different text."""


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """Replace `text[start:end]` by `replacement`; lines of the replacement end in LF."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True)
class SourceText:
    """One decoded file. `original` holds the line endings as stored, `text` the same with LF only."""

    path: str
    original: str
    encoding: str
    bom: bytes

    @classmethod
    def read(cls, path: str, content: bytes) -> "SourceText":
        """Decode a file.

        Raises:
            RefusedError: `PARSE_UNSUPPORTED` when the content is not text in its declared encoding.
        """
        encoding = _encoding_of(path, content)
        bom = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
        try:
            original = content[len(bom) :].decode(encoding)
            faithful = encoding in _EXACT or original.encode(encoding) == content[len(bom) :]
        except (UnicodeError, LookupError) as error:
            raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, path, f"Not valid {encoding} text.") from error
        if not faithful or b"\0" in content:
            raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, path, "Binary content or a lossy encoding.")
        return cls(path, original, encoding, bom)

    @cached_property
    def text(self) -> str:
        """The content with LF line endings."""
        return plain_lines(self.original)

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of each line's first character."""
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def _pairs(self) -> list[int]:
        """LF offsets of the line ends that are two characters long in the original."""
        return [match.start() - index for index, match in enumerate(re.finditer("\r\n", self.original))]

    @cached_property
    def _newline(self) -> str:
        """The line ending that the file uses most."""
        pairs = len(self._pairs)
        single = self.original.count("\r") - pairs
        plain = self.original.count("\n") - pairs
        return max((plain, "\n"), (pairs, "\r\n"), (single, "\r"), key=lambda item: item[0])[1]

    def offset(self, line: int, byte_column: int) -> int:
        """Turn an `ast` position (line from 1, column in UTF-8 bytes) into an offset of `text`."""
        start = self.line_starts[line - 1]
        head = self.text[start : start + byte_column]
        if head.isascii():
            return start + byte_column
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        return start + len(self.text[start:end].encode()[:byte_column].decode())

    def line_of(self, offset: int) -> int:
        """Return the line number, from 1, of an offset."""
        return bisect_left(self.line_starts, offset + 1)

    def splice(self, splices: Sequence[Splice]) -> bytes:
        """Return the file's bytes after non-overlapping splices; all other bytes stay as they are.

        Raises:
            RefusedError: `PARSE_UNSUPPORTED` when the file's encoding cannot hold a replacement.
            ValueError: splices overlap.
        """
        parts: list[str] = []
        position = 0
        for item in sorted(splices):
            start, end = self._stored(item.start), self._stored(item.end)
            if start < position:
                raise ValueError(f"overlapping splices in {self.path}")
            parts += [self.original[position:start], self._with_newlines(item, start)]
            position = end
        parts.append(self.original[position:])
        return self._encode("".join(parts))

    def _stored(self, offset: int) -> int:
        return offset + bisect_left(self._pairs, offset)

    def _with_newlines(self, item: Splice, stored_start: int) -> str:
        if "\n" not in item.replacement:
            return item.replacement
        near = re.search(r"\r\n|\r|\n", self.original[stored_start : self._stored(item.end)])
        return item.replacement.replace("\n", near.group() if near else self._newline)

    def _encode(self, original: str) -> bytes:
        try:
            return self.bom + original.encode(self.encoding)
        except UnicodeError as error:
            detail = f"The file's encoding {self.encoding} cannot hold the replacement."
            raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, self.path, detail) from error


def plain_lines(text: str) -> str:
    """Return text with LF line endings."""
    return _NEWLINE.sub("\n", text) if "\r" in text else text


def text_fingerprint(text: str) -> str:
    """Return the SHA-256 of a piece of source with LF line endings, as UTF-8."""
    return file_fingerprint(text.encode("utf-8", "surrogatepass"))


def _encoding_of(path: str, content: bytes) -> str:
    if not is_python(path) or not _declares_encoding(content):
        return "utf-8"
    try:
        name, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except (SyntaxError, UnicodeError) as error:
        detail = "Unknown or wrong encoding declaration."
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, f"{path}:1", detail) from error
    return "utf-8" if name == "utf-8-sig" else name


def _declares_encoding(content: bytes) -> bool:
    """Tell whether the first two lines may hold a declaration, before the tokenizer looks closely."""
    second = content.find(b"\n", content.find(b"\n") + 1)
    return b"coding" in content[: second if second > 0 else len(content)]
