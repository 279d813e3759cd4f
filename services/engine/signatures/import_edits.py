"""Imports that follow a function to its new name or place, in every file that has them."""

import ast

from services.engine.entities import ProjectScopes
from services.engine.imports.draft import ImportDraft
from services.engine.imports.statements import Wanted
from services.engine.module_names import absolute_module
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ImportedName
from services.engine.signatures.edits import Edits


class ImportEdits:
    """Gathers import changes by file; `write` puts them into the edits."""

    def __init__(self, project: ProjectScopes) -> None:
        self._project = project
        self._drafts: dict[str, ImportDraft] = {}
        self._instead: set[tuple[int, str]] = set()

    def draft(self, path: str) -> ImportDraft:
        """Return the import changes of a file that parses."""
        if path not in self._drafts:
            scopes = self._project.scopes(path)
            assert scopes is not None
            assert isinstance(scopes.root.node, ast.Module)
            own = frozenset(name.partition(".")[0] for name in self._project.paths)
            self._drafts[path] = ImportDraft(scopes.source, scopes.root.node, own)
        return self._drafts[path]

    def require(self, path: str, home: str, name: str) -> None:
        """Import a name that `home` will define, unless `path` is `home`.

        Raises:
            RefusedError: `NAME_COLLISION` when the file binds that name.
        """
        scopes = self._project.scopes(path)
        if path == home or scopes is None:
            return
        if name in scopes.root.bindings:
            line = scopes.source.line_of(scopes.root.bindings[name][0].start)
            raise RefusedError(RefusalCode.NAME_COLLISION, f"{path}:{line}", f"{name} is bound.")
        self.draft(path).add(Wanted(self._project.name_of(home), name))

    def drop(self, home: str, name: str, instead: str | None = None, *, paths: frozenset[str] | None = None) -> None:
        """Take the imports of a function away, or import another name from the same module in its place.

        Args:
            paths: Files whose imports change; all that mention the function when None.
        """
        for path in self._project.modules if paths is None else sorted(paths):
            scopes = self._project.scopes(path)
            if scopes is None:
                continue
            for scope in scopes.root.walk():
                for bindings in scope.bindings.values():
                    for binding in bindings:
                        if isinstance(binding.node, ImportedName):
                            self._drop(path, binding.node, home, name, instead)

    def _drop(self, path: str, node: ImportedName, home: str, name: str, instead: str | None) -> None:
        statement = node.statement
        if not isinstance(statement, ast.ImportFrom):
            return
        module = absolute_module(path, self._project.name_of(path), statement.module, statement.level)
        entity = self._project.member(module, node.alias.name)
        if (entity.kind, entity.path, entity.name) != ("member", home, name):
            return
        if instead is None or (id(statement), instead) in self._instead:
            self.draft(path).remove(statement, node.alias)
        else:
            self._instead.add((id(statement), instead))
            wanted = Wanted(statement.module or "", instead, None, statement.level)
            self.draft(path).retarget(statement, node.alias, wanted)

    def write(self, edits: Edits) -> None:
        """Add the changes to the edits."""
        for path, draft in self._drafts.items():
            edits.add(path, draft.splices())
