"""What belongs to a request: targets whole, imports as interfaces, callers, tests (V1-FR-CTX-001, V1-FR-CTX-002).

Languages other than Python are shown as targets only; their imports are not followed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from services.core.tree import Tree, is_within, normalise_path
from services.engine.context.admission import Blocked
from services.engine.context.callers import slices_of_callers, slices_of_tests
from services.engine.context.model import LineRange, Slice, SliceKind, whole
from services.engine.context.outline import Outlines
from services.engine.diff import split_lines
from services.engine.languages.definitions import language_of
from services.engine.names import is_protected, is_test
from services.engine.project_model import ImportModel, ModuleModel, ProjectModel
from services.engine.refusals import RefusedError
from services.engine.source import SourceText

MAX_HOPS = 5
"""Re-exports followed from an import to the definition."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Slices by rank. `missing` are files of the project that targets import and that are kept from reading."""

    slices: list[Slice]
    missing: list[Blocked] = field(default_factory=list)


def select(
    project: ProjectModel,
    tree: Tree,
    scope: Sequence[str],
    *,
    protected: Sequence[str] = (),
    blocked: Sequence[Blocked] = (),
) -> Selection:
    """Choose what a model is shown for a change inside `scope`.

    Args:
        project: read from `tree`, which holds only what was admitted.
        protected: what may not be edited is no target, but may be shown as an interface.
        blocked: files kept from `tree`; those that a target imports are `missing`.
    """
    targets = target_paths(tree, scope, protected)
    finder = _Finder(project, tree, [project.modules[path] for path in targets if path in project.modules])
    slices = [*_target_slices(targets, tree), *finder.interfaces()]
    named = set(targets)
    slices += slices_of_callers(project, finder.targets, finder.names)
    slices += slices_of_tests(project, finder.targets, finder.names)
    kept = [item for item in slices if item.kind is SliceKind.TARGET or item.path not in named]
    return Selection(sorted(kept, key=lambda item: item.rank), finder.missing(blocked))


def target_paths(tree: Tree, scope: Sequence[str], protected: Sequence[str] = ()) -> list[str]:
    """List the files to change, sorted: those of a known language and those the scope names one by one.

    Tests are targets only where the scope holds nothing else.
    """
    clean = tuple(normalise_path(item) for item in scope)
    inside = [
        path
        for path in sorted(tree)
        if is_within(path, clean) and (language_of(path) or path in clean) and not is_protected(path, protected)
    ]
    inside = [path for path in inside if _is_text(path, tree)]
    return [path for path in inside if not is_test(path) or path in clean] or inside


def _is_text(path: str, tree: Tree) -> bool:
    try:
        SourceText.read(path, tree[path])
    except RefusedError:
        return False
    return True


def _target_slices(targets: Sequence[str], tree: Tree) -> Iterator[Slice]:
    for path in targets:
        lines = split_lines(SourceText.read(path, tree[path]).text)
        yield Slice(path, SliceKind.TARGET, "", "in the scope of the change", whole(lines))


class _Finder:
    """Follows the imports of the targets to definitions inside the project."""

    def __init__(self, project: ProjectModel, tree: Tree, targets: list[ModuleModel]) -> None:
        self.targets = targets
        self.names = {target.path: frozenset(target.public_names) | _defined(target) for target in targets}
        self._project = project
        self._paths = {module.name: module.path for module in project.modules.values()}
        self._outlines = Outlines(tree)
        self._own = {target.path for target in targets}

    def interfaces(self) -> Iterator[Slice]:
        """Yield what is used of other modules, the bases of used classes, then what else those modules offer."""
        used: Counter[tuple[str, str]] = Counter()
        passed: set[tuple[str, str]] = set()
        for target in self.targets:
            used.update({found for item in target.imports for found in self._uses(target, item, passed)})
        bases = self._bases(used)
        for (path, name), weight in used.items():
            reason = f"used by {weight} target file{'s' if weight > 1 else ''}"
            yield from self._slice(path, name, SliceKind.INTERFACE, reason, weight)
        for path, name in sorted(bases):
            yield from self._slice(path, name, SliceKind.BASE, f"base of {bases[path, name]}")
        for path, name in sorted(passed):
            yield self._passing(path, name)
        for path in sorted({path for path, _ in used}):
            for name in self._outlines.of(path).symbols:
                if (path, name) not in used and (path, name) not in bases:
                    yield from self._slice(path, name, SliceKind.NEIGHBOUR, "beside what the targets use")

    def missing(self, blocked: Sequence[Blocked]) -> list[Blocked]:
        """Return the blocked files whose dotted name a target imports."""
        wanted = {name for target in self.targets for item in target.imports for name in _imported_names(item)}
        return [item for item in blocked if item.path.endswith(".py") and _dotted_ends(item.path) & wanted]

    def _uses(self, target: ModuleModel, item: ImportModel, passed: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Yield (path, name) of each definition that one import makes the target depend on."""
        submodule = self._paths.get(f"{item.module}.{item.name}") if item.name else self._paths.get(item.module)
        if submodule is not None:
            offered = self._outlines.of(submodule)
            mentioned = [name for name in (*offered.symbols, *offered.imports) if name in target.attribute_names]
            for name in mentioned:
                yield from self._resolved(submodule, name, passed)
        elif item.module in self._paths:
            path = self._paths[item.module]
            names = self._project.modules[path].public_names if item.name == "*" else (item.name or "",)
            for name in names:
                yield from self._resolved(path, name, passed)

    def _resolved(self, path: str, name: str, passed: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Follow re-exports from a module to the file that defines the name; nothing when that is a target."""
        for _ in range(MAX_HOPS):
            outline = self._outlines.of(path)
            if path in self._own:
                return
            if name in outline.symbols:
                yield path, name
                return
            bringing = next((i for i in self._project.modules[path].imports if i.bound_as == name), None)
            if bringing is None or bringing.name is None or bringing.module not in self._paths:
                return
            passed.add((path, name))
            path, name = self._paths[bringing.module], bringing.name

    def _bases(self, used: Counter[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Map each base class in the project of a used class, however far up, to the class it was found from."""
        found: dict[tuple[str, str], str] = {}
        pending = sorted(used)
        while pending:
            path, name = pending.pop()
            for base in self._outlines.of(path).bases.get(name, ()):
                for place in self._resolved(path, base.partition(".")[0], set()):
                    if place not in used and place not in found:
                        found[place] = name
                        pending.append(place)
        return found

    def _slice(self, path: str, name: str, kind: SliceKind, reason: str, weight: int = 0) -> Iterator[Slice]:
        ranges = self._outlines.of(path).symbols.get(name, ())
        if ranges:
            yield Slice(path, kind, name, reason, ranges, weight)

    def _passing(self, path: str, name: str) -> Slice:
        ranges: tuple[LineRange, ...] = self._outlines.of(path).imports[name]
        return Slice(path, SliceKind.BASE, name, "passes on a name that the targets use", ranges)


def _defined(module: ModuleModel) -> frozenset[str]:
    functions = {item.qualified_name for item in module.functions if not item.is_nested}
    return frozenset(functions | {item.qualified_name for item in module.classes})


def _imported_names(item: ImportModel) -> tuple[str, ...]:
    return (item.module, f"{item.module}.{item.name}") if item.name else (item.module,)


def _dotted_ends(path: str) -> set[str]:
    """Return every dotted name that a path may be imported by, whatever the source folder."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return {".".join(parts[start:]) for start in range(len(parts))}
