"""Definitions of a project by name, for completion. Pure functions over the project model."""

from collections.abc import Iterator, Sequence

from services.engine.project_model import ModuleModel, ProjectModel
from services.previews.schemas import SymbolKind, SymbolView


def find_symbols(
    project: ProjectModel, query: str, kinds: Sequence[SymbolKind], limit: int
) -> tuple[list[SymbolView], int]:
    """Return the best `limit` definitions and how many match.

    A name that begins with the query stands before one of which a later part does, code before its tests, short names
    before long ones.
    """
    wanted = query.strip().casefold()
    ranked = []
    for module in project.in_scope:
        for item in _definitions(module):
            rank = _rank(item, wanted) if not kinds or item.kind in kinds else None
            if rank is not None:
                ranked.append(((rank, module.is_test, len(item.symbol), item.symbol, item.path), item))
    ranked.sort(key=lambda pair: pair[0])
    return [item for _, item in ranked[:limit]], len(ranked)


def _definitions(module: ModuleModel) -> Iterator[SymbolView]:
    yield SymbolView(path=module.path, symbol="", kind="MODULE", line=1)
    known = set()
    for found in module.classes:
        known.add(found.qualified_name)
        yield SymbolView(path=module.path, symbol=found.qualified_name, kind="CLASS", line=found.line)
    for function in module.functions:
        known.add(function.qualified_name)
        kind: SymbolKind = "METHOD" if function.is_method else "FUNCTION"
        yield SymbolView(path=module.path, symbol=function.qualified_name, kind=kind, line=function.line)
    imported = {item.bound_as for item in module.imports}
    for name in module.public_names:
        if name not in known and name not in imported:
            yield SymbolView(path=module.path, symbol=name, kind="NAME", line=1)


def _rank(item: SymbolView, wanted: str) -> int | None:
    """Return how well a definition fits, 0 best; None when it does not."""
    name = (item.symbol or item.path).casefold()
    if name.startswith(wanted):
        return 0
    parts = name.replace("/", ".").split(".")
    if any(part.startswith(wanted) for part in parts):
        return 1
    return 2 if len(wanted) > 2 and wanted in f"{item.path.casefold()}:{name}" else None
