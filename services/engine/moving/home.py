"""The new home of moved code: the text it arrives as, the imports it brings, and where it is put."""

import ast
import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.engine.hazards import HazardKind
from services.engine.imports.draft import ImportDraft
from services.engine.imports.layout import indent_of, span_of
from services.engine.imports.statements import ImportStatement, Wanted, from_line, grouped_text, lines_of, spelt
from services.engine.module_names import absolute_module
from services.engine.moving.clients import Route
from services.engine.moving.draft import FileDraft, TreeDraft
from services.engine.moving.needs import (
    Need,
    chains_of,
    compound_of,
    copied_block,
    is_for_types,
    is_rebound,
    occurrences,
    outermost_function,
)
from services.engine.moving.statements import Piece, joined
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ImportedName
from services.engine.source import Splice

_FUTURE = Wanted("__future__", "annotations")


@dataclass
class Arrival:
    """What moved code brings along.

    `wanted` are imports, `typed` those for annotations only, `blocks` whole statements such as `try: import …`;
    `local_names` are names of the new home that the code reads directly.
    """

    wanted: list[Wanted] = field(default_factory=list)
    typed: list[Wanted] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    local_names: set[str] = field(default_factory=set)
    splices: list[Splice] = field(default_factory=list)
    text: str = ""

    def file_text(self, own: frozenset[str]) -> str:
        """Return the text of a new file."""
        wanted = [*self.wanted, *([Wanted("typing", "TYPE_CHECKING")] if self.typed else [])]
        parts = [grouped_text(wanted, own)] if wanted else []
        parts += self.blocks
        if self.typed:
            parts.append("\n".join(["if TYPE_CHECKING:", *lines_of(self.typed, "    ")]))
        head = "\n\n".join(parts)
        return f"{head}\n\n\n{self.text}" if head else self.text


