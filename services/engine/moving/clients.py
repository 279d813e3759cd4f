"""Modules that use what moves: their imports, attribute reads and star imports follow, or are noted as staying."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.engine.entities import Entity
from services.engine.hazards import HazardKind
from services.engine.imports.layout import span_of
from services.engine.imports.statements import ImportStatement, Wanted, spelt
from services.engine.module_names import absolute_module
from services.engine.moving.draft import FileDraft, TreeDraft
from services.engine.moving.operations import MoveOptions
from services.engine.names import is_test
from services.engine.project import dotted_name, exported_names
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.rename_names import is_reading, lookups
from services.engine.scopes import ImportedName, Scope
from services.engine.tree_edits import EditLimits


@dataclass
class Route:
    """What goes where. `own_uses` are the symbols that code of the old module goes on using.

    `kept` are (path, line, symbol) of references that stay as they are.
    """

    old_path: str
    new_path: str
    old_name: str
    new_name: str
    symbols: frozenset[str]
    options: MoveOptions
    limits: EditLimits
    own_uses: frozenset[str] = frozenset()
    kept: list[tuple[str, int, str]] = field(default_factory=list)

    def follows(self, path: str) -> bool:
        """Tell whether references in a file are rewritten; the two modules themselves always are."""
        if path in (self.old_path, self.new_path):
            return True
        return self.limits.allow(path) and (self.options.tests or not is_test(path))

    def keep(self, path: str, line: int, symbol: str) -> None:
        """Note a reference that stays."""
        self.kept.append((path, line, symbol))


def follow_clients(draft: TreeDraft, route: Route) -> None:
    """Rewrite every use of the symbols through the old module."""
    for path in draft.project.modules:
        if path != route.old_path:
            _Client(draft, route, draft.file(path)).follow()
    for path in draft.project.opaque:
        sentence = "The file mentions what moves but does not parse; it stays as it is."
        draft.disclose(HazardKind.UNREADABLE_FILE, path, None, sentence)


@dataclass
class _Handle:
    """The import through which a file reads the old module as an object, and the reads that change."""

    node: ImportStatement
    alias: ast.alias
    owner: Scope
    wanted: Wanted
    is_dotted: bool
    rewritten: int = 0


class _Client:
    """One file that mentions the symbols."""

    def __init__(self, draft: TreeDraft, route: Route, file: FileDraft) -> None:
        self.draft = draft
        self.route = route
        self.file = file
        self.path = file.path
        self.source = file.scopes.source
        self.is_followed = route.follows(file.path)
        self.handles: dict[int, _Handle] = {}
        self.provided: set[Wanted] = set()

    def follow(self) -> None:
        for node in self.file.imports.from_statements:
            if self._names_old(node):
                for alias in node.names:
                    self._imported(node, alias)
        for use in self.file.scopes.attributes:
            if use.node.attr in self.route.symbols and self._is_old(use.scope, use.node.value):
                is_patch = not isinstance(use.node.ctx, ast.Load)
                self._read(use.scope, use.node.value, use.node, use.node.attr, is_patch=is_patch)
        for symbol in sorted(self.route.symbols):
            for call, text in lookups(self.file.scopes, symbol):
                if self._is_old(text.scope, call.args[0]):
                    self._read(text.scope, call.args[0], None, symbol, is_patch=not is_reading(call))
        for handle in self.handles.values():
            self._settle(handle)

    def _names_old(self, node: ast.ImportFrom) -> bool:
        module = absolute_module(self.path, self.draft.project.name_of(self.path), node.module, node.level)
        return self.draft.project.paths.get(module) == self.route.old_path

    def _is_old(self, scope: Scope, node: ast.expr) -> bool:
        entity = self.draft.project.expression(self.path, scope, node)
        return self._is_old_module(entity)

    def _is_old_module(self, entity: Entity | None) -> bool:
        known = entity is not None and entity.kind == "module"
        return known and entity is not None and self.draft.project.paths.get(entity.name) == self.route.old_path

    def _imported(self, node: ast.ImportFrom, alias: ast.alias) -> None:
        if alias.name == "*":
            self._starred(node)
        elif alias.name not in self.route.symbols:
            return
        elif not self.is_followed:
            self.route.keep(self.path, alias.lineno, alias.name)
        elif self.path == self.route.new_path:
            self._local_now(node, alias)
        else:
            self.file.imports.retarget(node, alias, self._wanted(alias.name, alias.asname, node.level > 0))

    def _wanted(self, name: str, alias: str | None, relative: bool) -> Wanted:
        module, level = spelt(self.route.new_name, self.path, self.draft.name_of(self.path), relative=relative)
        return Wanted(module, name, alias, level)

    def _local_now(self, node: ast.ImportFrom, alias: ast.alias) -> None:
        """The new home imported the symbol: the import goes, reads under another name get the real one."""
        self.file.imports.remove(node, alias)
        if alias.asname in (None, alias.name):
            return
        for scope in self.file.scopes.root.walk():
            for item in scope.references:
                owner = scope.resolve(item.name) if item.name == alias.asname else None
                if owner is None or not any(_is_alias(b.node, alias) for b in owner.bindings[item.name]):
                    continue
                self._require_visible(scope, alias.name, item.start)
                self.file.replace(item.start, item.end, alias.name)

    def _require_visible(self, scope: Scope, name: str, offset: int) -> None:
        owner = scope.resolve(name)
        if owner is not None and owner.kind != "module":
            location = f"{self.path}:{self.source.line_of(offset)}"
            raise RefusedError(RefusalCode.SHADOWED, location, f"A nearer scope binds {name}.")

    def _starred(self, node: ast.ImportFrom) -> None:
        offered = self._offered()
        used = [name for name in offered if self._uses_starred(name)]
        if not used:
            return
        if not self.is_followed:
            for name in used:
                self.route.keep(self.path, node.lineno, name)
        elif self.path != self.route.new_path:
            for name in used:
                self.file.imports.follow(node, self._wanted(name, None, node.level > 0))

    def _offered(self) -> list[str]:
        module: ast.Module = self.draft.file(self.route.old_path).module
        exported = exported_names(module)
        return sorted(
            name
            for name in self.route.symbols
            if (name in exported if exported is not None else not name.startswith("_"))
        )

    def _uses_starred(self, name: str) -> bool:
        if self.file.is_package or name in (exported_names(self.file.module) or ()):
            return True
        for scope in self.file.scopes.root.walk():
            if any(item.name == name and scope.resolve(name) is None for item in scope.references):
                return True
        return any(self._passes_on(path, name) for path in self.draft.project.modules if path != self.path)

    def _passes_on(self, path: str, name: str) -> bool:
        """Tell whether another module takes the name from this one."""
        other = self.draft.file(path)
        for node in other.imports.from_statements:
            module = absolute_module(path, self.draft.project.name_of(path), node.module, node.level)
            if self.draft.project.paths.get(module) == self.path and any(a.name in (name, "*") for a in node.names):
                return True
        return any(
            use.node.attr == name and self._is_this(path, use.scope, use.node.value) for use in other.scopes.attributes
        )

    def _is_this(self, path: str, scope: Scope, node: ast.expr) -> bool:
        entity = self.draft.project.expression(path, scope, node)
        known = entity is not None and entity.kind == "module"
        return known and entity is not None and self.draft.project.paths.get(entity.name) == self.path

    def _read(self, scope: Scope, base: ast.expr, whole: ast.Attribute | None, symbol: str, *, is_patch: bool) -> None:
        """Follow `module.symbol`, or a call that looks `symbol` up in the module."""
        line = base.lineno
        if is_patch and symbol in self.route.own_uses:
            sentence = f"Replaces {symbol} in the old module, which goes on using it; moved code is not affected."
            self.draft.disclose(HazardKind.PATCHED_NAME, self.path, line, sentence)
            self.route.keep(self.path, line, symbol)
            return
        if not self.is_followed:
            self.route.keep(self.path, line, symbol)
            return
        if self.path == self.route.new_path and whole is not None:
            self._require_visible(scope, symbol, span_of(self.source, whole)[0])
            handle = self._handle(scope, base)
            self.file.replace(*span_of(self.source, whole), symbol)
            if handle is not None:
                handle.rewritten += 1
            return
        text = self._module_text(scope, base)
        if text is None:
            self.route.keep(self.path, line, symbol)
            return
        self.file.replace(*span_of(self.source, base), text)

    def _module_text(self, scope: Scope, base: ast.expr) -> str | None:
        """Return how this place names the new module; None where the old one came from no import."""
        handle = self._handle(scope, base)
        if handle is None:
            return None
        handle.rewritten += 1
        known = self._known_handle()
        if known is not None:
            handle.wanted = known[0]
            return known[1]
        return handle.wanted.module if handle.is_dotted else handle.wanted.bound

    def _handle(self, scope: Scope, base: ast.expr) -> _Handle | None:
        chain = dotted_name(base)
        owner = scope.resolve(chain.partition(".")[0]) if chain else None
        if chain is None or owner is None:
            return None
        for binding in owner.bindings[chain.partition(".")[0]]:
            if not isinstance(binding.node, ImportedName) or not self._leads(binding.node, chain):
                continue
            node, alias = binding.node.statement, binding.node.alias
            is_dotted = "." in chain
            wanted = Wanted(self.route.new_name) if is_dotted else self._module_import(node, alias)
            return self.handles.setdefault(id(alias), _Handle(node, alias, owner, wanted, is_dotted))
        return None

    def _leads(self, node: ImportedName, chain: str) -> bool:
        """Tell whether an import makes the chain mean the old module."""
        if isinstance(node.statement, ast.Import) and node.alias.asname is None:
            return node.alias.name == chain or node.alias.name.startswith(chain + ".")
        return "." not in chain

    def _module_import(self, node: ImportStatement, alias: ast.alias) -> Wanted:
        """Return an import of the new module in the style of the old one, under a name that is free."""
        parent, _, stem = self.route.new_name.rpartition(".")
        relative = isinstance(node, ast.ImportFrom) and node.level > 0
        module, level = spelt(parent, self.path, self.draft.name_of(self.path), relative=relative)
        bound = next(name for name in _candidates(parent, stem) if not self._is_taken(name, alias))
        alias_name = bound if bound != stem else None
        if not parent:
            return Wanted(stem, None, alias_name)
        return Wanted(module, stem, alias_name, level)

    def _is_taken(self, name: str, alias: ast.alias) -> bool:
        for scope in self.file.scopes.root.walk():
            if any(not _is_alias(item.node, alias) for item in scope.bindings.get(name, [])):
                return True
            if any(item.name == name and scope.resolve(name) is None for item in scope.references):
                return True
        return False

    def _known_handle(self) -> tuple[Wanted, str] | None:
        """Return an import of the new module that the file has at its top level, and how it is read."""
        for name, bindings in self.file.scopes.root.bindings.items():
            for binding in bindings:
                if not isinstance(binding.node, ImportedName) or binding.node.statement not in self.file.module.body:
                    continue
                node, alias = binding.node.statement, binding.node.alias
                if self._imports_new(node, alias):
                    is_chain = isinstance(node, ast.Import) and alias.asname is None
                    wanted = Wanted(
                        alias.name if isinstance(node, ast.Import) else node.module or "",
                        None if isinstance(node, ast.Import) else alias.name,
                        alias.asname,
                        getattr(node, "level", 0),
                    )
                    return wanted, alias.name if is_chain else name
        return None

    def _imports_new(self, node: ImportStatement, alias: ast.alias) -> bool:
        if isinstance(node, ast.Import):
            return self.draft.project.paths.get(alias.name) == self.route.new_path
        module = absolute_module(self.path, self.draft.project.name_of(self.path), node.module, node.level)
        entity = self.draft.project.member(module, alias.name)
        return entity.kind == "module" and self.draft.project.paths.get(entity.name) == self.route.new_path

    def _settle(self, handle: _Handle) -> None:
        """Import the new module beside the old one, or instead of it where nothing else reads the old one."""
        is_local = self.path == self.route.new_path
        is_at_top = handle.owner.kind == "module" and handle.node in self.file.module.body
        if self._remaining(handle) == 0 and not self.file.is_package:
            if is_local or handle.wanted in self.provided:
                self.file.imports.remove(handle.node, handle.alias)
            else:
                self.file.imports.retarget(handle.node, handle.alias, handle.wanted)
        elif is_local:
            return
        elif is_at_top:
            self.file.imports.add(handle.wanted)
        else:
            self.file.imports.follow(handle.node, handle.wanted)
        if is_at_top:
            self.provided.add(handle.wanted)

    def _remaining(self, handle: _Handle) -> int:
        return sum(1 for _ in self._reads(handle)) - handle.rewritten

    def _reads(self, handle: _Handle) -> Iterator[object]:
        name = handle.alias.asname or handle.alias.name.partition(".")[0]
        if name in (exported_names(self.file.module) or ()):
            yield name
        if handle.is_dotted:
            last = self.route.old_name.rpartition(".")[2]
            for use in self.file.scopes.attributes:
                if use.node.attr == last and self._is_old(use.scope, use.node):
                    yield use
            return
        for scope in self.file.scopes.root.walk():
            for item in scope.references:
                if item.name == name and scope.resolve(name) is handle.owner:
                    yield item


def _candidates(parent: str, stem: str) -> Iterator[str]:
    yield stem
    if parent:
        yield f"{parent.rpartition('.')[2]}_{stem}"
    yield f"{stem}_module"
    number = 2
    while True:
        yield f"{stem}_module_{number}"
        number += 1


def _is_alias(node: ast.AST, alias: ast.alias) -> bool:
    return isinstance(node, ImportedName) and node.alias is alias
