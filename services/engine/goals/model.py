"""What an understood goal is: a kind of change and what the sentence says about it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Literal, Self

from services.canon.errors import IamaError

EXAMPLES = (
    "Modernise to Python 3.11",
    "Clean up",
    "Clean up src/package",
    "Rename `old_name` in `package/module.py` to `new_name`",
    "Rename `Class.method` in `package/module.py` to `new_method`",
    "Move `f` and `g` from `package/a.py` to a new module `package/b.py`",
    "Extract lines 10-20 of `package/a.py` into a function `total`",
    "Add a parameter `log` with default `False` to `f` in `package/a.py`, pass it at all call sites except tests",
    "Turn method `C.m` in `package/a.py` into a top-level function `m`",
    "Convert from Python 2 to Python 3",
)


class GoalKind(StrEnum):
    """Named kinds of change that the catalogue carries out; SEQUENCE holds several in order."""

    MODERNISE = "MODERNISE"
    CLEAN_UP = "CLEAN_UP"
    PYTHON3 = "PYTHON3"
    ANNOTATE = "ANNOTATE"
    REMOVE_DEAD_CODE = "REMOVE_DEAD_CODE"
    REMOVE_UNUSED_IMPORTS = "REMOVE_UNUSED_IMPORTS"
    REPLACE_MUTABLE_DEFAULTS = "REPLACE_MUTABLE_DEFAULTS"
    EXPAND_STAR_IMPORTS = "EXPAND_STAR_IMPORTS"
    EXTRACT_DUPLICATES = "EXTRACT_DUPLICATES"
    SPLIT_LONG_FUNCTIONS = "SPLIT_LONG_FUNCTIONS"
    SPLIT_LARGE_CLASSES = "SPLIT_LARGE_CLASSES"
    FIND_CIRCULAR_IMPORTS = "FIND_CIRCULAR_IMPORTS"
    RENAME = "RENAME"
    RENAME_MODULE = "RENAME_MODULE"
    MOVE_SYMBOLS = "MOVE_SYMBOLS"
    FOLD_MODULE = "FOLD_MODULE"
    SPLIT_MODULE = "SPLIT_MODULE"
    EXTRACT_FUNCTION = "EXTRACT_FUNCTION"
    EXTRACT_VARIABLE = "EXTRACT_VARIABLE"
    EXTRACT_CONSTANT = "EXTRACT_CONSTANT"
    INLINE = "INLINE"
    CHANGE_SIGNATURE = "CHANGE_SIGNATURE"
    METHOD_TO_FUNCTION = "METHOD_TO_FUNCTION"
    FUNCTION_TO_METHOD = "FUNCTION_TO_METHOD"
    WRAP_IN_CLASS = "WRAP_IN_CLASS"
    PARAMETER_OBJECT = "PARAMETER_OBJECT"
    ADD_IMPORT = "ADD_IMPORT"
    REMOVE_IMPORT = "REMOVE_IMPORT"
    ORGANISE_IMPORTS = "ORGANISE_IMPORTS"
    SEQUENCE = "SEQUENCE"


ParameterAction = Literal["ADD", "REMOVE", "REORDER", "DEFAULT"]


@dataclass(frozen=True, slots=True)
class ParameterChange:
    """One change of a signature. `default`, `annotation` and `call_value` are source text.

    `call_value` is what existing calls pass; None leaves the calls alone. `place` is `first`, `last`, `before NAME`,
    `after NAME` or a position counted from 1 without `self`. `order` belongs to REORDER: all names, or the first ones.
    """

    action: ParameterAction
    name: str = ""
    default: str | None = None
    annotation: str | None = None
    call_value: str | None = None
    place: str | None = None
    keyword_only: bool = False
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """An understood goal; a field that does not belong to the kind is None or empty.

    `path` is the file of the definition (a folder or a dotted module name stands for it; None: the one file that has
    the definition) or, for rule sets, the file or folder to change (None: the scope). `lines` are counted from 1, both
    included. `new_path` is a file, a folder, or a dotted module name. `tests`, `docs`, `strings` and `alias` are None
    where the level decides. `parts` of SPLIT_MODULE pair a new path with its symbols. `steps` belong to SEQUENCE.
    """

    kind: GoalKind
    target: str | None = None
    path: str | None = None
    symbol: str | None = None
    new_name: str | None = None
    symbols: tuple[str, ...] = ()
    new_path: str | None = None
    lines: tuple[int, int] | None = None
    expression: str | None = None
    everywhere: bool | None = None
    what: str | None = None
    class_name: str | None = None
    parameters: tuple[str, ...] = ()
    changes: tuple[ParameterChange, ...] = ()
    parts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    module: str | None = None
    alias_name: str | None = None
    tests: bool | None = None
    docs: bool | None = None
    strings: bool | None = None
    alias: bool | None = None
    steps: tuple["Goal", ...] = ()

    @property
    def each(self) -> tuple["Goal", ...]:
        """The single goals in order: the steps of a sequence, otherwise the goal itself."""
        return self.steps or (self,)

    def says(self) -> str:
        """Return kind and fields that are set as one line; equal goals, equal lines."""
        if self.steps:
            return "; ".join(step.says() for step in self.steps)
        values = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "kind"}
        shown = ", ".join(f"{name}={_shown(value)}" for name, value in values.items() if value not in (None, ()))
        return f"{self.kind}: {shown}" if shown else str(self.kind)

    def having(self, values: Mapping[str, object]) -> Self:
        """Return the goal with these fields set."""
        return replace(self, **values)  # type: ignore[arg-type]


def _shown(value: object) -> str:
    if isinstance(value, ParameterChange):
        values = {item.name: getattr(value, item.name) for item in fields(value)}
        set_ones = (f"{k}={_shown(v)}" for k, v in values.items() if v not in (None, (), "", False))
        return f"({', '.join(set_ones)})"
    if isinstance(value, tuple):
        return f"[{', '.join(_shown(item) for item in value)}]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


class GoalNotUnderstoodError(IamaError):
    """A goal outside the grammar. Data: `examples`, sentences that would be understood; where the fault lies in a
    sentence also `number` (from 1), `part` (the words not understood).

    `is_near` says that the beginning of the sentence is one of the grammar's, so that the reason helps.
    """

    def __init__(
        self,
        reason: str | None = None,
        *,
        examples: tuple[str, ...] = EXAMPLES,
        number: int | None = None,
        part: str | None = None,
        is_near: bool = True,
    ) -> None:
        place = {key: value for key, value in (("number", number), ("part", part)) if value is not None}
        super().__init__("GOAL_NOT_UNDERSTOOD", sentence=reason, examples=list(examples), **place)
        self.is_near = is_near
