"""Functions that somebody else calls."""

import ast

import pytest

from services.engine.framework_hooks import entry_point_hazards, framework_role, hook_hazards
from services.engine.hazards import HazardKind
from tests.services.engine.builders import files


def role(source: str, path: str = "app/code.py") -> str | None:
    """Return the role of the last function of a source; a class around it is found."""
    module = ast.parse(source)
    owner = next((item for item in module.body if isinstance(item, ast.ClassDef)), None)
    functions = [item for item in ast.walk(module) if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]
    return framework_role(path, functions[-1], owner)


class TestFrameworkRole:
    @pytest.mark.parametrize(
        ("source", "path"),
        [
            ("class Command(BaseCommand):\n    def handle(self): ...\n", "app/management/commands/x.py"),
            ("class Order(models.Model):\n    def save(self): ...\n", "app/models.py"),
            ("class Index(generic.ListView):\n    def get_queryset(self): ...\n", "app/views.py"),
            ("class Shop(AppConfig):\n    def ready(self): ...\n", "app/apps.py"),
            ("@pytest.fixture\ndef shop(tmp_path): ...\n", "tests/conftest.py"),
            ("@pytest.fixture(scope='module')\ndef shop(): ...\n", "tests/conftest.py"),
            ("def test_shop(shop): ...\n", "tests/test_shop.py"),
            ("def pytest_configure(config): ...\n", "tests/conftest.py"),
            ("class TestShop:\n    def test_it(self): ...\n", "tests/test_shop.py"),
            ("class Old(unittest.TestCase):\n    def setUp(self): ...\n", "tests/test_shop.py"),
            ("@shared_task\ndef send(): ...\n", "app/tasks.py"),
            ("@app.task(bind=True)\ndef send(self): ...\n", "app/tasks.py"),
            ("@router.get('/x')\nasync def x(): ...\n", "app/api.py"),
            ("@app.route('/x')\ndef x(): ...\n", "app/api.py"),
            ("@click.command()\ndef x(): ...\n", "app/cli.py"),
            ("@receiver(post_save)\ndef x(): ...\n", "app/signals.py"),
            ("class C:\n    def __enter__(self): ...\n", "app/c.py"),
        ],
    )
    def test_knows_who_calls(self, source: str, path: str) -> None:
        assert role(source, path)

    @pytest.mark.parametrize(
        "source",
        [
            "def handle(self): ...\n",
            "class Plain:\n    def handle(self): ...\n",
            "class Command(BaseCommand):\n    def _rows(self): ...\n",
            "@functools.lru_cache\ndef f(): ...\n",
            "def test_rig(): ...\n",
        ],
    )
    def test_says_nothing_of_ordinary_functions(self, source: str) -> None:
        assert role(source) is None


class TestHazards:
    def test_finds_the_class_around_a_function(self) -> None:
        module = ast.parse("if True:\n    class Command(BaseCommand):\n        def handle(self): ...\n")
        function = next(item for item in ast.walk(module) if isinstance(item, ast.FunctionDef))
        [hazard] = hook_hazards("a.py", module, function)
        assert (hazard.kind, hazard.location) == (HazardKind.FRAMEWORK_HOOK, "a.py:3")

    def test_finds_entry_points_of_packaging_files(self) -> None:
        tree = files(
            {
                "src/shop/__init__.py": "",
                "src/shop/cli.py": "def main(): ...\n",
                "pyproject.toml": '[project.scripts]\nshop = "shop.cli:main"\nother = "shop.cli:mainly"\n',
            }
        )
        assert [item.location for item in entry_point_hazards(tree, "src/shop/cli.py", "main")] == ["pyproject.toml:2"]
