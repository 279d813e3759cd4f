"""Operations that move code between modules. `path` is always the file the code stands in now."""

from typing import Annotated, Literal

from pydantic import Field

from services.engine.document_types import FilePath, Identifier, OnFile, StrictModel

Symbols = Annotated[list[Identifier], Field(min_length=1, max_length=1_000)]


class MoveOptions(StrictModel):
    """What a move follows besides imports and uses in code.

    `tests`: the same in test files. `docs`: dotted names and file paths in documents, docstrings and comments.
    `strings`: dotted names in strings and configuration, as settings, mocks and entry points write them.
    `keep_alias`: where references stay, the old module goes on offering the old names.
    """

    tests: bool = False
    docs: bool = False
    strings: bool = True
    keep_alias: bool = True


class MoveSymbols(OnFile):
    """Move top-level definitions of `path` to `new_path`, with the comments and decorators above them.

    Preconditions: every symbol is a definition at the top level of `path`, none is assigned through `global` by code
    that stays, and `new_path` binds none of the names to anything else. Touches: both files; every module that
    imports the symbols from `path` or reads them as its attributes; `__all__` of both. The moved code gets the imports
    it needs and the old module loses those only it needed. References that may not be edited keep working
    through a re-export. Refused when the modules could no longer be imported (`CIRCULAR_IMPORT`).
    Hazards: `OLD_NAME_KEPT`, `CIRCULAR_IMPORT` (an import was put inside a function), `MODULE_IDENTITY`,
    `DYNAMIC_LOOKUP`, `TEXT_MENTION`.
    """

    op: Literal["move_symbols"] = "move_symbols"
    symbols: Symbols
    new_path: FilePath
    create: bool = True
    options: MoveOptions = MoveOptions()


class RenameModule(OnFile):
    """Move a module to another path, or a whole package through its `__init__.py`; imports everywhere follow.

    Preconditions: nothing stands at `new_path`; both are Python files, and a package stays one. Touches: the moved
    files, whose relative imports are rewritten; every import and use of the module. Where references may not be
    edited the old file stays and hands out the new module. Hazards: `OLD_NAME_KEPT`, `TEXT_MENTION`, `DYNAMIC_LOOKUP`.
    """

    op: Literal["rename_module"] = "rename_module"
    new_path: FilePath
    options: MoveOptions = MoveOptions()


class FoldModule(OnFile):
    """Merge module `path` into the existing `new_path` and remove it; imports everywhere follow.

    Preconditions: the two modules bind no name to different things. Touches: as `move_symbols` for everything that
    `path` holds, statements between definitions included. Hazards: as `move_symbols`.
    """

    op: Literal["fold_module"] = "fold_module"
    new_path: FilePath
    options: MoveOptions = MoveOptions()


class SplitPart(StrictModel):
    """One new home: the top-level definitions that go to `new_path`."""

    new_path: FilePath
    symbols: Symbols


class SplitModule(OnFile):
    """Distribute definitions of `path` over other modules, as several `move_symbols` judged together.

    Preconditions: as `move_symbols` for every part; no symbol stands in two parts. Hazards: as `move_symbols`.
    """

    op: Literal["split_module"] = "split_module"
    parts: Annotated[list[SplitPart], Field(min_length=1, max_length=100)]
    options: MoveOptions = MoveOptions()
