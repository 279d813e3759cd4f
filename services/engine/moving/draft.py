"""New contents of a tree in the making: splices and import changes per file, gathered from several steps."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.core.tree import Tree
from services.engine.entities import ProjectScopes
from services.engine.hazards import Hazard, HazardKind
from services.engine.imports.draft import ImportDraft
from services.engine.module_names import spelled_name
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ModuleScopes
from services.engine.source import Splice


@dataclass
class FileDraft:
    """Changes to one file that exists."""

    path: str
    scopes: ModuleScopes
    imports: ImportDraft
    found: list[Splice] = field(default_factory=list)

    @property
    def module(self) -> ast.Module:
        """The parsed file."""
        return self.scopes.root.node  # type: ignore[return-value]

    @property
    def is_package(self) -> bool:
        """Whether the file is an `__init__.py`, whose imports are there for others."""
        return self.path.rpartition("/")[2].startswith("__init__.")

    @property
    def prefers_relative(self) -> bool:
        """Whether the file imports its own package with dots."""
        return any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(self.module))

    def replace(self, start: int, end: int, text: str) -> None:
        """Note one splice; the same one twice counts once."""
        splice = Splice(start, end, text)
        if splice not in self.found:
            self.found.append(splice)

    def splices(self) -> list[Splice]:
        """Return everything noted; new imports stand in front of new code at the same place."""
        imported = self.imports.splices()
        joined: list[Splice] = []
        for item in self.found:
            same = next((i for i in imported if i.start == i.end == item.start == item.end), None)
            if same is not None:
                imported.remove(same)
                item = Splice(item.start, item.end, same.replacement + item.replacement)
            joined.append(item)
        return [*imported, *joined]


class TreeDraft:
    """Changes to the files of one tree."""

    def __init__(self, tree: Tree, words: Iterable[str]) -> None:
        self.tree = tree
        self.project = ProjectScopes(tree, tuple(words))
        self.own = self.project.own_names
        self.hazards: list[Hazard] = []
        self._files: dict[str, FileDraft] = {}
        self._names: dict[str, str] = {}

    def file(self, path: str) -> FileDraft:
        """Return the draft of an existing Python file. Raises `RefusedError` when it is missing or does not parse."""
        if path not in self._files:
            if path not in self.tree:
                raise RefusedError(RefusalCode.FILE_MISSING, path)
            scopes = self.project.scopes(path)
            if scopes is None:
                raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, path, "The file does not parse.")
            module: ast.Module = scopes.root.node  # type: ignore[assignment]
            self._files[path] = FileDraft(path, scopes, ImportDraft(scopes.source, module, self.own))
        return self._files[path]

    def name_of(self, path: str) -> str:
        """Return the dotted name the project imports a file by, existing or not."""
        if path not in self._names:
            self._names[path] = spelled_name(path, self.tree)
        return self._names[path]

    def names_of(self, path: str) -> frozenset[str]:
        """Return every dotted name under which a file may be imported."""
        return frozenset(name for name, item in self.project.paths.items() if item == path) | {self.name_of(path)}

    def disclose(self, kind: HazardKind, path: str, line: int | None, sentence: str) -> None:
        """State a hazard once."""
        hazard = Hazard(kind, path, line, sentence)
        if hazard not in self.hazards:
            self.hazards.append(hazard)

    def contents(self, *, without: Iterable[str] = ()) -> dict[str, bytes]:
        """Return path → new bytes of every file that changes."""
        skipped = set(without)
        found: dict[str, bytes] = {}
        for path, draft in sorted(self._files.items()):
            splices = [] if path in skipped else draft.splices()
            content = draft.scopes.source.splice(splices) if splices else self.tree[path]
            if content != self.tree[path]:
                found[path] = content
        return found
