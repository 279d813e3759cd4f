"""A second opinion on edit documents, in a process of its own.

Reads `{"base": {path: base64}, "document": {...}}` from standard input, applies the document with simple code that
shares nothing with the engine, and writes `{path: sha256}` of every file. Renames are done by rope, an engine of
other authors; documents that need an alias or touch prose are beyond it and end with status 3.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
BOM = b"\xef\xbb\xbf"


def ask_oracle(base: dict[str, bytes], document_json: str) -> dict[str, str]:
    """Return path → SHA-256 as a fresh process computes it. Raises `CalledProcessError` when it cannot."""
    request = {
        "base": {p: base64.b64encode(c).decode() for p, c in base.items()},
        "document": json.loads(document_json),
    }
    answer = subprocess.run(
        [sys.executable, "-I", __file__],
        input=json.dumps(request).encode(),
        capture_output=True,
        check=True,
        timeout=120,
    )
    return dict(json.loads(answer.stdout))


def main() -> int:
    """Apply the document of standard input."""
    request = json.load(sys.stdin)
    files = {path: base64.b64decode(content) for path, content in request["base"].items()}
    for operation in request["document"]["operations"]:
        if not STEPS[operation["op"]](files, operation):
            return 3
    json.dump({path: hashlib.sha256(content).hexdigest() for path, content in files.items()}, sys.stdout)
    return 0


def search_replace(files: dict[str, bytes], operation: dict[str, Any]) -> bool:
    """Work on a list of (character, stored form) so that a line end of two characters counts as one."""
    raw = files[operation["path"]]
    bom = BOM if raw.startswith(BOM) else b""
    encoding = declared_encoding(operation["path"], raw)
    units = re.findall("\r\n|(?s:.)", raw[len(bom) :].decode(encoding))
    plain = "".join("\n" if unit in ("\r\n", "\r") else unit for unit in units)
    old, new = plain_lines(operation["search"]), plain_lines(operation["replace"])
    start = plain.index("".join(old))
    while old and new and old[0] == new[0]:
        start += len(old.pop(0))
        new.pop(0)
    while old and new and old[-1] == new[-1]:
        old.pop()
        new.pop()
    length = sum(map(len, old))
    inside = [unit for unit in units[start : start + length] if unit in ("\r\n", "\r", "\n")]
    everywhere = [unit for unit in units if unit in ("\r\n", "\r", "\n")]
    common = max(("\n", "\r\n", "\r"), key=everywhere.count)
    stored = "".join(new).replace("\n", inside[0] if inside else common)
    text = "".join(units[:start]) + stored + "".join(units[start + length :])
    files[operation["path"]] = bom + text.encode(encoding)
    return True


def plain_lines(text: str) -> list[str]:
    """Split a block into lines that end in LF."""
    return re.findall(r"[^\n]*\n|[^\n]+", text.replace("\r\n", "\n").replace("\r", "\n"))


def declared_encoding(path: str, raw: bytes) -> str:
    """Find the declaration of PEP 263 in the first two lines."""
    for line in raw.splitlines()[:2] if path.endswith((".py", ".pyi")) else []:
        found = COOKIE.match(line)
        if found:
            return found[1].decode()
    return "utf-8"


def node(files: dict[str, bytes], operation: dict[str, Any]) -> bool:
    """Find the definition by its fingerprint alone: some run of whole tokens of the file has that hash and name."""
    raw = files[operation["path"]]
    bom = BOM if raw.startswith(BOM) else b""
    encoding = declared_encoding(operation["path"], raw)
    stored = raw[len(bom) :].decode(encoding)
    ends = re.findall("\r\n|\r|\n", stored)
    if len(set(ends)) > 1:
        return False
    text = stored.replace("\r\n", "\n").replace("\r", "\n")
    spans = list(hashed_spans(text, operation["node_fingerprint"]))
    chosen = (operation.get("occurrence") or 1) - 1 if len(spans) > 1 else 0
    start, end = spans[chosen]
    lines = text.splitlines(keepends=True)
    result = NODE_STEPS[operation["op"]](text, lines, start, end, operation)
    files[operation["path"]] = bom + result.replace("\n", ends[0] if ends else "\n").encode(encoding)
    return True


def hashed_spans(text: str, fingerprint: str) -> Iterator[tuple[int, int]]:
    """Yield places, from the first word of a line to the end of a later token, whose text has a hash."""
    starts = [match.end(1) for match in re.finditer(r"^([ \t]*)(?=\S)", text, re.M)]
    starts += [match.end() for match in re.finditer(r"[;:] ", text)]
    ends = sorted({match.end() for match in re.finditer(r"\S(?=\s|$|;|,)|;", text)})
    for start in sorted(set(starts)):
        for end in ends:
            if end > start and hashlib.sha256(text[start:end].encode()).hexdigest() == fingerprint:
                yield start, end
                break


def node_replace(text: str, lines: list[str], start: int, end: int, operation: dict[str, Any]) -> str:
    """Put other text in the place of a definition."""
    return text[:start] + re.sub(r"\n\Z", "", operation["text"]).lstrip(" \t") + text[end:]


def node_insert(text: str, lines: list[str], start: int, end: int, operation: dict[str, Any]) -> str:
    """Put lines above the first, or below the last line of a definition."""
    first, last = text[:start].count("\n"), text[:end].count("\n")
    indent = re.match(r"[ \t]*", lines[first])[0]  # type: ignore[index]
    body = re.sub(r"\n\Z", "", operation["text"]).split("\n")
    at = next(number for number, line in enumerate(body) if line.strip())
    body[at] = indent + body[at].lstrip(" \t")
    block = "\n".join(body)
    if operation["op"] == "node_insert_before":
        return "".join([*lines[:first], block, "\n", *lines[first:]])
    if lines[last].endswith("\n"):
        return "".join([*lines[: last + 1], block, "\n", *lines[last + 1 :]])
    return f"{text}\n{block}"


def node_delete(text: str, lines: list[str], start: int, end: int, operation: dict[str, Any]) -> str:
    """Drop the lines of a definition and the blank ones on one side, or leave `pass` alone in its body."""
    first, last = text[:start].count("\n"), text[:end].count("\n")
    depth = indent_of(lines[first])
    blank = last + 1
    while blank < len(lines) and not lines[blank].strip():
        blank += 1
    follows = blank < len(lines) and indent_of(lines[blank]) >= depth and lines[blank].strip()[0] not in "}])"
    before = first - 1
    while before >= 0 and not lines[before].strip():
        before -= 1
    opens = before >= 0 and lines[before].rstrip().endswith(":") and indent_of(lines[before]) < depth
    if opens and not follows and operation.get("language", "python") == "python":
        return text[:start] + "pass" + text[end:]
    return "".join([*lines[:first], *lines[blank:]] if follows else [*lines[: before + 1], *lines[last + 1 :]])


def indent_of(line: str) -> int:
    """Count the blanks in front of a line."""
    return len(line) - len(line.lstrip(" \t"))


NODE_STEPS = {
    "node_replace": node_replace,
    "node_insert_before": node_insert,
    "node_insert_after": node_insert,
    "node_delete": node_delete,
}


def file_create(files: dict[str, bytes], operation: dict[str, Any]) -> bool:
    """Write a new file."""
    text = operation["content"]
    files[operation["path"]] = base64.b64decode(text) if operation.get("encoding") == "base64" else text.encode()
    return True


def file_delete(files: dict[str, bytes], operation: dict[str, Any]) -> bool:
    """Remove a file."""
    del files[operation["path"]]
    return True


def file_move(files: dict[str, bytes], operation: dict[str, Any]) -> bool:
    """Give a file another path."""
    files[operation["new_path"]] = files.pop(operation["path"])
    return True


def rename_symbol(files: dict[str, bytes], operation: dict[str, Any]) -> bool:
    """Let rope rename the definition in code, docstrings and comments left alone."""
    from rope.base.project import Project
    from rope.refactor.rename import Rename

    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_bytes(content)
        project = Project(folder, ropefolder=None)
        text = files[operation["path"]].decode()
        name = operation["symbol"].rpartition(".")[2]
        definition = re.search(rf"(?:def|class)\s+({name})\b", text) or re.search(rf"^({name})\s*=", text, re.M)
        if definition is None:
            return False
        resource = project.get_resource(operation["path"])
        change = Rename(project, resource, definition.start(1)).get_changes(operation["new_name"], docs=False)
        project.do(change)
        project.close()
        files.update({path: (Path(folder) / path).read_bytes() for path in files})
    return True


STEPS = {
    "search_replace": search_replace,
    **dict.fromkeys(NODE_STEPS, node),
    "file_create": file_create,
    "file_delete": file_delete,
    "file_move": file_move,
    "rename_symbol": rename_symbol,
}

if __name__ == "__main__":
    sys.exit(main())
