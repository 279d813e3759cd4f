"""Changes to the import statements of one module, gathered first and then written as splices.

Statements keep their place, layout and comments; only the names that come or go are touched.
"""

import ast
from dataclasses import dataclass, field

from services.engine.imports.layout import addition_splices, deletion_splice, list_splices, module_splice
from services.engine.imports.placing import ImportPlace, block_place, insertion_place, typing_place
from services.engine.imports.statements import (
    RELATIVE,
    ImportStatement,
    Wanted,
    import_statements,
    is_type_checking,
    lines_of,
    section_of,
)
from services.engine.source import SourceText, Splice


@dataclass
class _Change:
    """What happens to one statement."""

    block: list[ast.stmt]
    removed: set[int] = field(default_factory=set)
    targets: dict[int, Wanted] = field(default_factory=dict)
    added: list[Wanted] = field(default_factory=list)
    following: list[Wanted] = field(default_factory=list)


class ImportDraft:
    """The import statements of one module. `own` are the project's top-level names, for grouping."""

    def __init__(self, source: SourceText, module: ast.Module, own: frozenset[str]) -> None:
        self._source = source
        self._module = module
        self._own = own
        self._statements = list(import_statements(module))
        self._changes: dict[int, _Change] = {}
        self._by_id = {id(node): node for node, _ in self._statements}
        self._blocks = {id(node): block for node, block in self._statements}
        self._new: list[Wanted] = []
        self._typed: list[Wanted] = []
        self._raw: list[str] = []
        self._notes: dict[tuple[str, int], str] = {}

    @property
    def from_statements(self) -> list[ast.ImportFrom]:
        """Every `from` statement of the module, however deep."""
        return [node for node, _ in self._statements if isinstance(node, ast.ImportFrom)]

    @property
    def statements(self) -> list[ImportStatement]:
        """Every import statement of the module, however deep."""
        return [node for node, _ in self._statements]

    def add(self, wanted: Wanted, *, for_types: bool = False, note: str = "") -> None:
        """Import something at the top of the module; nothing happens where it is imported there already.

        Args:
            note: A comment that a line of its own gets, two blanks in front.
        """
        if self._holds(wanted, for_types=for_types):
            return
        if note:
            self._notes[wanted.source] = note
        (self._typed if for_types else self._new).append(wanted)
        if for_types and typing_place(self._source, self._module) is None:
            self.add(Wanted("typing", "TYPE_CHECKING"))

    def add_text(self, text: str) -> None:
        """Put a whole statement behind the imports, as `try: import …` copied from elsewhere."""
        if text not in self._raw and text not in self._source.text:
            self._raw.append(text)

    def remove(self, node: ImportStatement, alias: ast.alias) -> None:
        """Take one name out of a statement."""
        self._change(node).removed.add(id(alias))

    def retarget(self, node: ImportStatement, alias: ast.alias, wanted: Wanted) -> None:
        """Import something else instead of `alias`, at the same place."""
        change = self._change(node)
        change.removed.add(id(alias))
        change.targets[id(alias)] = wanted

    def follow(self, node: ImportStatement, wanted: Wanted) -> None:
        """Import something right behind a statement, as what a star import no longer brings."""
        self._change(node).following.append(wanted)

    def splices(self) -> list[Splice]:
        """Return all changes as splices of the module's text."""
        for change in [*self._changes.values()]:
            self._settle(change)
        found: list[Splice] = []
        pending = [item for item in self._new if not self._taken_in(item)]
        emptied = self._emptied_guards()
        for key, change in self._changes.items():
            if not any(change.block is guard.body for guard in emptied):
                found += self._statement(self._by_id[key], change)
        found += [deletion_splice(self._source, guard, self._module.body, []) for guard in emptied]
        return found + self._insertions(pending)

    def _change(self, node: ImportStatement) -> _Change:
        return self._changes.setdefault(id(node), _Change(self._blocks[id(node)]))

    def _holds(self, wanted: Wanted, *, for_types: bool) -> bool:
        if wanted in self._new or wanted in self._typed:
            return True
        top = [change for change in self._changes.values() if change.block is self._module.body]
        if any(wanted in change.targets.values() or wanted in change.following for change in top):
            return True
        for node, block in self._statements:
            is_top = block is self._module.body
            is_typed = for_types and any(
                is_type_checking(item) and getattr(item, "body", None) is block for item in self._module.body
            )
            if is_top or is_typed:
                kept = [a for a in node.names if id(a) not in self._removed(node)]
                if any(wanted_of(node, alias) == wanted for alias in kept):
                    return True
        return False

    def _removed(self, node: ImportStatement) -> set[int]:
        change = self._changes.get(id(node))
        return change.removed if change else set()

    def _settle(self, change: _Change) -> None:
        """Decide where retargeted names go: the same statement with another module, a neighbour, or a new line."""
        node = next(self._by_id[key] for key, item in self._changes.items() if item is change)
        if change.targets and _is_plain_swap(node, change):
            return
        for wanted in change.targets.values():
            if change.block is self._module.body and self._taken_in(wanted):
                continue
            change.following.append(wanted)
        change.targets = {}

    def _taken_in(self, wanted: Wanted) -> bool:
        """Add a name to a statement at the top level that imports from the same module, where there is one."""
        if wanted.name is None:
            return False
        for node in self._module.body:
            if not isinstance(node, ast.ImportFrom) or (node.module or "", node.level) != wanted.source:
                continue
            if any(alias.name == "*" for alias in node.names) or self._vanishes(node):
                continue
            kept = [wanted_of(node, alias) for alias in node.names if id(alias) not in self._removed(node)]
            if wanted not in kept and wanted not in self._change(node).added:
                self._change(node).added.append(wanted)
            return True
        return False

    def _vanishes(self, node: ImportStatement) -> bool:
        change = self._changes.get(id(node))
        return change is not None and len(change.removed) == len(node.names)

    def _statement(self, node: ImportStatement, change: _Change) -> list[Splice]:
        if change.targets:
            return module_splice(self._source, node, [change.targets[id(alias)] for alias in node.names])
        following = [item for item in change.following if not self._is_local_repeat(item, change)]
        if len(change.removed) == len(node.names) and not change.added:
            return [deletion_splice(self._source, node, change.block, following)]
        found = list_splices(self._source, node, change.removed, change.added)
        return found + addition_splices(self._source, node, change.block, following)

    def _is_local_repeat(self, wanted: Wanted, change: _Change) -> bool:
        return any(
            isinstance(node, ast.Import | ast.ImportFrom)
            and any(wanted_of(node, alias) == wanted for alias in node.names if id(alias) not in self._removed(node))
            for node in change.block
        )

    def _emptied_guards(self) -> list[ast.If]:
        """Return each `if TYPE_CHECKING:` that imports nothing any more."""
        return [
            node
            for node in self._module.body
            if isinstance(node, ast.If) and is_type_checking(node) and not node.orelse and self._is_emptied(node.body)
        ]

    def guards_go(self) -> bool:
        """Tell whether no `if TYPE_CHECKING:` is left at the top level."""
        return len(self._emptied_guards()) == sum(map(is_type_checking, self._module.body)) and not self._typed

    def _is_emptied(self, block: list[ast.stmt]) -> bool:
        return not self._typed and all(
            isinstance(item, ast.Import | ast.ImportFrom)
            and self._vanishes(item)
            and not self._changes[id(item)].following
            and not self._changes[id(item)].targets
            and not self._changes[id(item)].added
            for item in block
        )

    def _insertions(self, pending: list[Wanted]) -> list[Splice]:
        """Bring what goes to one offset together: imports by group, then whole statements."""
        places: dict[int, list[tuple[int, str, ImportPlace]]] = {}
        for line, wanted in self._statements_of(pending):
            place = insertion_place(self._source, self._module, wanted, self._own)
            section = section_of(wanted.module, wanted.level, self._own)
            places.setdefault(place.offset, []).append((section, line, place))
        for rank, text in enumerate([*self._raw, *self._typing_block()], start=RELATIVE + 1):
            place = block_place(self._source, self._module)
            places.setdefault(place.offset, []).append((rank, text, place))
        found = [Splice(offset, offset, self._arranged(offset, items)) for offset, items in places.items()]
        return found + self._into_typing_block()

    def _statements_of(self, pending: list[Wanted]) -> list[tuple[str, Wanted]]:
        """Pair every new statement with one of its imports."""
        grouped: dict[tuple[object, ...], list[Wanted]] = {}
        for item in sorted(pending, key=lambda item: (item.name is not None, item.level, item.module, item.item)):
            grouped.setdefault((*item.source, None if item.name else item.item), []).append(item)
        found = []
        for items in grouped.values():
            head, bracket, rest = "\n".join(lines_of(items)).partition("(\n")
            note = self._notes.get(items[0].source, "")
            found.append((f"{head}{bracket[:1]}{note}{bracket[1:]}{rest}", items[0]))
        return found

    def _arranged(self, offset: int, items: list[tuple[int, str, ImportPlace]]) -> str:
        groups: dict[int, list[str]] = {}
        items = sorted(items, key=lambda item: item[0])
        for section, text, _ in items:
            groups.setdefault(section, []).append(text)
        lead = "" if offset == 0 or self._source.text[offset - 1] == "\n" else "\n"
        before, after = items[0][2].before, items[-1][2].after
        body = "\n\n".join("\n".join(lines) for lines in groups.values())
        return lead + "\n" * before + body + "\n" * (after + 1)

    def _typing_block(self) -> list[str]:
        if not self._typed or typing_place(self._source, self._module) is not None:
            return []
        return ["\n".join(["if TYPE_CHECKING:", *lines_of(self._typed, "    ")])]

    def _into_typing_block(self) -> list[Splice]:
        place = typing_place(self._source, self._module)
        if not self._typed or place is None:
            return []
        offset, indent = place
        lead = "" if self._source.text[offset - 1] == "\n" else "\n"
        return [Splice(offset, offset, lead + "\n".join(lines_of(self._typed, indent)) + "\n")]


def _is_plain_swap(node: ImportStatement, change: _Change) -> bool:
    """Tell whether every name of the statement goes to one and the same other module."""
    if len(change.targets) != len(node.names) or change.added:
        return False
    targets = list(change.targets.values())
    if isinstance(node, ast.Import):
        return all(item.name is None for item in targets)
    return all(item.name is not None for item in targets) and len({item.source for item in targets}) == 1


def wanted_of(node: ImportStatement, alias: ast.alias) -> Wanted:
    """Return a name of a statement as a value."""
    if isinstance(node, ast.Import):
        return Wanted(alias.name, None, alias.asname)
    return Wanted(node.module or "", alias.name, alias.asname, node.level)
