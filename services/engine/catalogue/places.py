"""Where a goal's names and paths lie in a tree: files by path, folder or dotted name, definitions by what is unique.

Nothing is guessed: what two places could mean is refused with both.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath

from services.core.tree import Tree, is_within
from services.engine.catalogue.definitions import Definition, definitions, mentions
from services.engine.module_names import modules_by_name
from services.engine.names import is_identifier, is_python, is_test
from services.engine.refusals import RefusalCode, RefusedError

MEMBERS = frozenset({"FUNCTION", "METHOD", "CLASS", "VARIABLE", "ATTRIBUTE"})
_SHOWN = 5


def find_file_or_folder(tree: Tree, text: str) -> str:
    """Return the file or folder that a text names: its path, a dotted module, or the end of one path only.

    Raises:
        RefusedError: `FILE_MISSING`, or `ANCHOR_AMBIGUOUS` when several paths end so.
    """
    path = text.rstrip("/")
    if path in tree or any(is_within(item, (path,)) for item in tree):
        return path
    if f"{path}.py" in tree:
        return f"{path}.py"
    by_name = modules_by_name(tree).get(path)
    if by_name is not None:
        return by_name.removesuffix("/__init__.py") if by_name.endswith("/__init__.py") else by_name
    ends = sorted(item for item in tree if item.endswith("/" + path))
    if len(ends) == 1:
        return ends[0]
    raise _unclear(RefusalCode.FILE_MISSING, path, ends)


def find_file(tree: Tree, text: str) -> str:
    """Return the one file that a text names; a package stands for its `__init__.py`. Raises `RefusedError`."""
    path = find_file_or_folder(tree, text)
    if path in tree:
        return path
    if f"{path}/__init__.py" in tree:
        return f"{path}/__init__.py"
    raise RefusedError(RefusalCode.FILE_MISSING, path, "This is a folder; name a file.")


def find_definition(
    tree: Tree, path: str | None, symbol: str, sorts: Iterable[str] = MEMBERS | {"LOCAL", "PARAMETER"}
) -> tuple[str, str]:
    """Return (file, qualified name) of the definition that a sentence means.

    Args:
        path: A file, a folder or a dotted module name; None is the whole tree.
        symbol: The qualified name in its module, the end of one (`method` for `Class.method`), or, without a path,
            with the module's dotted name before it.
    Raises:
        RefusedError: `ANCHOR_NOT_FOUND` or `ANCHOR_AMBIGUOUS`, with what could be meant.
    """
    wanted = frozenset(sorts)
    where = find_file_or_folder(tree, path) if path else "."
    if where in tree:
        return where, _in_file(tree, where, symbol, wanted)
    if path is None and (found := _dotted(tree, symbol, wanted)):
        return found
    files = [item for item in tree if is_python(item) and is_within(item, (where,))]
    for inside in ([f for f in files if not is_test(f)], [f for f in files if is_test(f)]):
        found_in = _defined_in(tree, inside, symbol, wanted)
        if len(found_in) == 1:
            return found_in[0]
        if found_in:
            raise _unclear(RefusalCode.ANCHOR_AMBIGUOUS, symbol, [f"{name} in {file}" for file, name in found_in])
    raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, where if path else symbol, f"0 files below define {symbol}.")


def new_file(tree: Tree, text: str, beside: str) -> str:
    """Return the path of a module that may not exist yet.

    Args:
        text: A path, a folder ending in a slash (the file keeps its name), a dotted module name, or one bare name,
            which lies beside the file it is taken from.
        beside: That file.
    Raises:
        RefusedError: `FILE_MISSING` when the text is none of these.
    """
    source = PurePosixPath(beside)
    if text.endswith("/"):
        return (PurePosixPath(text) / source.name).as_posix()
    if is_python(text) or text in tree:
        return text
    known = modules_by_name(tree).get(text)
    if known is not None:
        return known
    if is_identifier(text):
        return (source.parent / f"{text}.py").as_posix()
    if "/" in text:
        return f"{text}.py"
    parts = text.split(".")
    if not all(is_identifier(part) for part in parts):
        raise RefusedError(RefusalCode.FILE_MISSING, text, "Name a Python file or module.")
    return f"{_package_folder(tree, parts[:-1], beside)}{parts[-1]}.py"


def new_module(tree: Tree, text: str, path: str) -> str:
    """Return where a module or package goes: as `new_file`, and an existing folder takes the file in."""
    if not path.endswith("/__init__.py"):
        folder = text.rstrip("/")
        is_folder = folder not in tree and any(is_within(item, (folder,)) for item in tree)
        return new_file(tree, f"{folder}/" if is_folder else text, path)
    package = PurePosixPath(path).parent
    if text.endswith("/"):
        return (PurePosixPath(text) / package.name / "__init__.py").as_posix()
    if is_identifier(text):
        return (package.parent / text / "__init__.py").as_posix()
    if "/" not in text and "." in text:
        parts = text.split(".")
        return f"{_package_folder(tree, parts[:-1], path)}{parts[-1]}/__init__.py"
    return f"{text}/__init__.py"


def _package_folder(tree: Tree, parts: list[str], beside: str) -> str:
    """Return the folder of a package as a prefix: the longest known parent, or the root `beside` is imported from."""
    names = modules_by_name(tree)
    for count in range(len(parts), 0, -1):
        known = names.get(".".join(parts[:count]))
        if known is not None and known.endswith("/__init__.py"):
            return "/".join([known.removesuffix("/__init__.py"), *parts[count:]]) + "/"
    name = next((dotted for dotted, item in names.items() if item == beside), "")
    depth = name.count(".") + 1 + beside.endswith("/__init__.py")
    root = PurePosixPath(beside).parts[:-depth] if name else ()
    return "".join(f"{part}/" for part in (*root, *parts))


def _in_file(tree: Tree, path: str, symbol: str, sorts: frozenset[str]) -> str:
    """Return the qualified name; the symbol as given where the file has no such definition, for the planner to say."""
    found = [item for item in definitions(path, tree[path]) if item.sort in sorts]
    if any(item.qualified_name == symbol for item in found):
        return symbol
    inside = [item.qualified_name for item in found if item.sort not in MEMBERS and _ends_in(item, symbol)]
    names = [item.qualified_name for item in found if item.sort in MEMBERS and _ends_in(item, symbol)] or inside
    if len(names) > 1:
        raise _unclear(RefusalCode.ANCHOR_AMBIGUOUS, path, names)
    return names[0] if names else symbol


def _dotted(tree: Tree, symbol: str, sorts: frozenset[str]) -> tuple[str, str] | None:
    names = modules_by_name(tree)
    parts = symbol.split(".")
    for count in range(len(parts) - 1, 0, -1):
        path = names.get(".".join(parts[:count]))
        rest = ".".join(parts[count:])
        if path and any(i.qualified_name == rest and i.sort in sorts for i in definitions(path, tree[path])):
            return path, rest
    return None


def _defined_in(tree: Tree, files: list[str], symbol: str, sorts: frozenset[str]) -> list[tuple[str, str]]:
    """Return the definitions of a symbol: those of exactly that name, or members whose name ends so."""
    last = symbol.rpartition(".")[2]
    known = {path: definitions(path, tree[path]) for path in files if mentions(tree[path], last)}
    exact = [(path, symbol) for path, found in known.items() if any(_is(item, symbol, sorts) for item in found)]
    return exact or [
        (path, item.qualified_name)
        for path, found in known.items()
        for item in found
        if item.sort in sorts & MEMBERS and _ends_in(item, symbol)
    ]


def _is(item: Definition, symbol: str, sorts: frozenset[str]) -> bool:
    return item.qualified_name == symbol and item.sort in sorts


def _ends_in(item: Definition, symbol: str) -> bool:
    return item.qualified_name.endswith("." + symbol)


def _unclear(code: RefusalCode, place: str, candidates: list[str]) -> RefusedError:
    if not candidates:
        return RefusedError(code, place)
    more = ", …" if len(candidates) > _SHOWN else ""
    detail = f"{len(candidates)} could be meant: {', '.join(candidates[:_SHOWN])}{more}."
    return RefusedError(RefusalCode.ANCHOR_AMBIGUOUS, place, detail)
