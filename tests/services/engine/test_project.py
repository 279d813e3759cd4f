import time

import pytest

from services.core.tree import UnsafePathError
from services.engine.project import read_project
from services.engine.project_model import ProjectModel
from tests.services.engine.builders import files

TREE = files(
    {
        "src/pkg/__init__.py": '__all__ = ["area"]\nfrom .shapes import area\n',
        "src/pkg/shapes.py": '''
            """Shapes."""
            import math
            from . import units as u

            class Circle(Base):
                """Round."""
                colour = "red"

                def __init__(self, r: float = 1.0, *, unit=None): self.r = r

                @property
                def size(self) -> float:
                    if self.r > 0 and self.r < 9 or self.r == 3:
                        return sum(x for x in [1] if x)
                    return 0

            async def area(shape, /, *rest, **more):
                def inner():
                    while True:
                        yield 1
                return area_of(3, "x", key=[1, None])

            def _private(): return area_of(shape)
            ''',
        "tests/test_shapes.py": "from pkg import area\n\ndef test_area():\n    assert area(1) and Circle().size\n",
        "src/pkg/broken.py": "x = 1\ndef f(:\n",
        "src/pkg/binary.py": "x = 1\0",
        "data.json": "{}",
    }
) | {"src/pkg/latin.py": b"x = '\xe9'\n", "src/pkg/cookie.py": b"# coding: no-such\nx = 1\n"}


@pytest.fixture(scope="module")
def project() -> ProjectModel:
    return read_project(TREE, ["src"])


class TestReadProject:
    def test_describes_functions(self, project: ProjectModel) -> None:
        found = {function.qualified_name: function for function in project.functions()}
        assert set(found) == {"Circle.__init__", "Circle.size", "area", "area.inner", "_private"}
        size = found["Circle.size"]
        assert (size.line, size.end_line, size.complexity) == (11, 15, 6)
        assert (size.is_method, size.returns, size.decorators, size.is_public) == (True, "float", ("property",), True)
        assert found["area"].is_async and not found["area"].is_generator and found["area.inner"].is_generator
        assert [(p.name, p.kind) for p in found["area"].parameters] == [
            ("shape", "POSITIONAL_ONLY"), ("rest", "VAR_POSITIONAL"), ("more", "VAR_KEYWORD"),
        ]  # fmt: skip
        assert found["Circle.__init__"].signature == "__init__(self, r: float=1.0, *, unit=None)"
        assert not found["_private"].is_public

    def test_describes_classes_imports_and_exports(self, project: ProjectModel) -> None:
        module = project.modules["src/pkg/shapes.py"]
        [circle] = module.classes
        assert (circle.bases, circle.docstring, circle.attributes) == (("Base",), "Round.", ("colour",))
        assert (module.name, module.docstring) == ("pkg.shapes", "Shapes.")
        assert [(i.module, i.name, i.bound_as) for i in module.imports] == [
            ("math", None, "math"), ("pkg", "units", "u"),
        ]  # fmt: skip
        assert project.modules["src/pkg/__init__.py"].exports == ("area",)

    def test_finds_call_sites_with_literal_arguments(self, project: ProjectModel) -> None:
        literal, dynamic = project.call_sites("area_of")
        assert (literal.arguments, literal.keywords, literal.caller) == ((3, "x"), (("key", [1, None]),), "area")
        assert (dynamic.is_literal, dynamic.arguments) == (False, ())

    def test_finds_tests_that_mention_a_name_outside_the_scope(self, project: ProjectModel) -> None:
        assert [test.qualified_name for test in project.tests_mentioning("size")] == ["test_area"]
        assert [module.path for module in project.in_scope if module.is_test] == []

    def test_keeps_what_cannot_be_parsed_as_data(self, project: ProjectModel) -> None:
        assert [(module.path, module.problem_code, module.problem_line) for module in project.unparsable] == [
            ("src/pkg/binary.py", "PARSE_UNSUPPORTED", None),
            ("src/pkg/broken.py", "PARSE_UNSUPPORTED", 2),
            ("src/pkg/cookie.py", "PARSE_UNSUPPORTED", None),
            ("src/pkg/latin.py", "PARSE_UNSUPPORTED", None),
        ]

    @pytest.mark.parametrize(
        "source",
        [
            "x = " + "(" * 5000 + ")" * 5000,
            "x = " + "-" * 50_000 + "1",
            "x = " + "1 + " * 20_000 + "1",
            "x = " + "a." * 20_000 + "b",
            "def f():\n" + "".join(" " * depth + "if 1:\n" for depth in range(1, 99)) + " " * 99 + "pass\n",
            "#" + "x" * 5_000_000,
            "x = '\\d'\n",
            "x = 1" + "0" * 5000,
        ],
        ids=["parentheses", "signs", "sum", "attributes", "blocks", "long", "escape", "number"],
    )
    def test_survives_hostile_sources(self, source: str) -> None:
        tree = {"a.py": source.encode()}
        assert list(read_project(tree, ["."]).modules) == ["a.py"]

    def test_refuses_a_scope_outside_the_tree(self) -> None:
        with pytest.raises(UnsafePathError):
            read_project(TREE, ["../other"])

    def test_reads_two_thousand_files_in_seconds(self) -> None:
        tree = {f"pkg/m{number}.py": TREE["src/pkg/shapes.py"] for number in range(2000)}
        started = time.process_time()
        assert len(read_project(tree, ["."]).modules) == 2000
        assert time.process_time() - started < 20
