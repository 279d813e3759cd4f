"""What an inlined body needs in another module: the imports of the names it reads."""

import ast

from services.engine.entities import ProjectScopes
from services.engine.imports.statements import Wanted
from services.engine.inlining.body import InlineBody
from services.engine.module_names import absolute_module
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ImportedName, ModuleScopes, Scope
from services.engine.signatures.import_edits import ImportEdits


class Carrier:
    """Gathers the import changes of every file that a body comes into."""

    def __init__(self, project: ProjectScopes, body: InlineBody) -> None:
        self._project = project
        self._body = body
        self.imports = ImportEdits(project)

    def _scopes(self, path: str) -> ModuleScopes:
        found = self._project.scopes(path)
        assert found is not None
        return found

    def carry(self, path: str, scope: Scope, line: int) -> None:
        """Make the body's names mean in `scope` what they mean at home.

        Raises:
            RefusedError: `SHADOWED` or `NAME_COLLISION` where a name means something else there, `UNSAFE_REFERENCE`
                where it cannot be imported.
        """
        home = self._body.definition.path
        for name in sorted(self._body.globals):
            owner = scope.resolve(name)
            if owner is not None and owner.kind != "module":
                raise RefusedError(RefusalCode.SHADOWED, f"{path}:{line}", f"{name} means something else here.")
            if path != home:
                self._import(path, line, name)

    def _import(self, path: str, line: int, name: str) -> None:
        wanted = self._wanted(path, line, name)
        there = self._scopes(path).root.bindings.get(name, [])
        if not there:
            self.imports.draft(path).add(wanted)
            return
        home = self._body.definition.path
        ours = self._project.member(self._project.name_of(path), name)
        theirs = self._project.member(self._project.name_of(home), name)
        same = ours == theirs if ours.kind != "external" else self._spelt(path, name) == self._spelt(home, name)
        if not same:
            raise RefusedError(RefusalCode.NAME_COLLISION, f"{path}:{line}", f"{name} means something else here.")

    def _wanted(self, path: str, line: int, name: str) -> Wanted:
        home = self._body.definition.path
        root = self._body.scopes.root
        bindings = root.bindings.get(name, [])
        rebound = any(name in inner.outer for inner in root.walk())
        if len(bindings) != 1 or rebound or path.endswith("__main__.py") and home == path:
            detail = f"{name} cannot be imported from {home}."
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{path}:{line}", detail)
        spelt = self._spelt(home, name)
        return spelt if spelt is not None else Wanted(self._project.name_of(home), name)

    def _spelt(self, path: str, name: str) -> Wanted | None:
        """Return the import that binds a name in a file, written absolutely; None when it is defined there."""
        bindings = self._scopes(path).root.bindings.get(name, [])
        node = bindings[0].node if bindings else None
        if not isinstance(node, ImportedName):
            return None
        if isinstance(node.statement, ast.Import):
            return Wanted(node.alias.name if node.alias.asname else name, None, node.alias.asname)
        dotted = self._project.name_of(path)
        module = absolute_module(path, dotted, node.statement.module, node.statement.level)
        return Wanted(module, node.alias.name, node.alias.asname)
