"""Import statements as values and as text: how a module is spelt from where it is imported, and how a line reads."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

LINE_LENGTH = 88
FUTURE, STANDARD, THIRD_PARTY, OWN, RELATIVE = range(5)
ImportStatement = ast.Import | ast.ImportFrom


@dataclass(frozen=True, slots=True)
class Wanted:
    """One import as it shall be written: `import module [as alias]`, or `from <level dots>module import name …`."""

    module: str
    name: str | None = None
    alias: str | None = None
    level: int = 0

    @property
    def bound(self) -> str:
        """The name it binds."""
        return self.alias or self.name or self.module.partition(".")[0]

    @property
    def source(self) -> tuple[str, int]:
        """What a `from` statement must import from to take this name in."""
        return self.module, self.level

    @property
    def item(self) -> str:
        """The entry in the list of names."""
        entry = self.name or self.module
        return f"{entry} as {self.alias}" if self.alias else entry


def spelt(target: str, path: str, name: str, *, relative: bool) -> tuple[str, int]:
    """Return module and level with which the file `path` of dotted `name` imports the module `target`.

    Args:
        relative: Prefer dots, where both modules share a package and no more than two levels are climbed.
    """
    parts = name.split(".")
    package = parts if PurePosixPath(path).stem == "__init__" else parts[:-1]
    goal = target.split(".")
    common = 0
    while common < min(len(package), len(goal)) and package[common] == goal[common]:
        common += 1
    level = len(package) - common + 1
    if not relative or not common or level > 3:
        return target, 0
    return ".".join(goal[common:]), level


def lines_of(wanted: Iterable[Wanted], indent: str = "") -> list[str]:
    """Write imports as statements, one per module, plain imports first, without line ends; long ones in brackets."""
    unique = sorted(set(wanted), key=lambda item: (item.level > 0, item.module.lower(), name_key(item.item)))
    plain = [f"{indent}import {item.item}" for item in unique if item.name is None]
    grouped: dict[tuple[str, int], list[str]] = {}
    for item in unique:
        if item.name is not None:
            grouped.setdefault(item.source, []).append(item.item)
    return plain + [from_line(*source, items, indent) for source, items in grouped.items()]


def name_key(item: str) -> tuple[int, str]:
    """Order of names inside a statement: constants, classes, the rest."""
    name = item.partition(" ")[0]
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower()


def from_line(module: str, level: int, items: Sequence[str], indent: str = "") -> str:
    """Write one `from` statement; a long list goes on lines of its own."""
    head = f"{indent}from {'.' * level}{module} import "
    line = head + ", ".join(items)
    if len(line) <= LINE_LENGTH or len(items) == 1 and "*" in items:
        return line
    return head + "(\n" + "".join(f"{indent}    {item},\n" for item in items) + f"{indent})"


def section_of(module: str, level: int, own: frozenset[str]) -> int:
    """Return the group a module is imported in; `own` are the project's top-level names."""
    first = module.partition(".")[0]
    if level:
        return RELATIVE
    if first == "__future__":
        return FUTURE
    if first in own:
        return OWN
    return STANDARD if first in sys.stdlib_module_names else THIRD_PARTY


def statement_section(node: ImportStatement, own: frozenset[str]) -> int:
    """Return the group of a statement."""
    if isinstance(node, ast.ImportFrom):
        return section_of(node.module or "", node.level, own)
    return section_of(node.names[0].name, 0, own)


def sort_key(node: ImportStatement) -> tuple[bool, str]:
    """Order within a group: plain imports first, then by module."""
    if isinstance(node, ast.ImportFrom):
        return True, ("." * node.level + (node.module or "")).lower()
    return False, node.names[0].name.lower()


def grouped_text(wanted: Iterable[Wanted], own: frozenset[str]) -> str:
    """Write the imports of a new file: groups in order, a blank line between them."""
    groups: dict[int, list[Wanted]] = {}
    for item in wanted:
        groups.setdefault(section_of(item.module, item.level, own), []).append(item)
    return "\n\n".join("\n".join(lines_of(groups[section])) for section in sorted(groups))


def is_type_checking(node: ast.stmt) -> bool:
    """Tell whether a statement is `if TYPE_CHECKING:`."""
    if not isinstance(node, ast.If):
        return False
    return (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING") or (
        isinstance(node.test, ast.Attribute) and node.test.attr == "TYPE_CHECKING"
    )


def import_statements(module: ast.Module) -> Iterator[tuple[ImportStatement, list[ast.stmt]]]:
    """Yield every import statement of a module, however deep, with the block it stands in."""
    pending: list[ast.AST] = [module]
    while pending:
        node = pending.pop()
        for _, value in ast.iter_fields(node):
            if not isinstance(value, list):
                continue
            for item in value:
                if isinstance(item, ast.Import | ast.ImportFrom):
                    yield item, value
                elif isinstance(item, ast.stmt | ast.ExceptHandler | ast.match_case):
                    pending.append(item)


MODULE_PART = re.compile(r"from\b\s*(\.*\s*[\w.]*)\s*\bimport\b|from\s*(\.+)\s*import\b")
