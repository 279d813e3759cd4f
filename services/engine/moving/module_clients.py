"""Imports and uses of a module that is renamed: in other files, and in the files that move."""

import ast
from collections.abc import Iterator

from services.engine.hazards import HazardKind
from services.engine.imports.draft import wanted_of
from services.engine.imports.layout import span_of
from services.engine.imports.statements import Wanted, spelt
from services.engine.module_names import absolute_module
from services.engine.moving.draft import FileDraft, TreeDraft
from services.engine.moving.exports import exported, remove_exports, rename_export
from services.engine.moving.module_route import ModuleRoute
from services.engine.project import dotted_name
from services.engine.scopes import ImportedName, Scope


def follow_module(draft: TreeDraft, route: ModuleRoute) -> None:
    """Rewrite every import and use of the module, and the relative imports of the files that move."""
    moved = [path for path in route.files if path.endswith((".py", ".pyi"))]
    for path in sorted({*draft.project.modules, *moved}):
        if draft.project.scopes(path) is not None:
            _Client(draft, route, draft.file(path)).follow()
        elif path in moved:
            sentence = "The file does not parse; it moves as it is."
            draft.disclose(HazardKind.UNREADABLE_FILE, path, None, sentence)
    for path in draft.project.opaque:
        if path not in moved:
            sentence = "The file mentions the module but does not parse; it stays as it is."
            draft.disclose(HazardKind.UNREADABLE_FILE, path, None, sentence)


