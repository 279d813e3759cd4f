"""What is known about a project after reading it: plain values, positions as lines from 1."""

from dataclasses import dataclass, field
from typing import Literal

LiteralValue = (
    str | int | float | bool | bytes | complex | tuple[object, ...] | list[object] | dict[object, object] | None
)


@dataclass(frozen=True, slots=True)
class ParameterModel:
    """One parameter; `annotation` and `default` are source text, `kind` as in `inspect`."""

    name: str
    kind: Literal["POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD", "VAR_POSITIONAL", "KEYWORD_ONLY", "VAR_KEYWORD"]
    annotation: str | None
    default: str | None


@dataclass(frozen=True, slots=True)
class FunctionModel:
    """A function or method. `qualified_name` is relative to its module; `complexity` is cyclomatic, at least 1."""

    path: str
    qualified_name: str
    line: int
    end_line: int
    complexity: int
    signature: str
    parameters: tuple[ParameterModel, ...]
    returns: str | None
    docstring: str | None
    decorators: tuple[str, ...]
    is_async: bool
    is_method: bool
    is_generator: bool
    is_nested: bool

    @property
    def name(self) -> str:
        """The name without its owners."""
        return self.qualified_name.rpartition(".")[2]

    @property
    def is_public(self) -> bool:
        """Whether no part of the name begins with an underscore."""
        return not any(part.startswith("_") for part in self.qualified_name.split("."))


@dataclass(frozen=True, slots=True)
class ClassModel:
    """A class; `bases` is source text, `attributes` are names bound in its body other than methods."""

    path: str
    qualified_name: str
    line: int
    end_line: int
    bases: tuple[str, ...]
    docstring: str | None
    decorators: tuple[str, ...]
    methods: tuple[str, ...]
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportModel:
    """One imported name. `module` is absolute where it could be resolved; `name` is None for `import module`."""

    module: str
    name: str | None
    bound_as: str
    line: int


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call by name. `arguments` and `keywords` hold values only when `is_literal`: all of them are constants."""

    path: str
    line: int
    callee: str
    is_literal: bool
    arguments: tuple[LiteralValue, ...] = ()
    keywords: tuple[tuple[str, LiteralValue], ...] = ()
    caller: str | None = None


@dataclass(frozen=True, slots=True)
class TestFunctionModel:
    """A test function of the project and the names it mentions."""

    __test__ = False
    path: str
    qualified_name: str
    line: int
    mentions: frozenset[str]


@dataclass(frozen=True, slots=True)
class ModuleModel:
    """One Python file. `problem` is the reason when it could not be parsed; all lists are empty then."""

    path: str
    name: str
    line_count: int
    is_test: bool
    in_scope: bool
    problem: str | None = None
    problem_line: int | None = None
    docstring: str | None = None
    exports: tuple[str, ...] | None = None
    functions: tuple[FunctionModel, ...] = ()
    classes: tuple[ClassModel, ...] = ()
    imports: tuple[ImportModel, ...] = ()
    calls: tuple[CallSite, ...] = ()
    tests: tuple[TestFunctionModel, ...] = ()
    public_names: tuple[str, ...] = ()
    attribute_names: frozenset[str] = frozenset()

    @property
    def problem_code(self) -> str | None:
        """`PARSE_UNSUPPORTED` when the file could not be parsed."""
        return "PARSE_UNSUPPORTED" if self.problem else None


@dataclass(frozen=True)
class ProjectModel:
    """Everything read from one tree. `modules` maps path → module for the whole tree, sorted by path."""

    scope: tuple[str, ...]
    modules: dict[str, ModuleModel] = field(default_factory=dict)

    @property
    def in_scope(self) -> list[ModuleModel]:
        """Modules inside the scope, tests included."""
        return [module for module in self.modules.values() if module.in_scope]

    @property
    def unparsable(self) -> list[ModuleModel]:
        """Modules inside the scope that could not be parsed."""
        return [module for module in self.in_scope if module.problem]

    def functions(self, *, tests: bool = False) -> list[FunctionModel]:
        """List the functions inside the scope; those in test files only when asked for."""
        return [item for module in self.in_scope if tests or not module.is_test for item in module.functions]

    def function(self, path: str, qualified_name: str) -> FunctionModel | None:
        """Find a function by file and qualified name."""
        module = self.modules.get(path)
        return next((f for f in module.functions if f.qualified_name == qualified_name), None) if module else None

    def call_sites(self, name: str) -> list[CallSite]:
        """List the calls whose callee ends in `name`, in the whole tree."""
        return [c for m in self.modules.values() for c in m.calls if c.callee.rpartition(".")[2] == name]

    def tests_mentioning(self, name: str) -> list[TestFunctionModel]:
        """List the test functions that mention `name`, in the whole tree."""
        return [test for module in self.modules.values() for test in module.tests if name in test.mentions]
