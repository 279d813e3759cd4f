"""Working out the successors of a change from its operations, held against the source before and after."""

from collections.abc import Iterable, Iterator, Sequence

from services.core.tree import Tree
from services.engine.document import EditDocument, Operation, RenameSymbol
from services.engine.inlining.operations import InlineFunction
from services.engine.module_names import module_name, package_folders
from services.engine.names import is_python
from services.engine.project import read_project
from services.engine.project_model import ClassModel, FunctionModel, ModuleModel, ProjectModel
from services.engine.successors.model import Place, Successor, Successors
from services.engine.successors.parameters import new_call
from services.engine.successors.places import follow, owned

_INLINED = "The goal puts its body where it was called and takes the definition away."
_PRIVATE = "It is private and goes with the change; what it did is seen through its callers."
_NO_CALL = "A call written today cannot be carried over: {doubt}."


def read_successors(project: ProjectModel, tree: Tree, after: Tree, operations: Iterable[Operation]) -> Successors:
    """Return what a change made of the definitions of `project`.

    Args:
        tree: The source that `project` was read from.
        after: The source with the operations carried out.
        operations: Those that were carried out, in order; blocks of text tell nothing.
    """
    reading = _Reading(project, tree, after, tuple(operations))
    found = dict(reading.changed())
    return Successors(found, reading.added(found), _words(reading, found), reading.operations)


def told(document: EditDocument, planned: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return the operations that tell what happens: the document's, or those it was planned from where it is blocks."""
    own = tuple(item for item in document.operations if item.op not in _BLOCKS)
    return own or tuple(planned)


_BLOCKS = frozenset({"search_replace", "file_create", "file_delete", "file_move"})


class _Reading:
    def __init__(self, project: ProjectModel, tree: Tree, after: Tree, operations: tuple[Operation, ...]) -> None:
        self.operations = operations
        self._before = project
        paths = sorted(path for path in {*tree, *after} if is_python(path) and tree.get(path) != after.get(path))
        self._paths = paths
        self._packages = package_folders([path for path in after if is_python(path)])
        self.after = read_project({path: after[path] for path in paths if path in after}, project.scope)
        self._new = {
            (path, item.qualified_name): item
            for path, module in self.after.modules.items()
            for item in module.functions
        }
        self._classes = {
            (path, item.qualified_name) for path, module in self.after.modules.items() for item in module.classes
        }

    def changed(self) -> Iterator[tuple[Place, Successor]]:
        """Yield every definition that does not stay as it is, by old place; tests and nested functions left out."""
        for path in self._paths:
            module = self._before.modules.get(path)
            if module is None or module.is_test:
                continue
            definitions: list[FunctionModel | ClassModel] = [*module.classes, *module.functions]
            for item in definitions:
                if isinstance(item, FunctionModel) and item.is_nested:
                    continue
                successor = self._successor(module, item)
                if successor is not None:
                    yield (path, item.qualified_name), successor

    def added(self, known: dict[Place, Successor]) -> dict[str, tuple[str, ...]]:
        """Return public functions that none of before became, by file."""
        ends = {(item.path, item.now.partition(":")[2]) for item in known.values()}
        found: dict[str, list[str]] = {}
        for (path, name), item in self._new.items():
            known_before = self._before.function(path, name) is not None or (path, name) in ends
            if item.is_public and not item.is_nested and not known_before and not self.after.modules[path].is_test:
                found.setdefault(path, []).append(name)
        return {path: tuple(sorted(names)) for path, names in sorted(found.items())}

    def name_of(self, path: str) -> str:
        """Return the dotted name of a file of the tree afterwards."""
        return module_name(path, self._packages)

    def _successor(self, module: ModuleModel, item: FunctionModel | ClassModel) -> Successor | None:
        was = f"{module.name}:{item.qualified_name}"
        path, name = self._place(item)
        now = f"{self.name_of(path)}:{name}"
        exists = (path, name) in self._new or (path, name) in self._classes
        if not exists:
            reason = self._why_gone(item)
            return Successor(was, now, path, gone=reason) if reason or was != now else None
        old, new = self._callable(item, path, name)
        call = None
        if old is not None and new is not None:
            bound = isinstance(item, ClassModel) or "classmethod" in old.decorators
            call = new_call(self.operations, old, new, self.name_of(path), bound=bound)
        if call is None:
            return Successor(was, now, path) if was != now else None
        doubt = _NO_CALL.format(doubt=call.doubt) if call.doubt else None
        shown = ", ".join(_shown(item.name, item.default) for item in (new.parameters if new else ()))
        return Successor(was, now, path, call.before, call.arguments, f"({shown})", doubt)

    def _place(self, item: FunctionModel | ClassModel) -> Place:
        """Return the new place; a method that overrides a renamed one goes by the new name as well."""
        path, name = follow(self.operations, item.path, item.qualified_name)
        if (path, name) in self._new or "." not in name:
            return path, name
        owner, _, last = name.rpartition(".")
        renames = (item for item in self.operations if isinstance(item, RenameSymbol))
        names = (owned(owner, item.new_name) for item in renames if item.symbol.rpartition(".")[2] == last)
        return path, next((new for new in names if (path, new) in self._new), name)

    def _callable(
        self, item: FunctionModel | ClassModel, path: str, name: str
    ) -> tuple[FunctionModel | None, FunctionModel | None]:
        """Return the function that a call of the definition runs, before and after: of a class its constructor."""
        if isinstance(item, FunctionModel):
            return item, self._new.get((path, name))
        constructor = self._before.function(item.path, f"{item.qualified_name}.__init__")
        return constructor, self._new.get((path, f"{name}.__init__"))

    def _why_gone(self, item: FunctionModel | ClassModel) -> str | None:
        for index, operation in enumerate(self.operations):
            if isinstance(operation, InlineFunction) and not operation.keep_definition:
                place = follow(self.operations[:index], item.path, item.qualified_name)
                if place == (operation.path, operation.symbol):
                    return _INLINED
        is_private = any(part.startswith("_") for part in item.qualified_name.split("."))
        return _PRIVATE if is_private else None


def _words(reading: _Reading, found: dict[Place, Successor]) -> dict[str, str]:
    """Return old → new spelling as messages, type names and test ids show it; the longer of two names gives way."""
    words: dict[str, str] = {}
    for operation in reading.operations:
        if operation.op == "rename_symbol":
            words[operation.symbol.rpartition(".")[2]] = operation.new_name
    for item in found.values():
        old, new = item.was.partition(":")[2], item.now.partition(":")[2]
        if old.count(".") != new.count("."):
            words |= {old: new} if old.count(".") > new.count(".") else {new: old}
    return words


def _shown(name: str, default: str | None) -> str:
    return name if default is None else f"{name}={default}"