class _Client:
    def __init__(self, draft: TreeDraft, route: ModuleRoute, file: FileDraft) -> None:
        self.draft = draft
        self.route = route
        self.file = file
        self.source = file.scopes.source
        self.is_followed = route.follows(file.path)
        self.name = draft.name_of(file.path)
        self.new_name = route.renamed(self.name) if file.path in route.files else None
        self.home = (route.files.get(file.path, file.path), self.new_name or self.name)

    def follow(self) -> None:
        for node in self.file.imports.statements:
            for alias in node.names:
                if isinstance(node, ast.Import):
                    self._plain(node, alias)
                else:
                    self._from(node, alias)
        self._chains()
        if self.file.path == self._parent_path() and self.route.old_stem in exported(self.file):
            self._exported()

    def _parent_path(self) -> str | None:
        return self.draft.project.paths.get(self.route.old_parent) if self.route.old_parent else None

    def _exported(self) -> None:
        """`__all__` of the package may list its modules."""
        if self.route.new_parent == self.route.old_parent:
            rename_export(self.file, self.route.old_stem, self.route.new_stem)
        else:
            remove_exports(self.file, {self.route.old_stem})

    def _renamed(self, dotted: str) -> str | None:
        """Return the new name of a module under whatever name this file imports it by."""
        found = self.route.renamed(dotted)
        if found is not None:
            return found
        path = self.draft.project.paths.get(dotted)
        if path is None or path not in self.route.files:
            return None
        return self.route.renamed(self.draft.name_of(path))

    def _keep(self, line: int) -> None:
        self.route.kept.append((self.file.path, line))

    def _plain(self, node: ast.Import, alias: ast.alias) -> None:
        target = self._renamed(alias.name)
        if target is None:
            return
        if not self.is_followed:
            self._keep(node.lineno)
            return
        self.file.imports.retarget(node, alias, Wanted(target, None, alias.asname))

    def _from(self, node: ast.ImportFrom, alias: ast.alias) -> None:
        name = self.name if "." in self.name or node.level == 0 else self.draft.project.name_of(self.file.path)
        module = absolute_module(self.file.path, name, node.module, node.level)
        target = self._renamed(module)
        is_module = self._is_old(module, alias.name)
        if target is None and not is_module and not (node.level and self.new_name):
            return
        if not self.is_followed:
            self._keep(node.lineno)
            return
        wanted = self._wanted(node, alias, target or module, is_module=is_module)
        if wanted != wanted_of(node, alias):
            self.file.imports.retarget(node, alias, wanted)

    def _is_old(self, module: str, name: str) -> bool:
        path = self.draft.project.paths.get(f"{module}.{name}".lstrip("."))
        return path == self.route.path or f"{module}.{name}" == self.route.old_name

    def _wanted(self, node: ast.ImportFrom, alias: ast.alias, target: str, *, is_module: bool) -> Wanted:
        relative = node.level > 0
        if not is_module:
            module, level = spelt(target, *self.home, relative=relative)
            return Wanted(module, alias.name, alias.asname, level)
        stem, kept_name = self.route.new_stem, alias.asname
        if alias.asname is None and stem != alias.name:
            kept_name = self._rebind(node, alias)
        if not self.route.new_parent:
            return Wanted(stem, None, kept_name if kept_name != stem else None)
        module, level = spelt(self.route.new_parent, *self.home, relative=relative)
        return Wanted(module, stem, kept_name if kept_name != stem else None, level)

    def _rebind(self, node: ast.ImportFrom, alias: ast.alias) -> str | None:
        """Let reads of the old name follow; return the old name as alias where the new one is taken there."""
        owner = self._owner(alias)
        is_reexport = self.file.is_package and self.file.path != self._parent_path()
        if owner is None or is_reexport or self._is_taken(owner, alias.name):
            return alias.name
        for _, start, end in _reads(self.file.scopes.root, owner, alias.name):
            self.file.replace(start, end, self.route.new_stem)
        return None

    def _owner(self, alias: ast.alias) -> Scope | None:
        name = alias.asname or alias.name.partition(".")[0]
        for scope in self.file.scopes.root.walk():
            bindings = scope.bindings.get(name, [])
            if len(bindings) == 1 and isinstance(bindings[0].node, ImportedName) and bindings[0].node.alias is alias:
                return scope
        return None

    def _is_taken(self, owner: Scope, old: str) -> bool:
        """Tell whether the new stem would mean something else where the module is read, or catch other reads."""
        new = self.route.new_stem
        if new in owner.bindings:
            return True
        if any(new in inner.bindings for inner in _between(self.file.scopes.root, owner, old)):
            return True
        reads = [inner for inner in owner.walk() for item in inner.references if item.name == new]
        return any(not any(scope is inner.resolve(new) for scope in owner.walk()) for inner in reads)

    def _chains(self) -> None:
        """Uses such as `package.module.name` through a plain import of the package, and `module` at the top."""
        for scope, node in self._uses():
            chain = dotted_name(node)
            expanded = self._expanded(scope, chain) if chain else None
            if expanded is None or chain is None or self._renamed(expanded[0]) != self.route.new_name:
                continue
            if not self.is_followed:
                self._keep(node.lineno)
                continue
            text = self._new_chain(chain, *expanded)
            if text is not None and text != chain:
                self.file.replace(*span_of(self.source, node), text)

    def _uses(self) -> Iterator[tuple[Scope, ast.expr]]:
        last = self.route.old_stem
        for use in self.file.scopes.attributes:
            if use.node.attr == last:
                yield use.scope, use.node
        if self.route.old_parent:
            return
        for scope in self.file.scopes.root.walk():
            for item in scope.references:
                if item.name == last and isinstance(item.node, ast.Name) and not item.is_lazy:
                    yield scope, item.node

    def _expanded(self, scope: Scope, chain: str) -> tuple[str, ast.alias | None] | None:
        """Return the dotted module a chain means, and the plain `import a.b` that bound its first name."""
        first, _, rest = chain.partition(".")
        owner = scope.resolve(first)
        if owner is None:
            return None
        for binding in owner.bindings[first]:
            if not isinstance(binding.node, ImportedName):
                return None
            statement, alias = binding.node.statement, binding.node.alias
            if isinstance(statement, ast.Import):
                head = alias.name if alias.asname else first
                return f"{head}.{rest}".rstrip("."), None if alias.asname else alias
            if not rest:
                return None
            module = absolute_module(self.file.path, self.name, statement.module, statement.level)
            return f"{module}.{alias.name}.{rest}".lstrip("."), None
        return None

    def _new_chain(self, chain: str, expanded: str, plain: ast.alias | None) -> str | None:
        if plain is not None:
            is_other = self.route.new_name.partition(".")[0] != chain.partition(".")[0]
            if is_other and self._renamed(plain.name) is None:
                self.file.imports.add(Wanted(self.route.new_name))
            return self.route.new_name
        if self.route.new_parent == self.route.old_parent:
            return chain.rpartition(".")[0] + "." + self.route.new_stem
        self.file.imports.add(Wanted(self.route.new_name))
        return self.route.new_name


def _between(root: Scope, owner: Scope, name: str) -> Iterator[Scope]:
    """Yield the scopes between each read of a name and the scope that binds it."""
    for scope, _, _ in _reads(root, owner, name):
        for inner in scope.lookup_chain():
            if inner is owner:
                break
            yield inner


def _reads(root: Scope, owner: Scope, name: str) -> Iterator[tuple[Scope, int, int]]:
    for scope in root.walk():
        for item in (*scope.references, *scope.declarations):
            if item.name == name and scope.resolve(name) is owner:
                yield scope, item.start, item.end