class Luggage:
    """Works out an arrival. With `deferred`, functions import what they use of the old module themselves."""

    def __init__(
        self, draft: TreeDraft, route: Route, old: FileDraft, pieces: Sequence[Piece], *, deferred: bool
    ) -> None:
        self.draft = draft
        self.route = route
        self.old = old
        self.pieces = pieces
        self.deferred = deferred
        self.source = old.scopes.source
        self.inner = ImportDraft(self.source, old.module, draft.own)
        self.relative = old.prefers_relative
        self.arrival = Arrival()
        self.local_imports: dict[int, tuple[ast.FunctionDef | ast.AsyncFunctionDef, list[Wanted]]] = {}

    def pack(self, needs: Sequence[Need]) -> Arrival:
        """Return text and imports of the moved code."""
        for need in needs:
            if need.imports:
                for node in need.imports:
                    self._imported(need, node)
            else:
                self._from_old(need)
        self._starred()
        self._future(needs)
        self._inner_imports()
        self._write_local_imports()
        self.arrival.text = joined(self.source, self.pieces, [self._text_of(piece) for piece in self.pieces])
        return self.arrival

    def _spelt(self, target: str, *, relative: bool) -> tuple[str, int]:
        return spelt(target, self.route.new_path, self.route.new_name, relative=relative)

    def _absolute(self, node: ast.ImportFrom) -> str:
        name = self.draft.project.name_of(self.old.path)
        if node.level and "." not in name and "." in self.route.old_name:
            name = self.route.old_name
        return absolute_module(self.old.path, name, node.module, node.level)

    def _imported(self, need: Need, node: ImportedName) -> None:
        statement, alias = node.statement, node.alias
        if self._leads_home(need, node):
            return
        block = compound_of(self.old.module, statement)
        if block is None or is_for_types(self.old.module, statement):
            if not self._is_meant(need, statement, alias):
                return
            for_types = block is not None
            (self.arrival.typed if for_types else self.arrival.wanted).append(self._respelt(statement, alias))
        elif copied_block(block):
            start, end = span_of(self.source, block)
            for inner in ast.walk(block):
                if isinstance(inner, ast.ImportFrom) and inner.level:
                    self._rebase(inner)
            text = self._cut(start, end, self.inner.splices())
            if text not in self.arrival.blocks:
                self.arrival.blocks.append(text)
        else:
            self._from_old(need)

    def _is_meant(self, need: Need, statement: ImportStatement, alias: ast.alias) -> bool:
        """Tell whether `import a.b` is behind the reads of `a`, of which there may be several imports."""
        if isinstance(statement, ast.ImportFrom) or alias.asname or "." not in alias.name:
            return True
        chains = chains_of(self.old.scopes, need)
        used = any(chain == alias.name or chain.startswith(alias.name + ".") for chain in chains)
        return used or len(need.imports) == 1

    def _respelt(self, statement: ImportStatement, alias: ast.alias) -> Wanted:
        if isinstance(statement, ast.Import):
            return Wanted(alias.name, None, alias.asname)
        if not statement.level:
            return Wanted(statement.module or "", alias.name, alias.asname)
        module, level = self._spelt(self._absolute(statement), relative=True)
        return Wanted(module, alias.name, alias.asname, level)

    def _leads_home(self, need: Need, node: ImportedName) -> bool:
        """Let reads of what the new home itself holds become plain names there; tell whether nothing is left."""
        project, home = self.draft.project, self.route.new_path
        statement, alias = node.statement, node.alias
        if isinstance(statement, ast.ImportFrom):
            module = self._absolute(statement)
            if project.paths.get(module) == home and not self._is_submodule(module, alias.name):
                self.arrival.local_names.add(alias.name)
                for scope, item in need.reads:
                    if alias.name != item.name:
                        self._require_visible(scope.resolve(alias.name), item.start, alias.name)
                        self._replace(item.start, item.end, alias.name)
                return True
            entity = project.member(module, alias.name)
            is_home = entity.kind == "module" and project.paths.get(entity.name) == home
        else:
            is_home = project.paths.get(alias.name) == home
        return is_home and self._open_attributes(need)

    def _is_submodule(self, module: str, name: str) -> bool:
        return f"{module}.{name}" in self.draft.project.paths

    def _open_attributes(self, need: Need) -> bool:
        """Turn `home.name` into `name`; tell whether that covers every read."""
        count = 0
        for use in self.old.scopes.attributes:
            start, end = span_of(self.source, use.node)
            if not any(piece.holds(start) for piece in self.pieces):
                continue
            entity = self.draft.project.expression(self.old.path, use.scope, use.node.value)
            home = self.draft.project.paths.get(entity.name) if entity and entity.kind == "module" else None
            if home == self.route.new_path and any(start == item.start for _, item in need.reads):
                self._require_visible(use.scope.resolve(use.node.attr), start, use.node.attr)
                self._replace(start, end, use.node.attr)
                self.arrival.local_names.add(use.node.attr)
                count += 1
        return count == len(need.reads)

    def _require_visible(self, owner: object, offset: int, name: str) -> None:
        if owner is not None and getattr(owner, "kind", "module") != "module":
            location = f"{self.old.path}:{self.source.line_of(offset)}"
            raise RefusedError(RefusalCode.SHADOWED, location, f"A nearer scope binds {name}.")

    def _from_old(self, need: Need) -> None:
        """Take a name from the old module: by import, inside functions, or through the module where it changes."""
        if is_rebound(self.old.scopes, need.name):
            wanted = self._old_module()
            for _, item in need.reads:
                self._replace(item.start, item.end, f"{wanted.bound}.{need.name}")
            self.arrival.wanted.append(wanted)
            return
        module, level = self._spelt(self.route.old_name, relative=self.relative)
        wanted = Wanted(module, need.name, None, level)
        functions = [outermost_function(scope) for scope, _ in need.reads]
        if self.deferred and need.is_lazy and all(functions):
            for function in functions:
                if function is not None:
                    listed = self.local_imports.setdefault(id(function), (function, []))[1]
                    listed += [wanted] if wanted not in listed else []
            sentence = f"{need.name} is imported inside a function, as both modules need each other."
            self.draft.disclose(HazardKind.CIRCULAR_IMPORT, self.route.new_path, None, sentence)
            return
        if self.deferred and need.is_annotation:
            self.arrival.typed.append(wanted)
            return
        self.arrival.wanted.append(wanted)

    def _old_module(self) -> Wanted:
        parent, _, stem = self.route.old_name.rpartition(".")
        if not parent:
            return Wanted(stem)
        module, level = self._spelt(parent, relative=self.relative)
        return Wanted(module, stem, None, level)

    def _starred(self) -> None:
        """Bring along what a star import gave the code."""
        root = self.old.scopes.root
        unknown = {
            item.name
            for scope, item in occurrences(self.old.scopes, self.pieces)
            if scope.resolve(item.name) is None and not hasattr(builtins, item.name) and item.name not in root.bindings
        }
        for node in self.old.scopes.star_imports if unknown else ():
            module = self._absolute(node)
            home = self.draft.project.paths.get(module)
            spelling = self._spelt(module, relative=True) if node.level else (node.module or "", 0)
            for name in sorted(unknown):
                if home is None:
                    self.arrival.wanted.append(Wanted(spelling[0], "*", None, spelling[1]))
                elif self.draft.project.offers(module, name) and home != self.route.new_path:
                    self.arrival.wanted.append(Wanted(spelling[0], name, None, spelling[1]))

    def _future(self, needs: Sequence[Need]) -> None:
        """Keep annotations unevaluated where the old module did so and the code depends on it."""
        has_lazy = any(item.is_lazy for _, item in occurrences(self.old.scopes, self.pieces))
        is_declared = any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in self.old.module.body
        )
        if is_declared and has_lazy and (self.route.new_path not in self.draft.tree or self.arrival.typed):
            self.arrival.wanted.append(_FUTURE)

    def _inner_imports(self) -> None:
        """Relative imports inside functions are spelt anew from the new place."""
        for node in self.inner.from_statements:
            start = span_of(self.source, node)[0]
            if any(piece.holds(start) for piece in self.pieces) and node.level:
                self._rebase(node)

    def _rebase(self, node: ast.ImportFrom) -> None:
        module, level = self._spelt(self._absolute(node), relative=True)
        for alias in node.names:
            self.inner.retarget(node, alias, Wanted(module, alias.name, alias.asname, level))

    def _write_local_imports(self) -> None:
        for function, wanted in self.local_imports.values():
            body = function.body
            is_documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
            first = body[1] if is_documented and len(body) > 1 else body[0]
            start = span_of(self.source, first)[0]
            if first.lineno == function.lineno or (is_documented and len(body) == 1):
                location = f"{self.old.path}:{function.lineno}"
                raise RefusedError(RefusalCode.CIRCULAR_IMPORT, location, "The function has no line for an import.")
            first_line = min([first.lineno, *(item.lineno for item in getattr(first, "decorator_list", []))])
            line = self.source.line_starts[first_line - 1]
            indent = indent_of(self.source, start)
            grouped: dict[tuple[str, int], list[str]] = {}
            for item in wanted:
                grouped.setdefault(item.source, []).append(item.item)
            text = "".join(f"{from_line(*source, items, indent)}\n" for source, items in grouped.items())
            self.arrival.splices.append(Splice(line, line, f"{text}\n"))

    def _replace(self, start: int, end: int, text: str) -> None:
        splice = Splice(start, end, text)
        if splice not in self.arrival.splices:
            self.arrival.splices.append(splice)

    def _text_of(self, piece: Piece) -> str:
        return self._cut(piece.start, piece.end, [*self.inner.splices(), *self.arrival.splices])

    def _cut(self, start: int, end: int, splices: Sequence[Splice]) -> str:
        parts: list[str] = []
        position = start
        for item in sorted(set(splices)):
            if start <= item.start and item.end <= end:
                parts += [self.source.text[position : item.start], item.replacement]
                position = item.end
        return "".join([*parts, self.source.text[position:end]])
