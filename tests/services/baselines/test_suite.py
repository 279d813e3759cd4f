"""Finding out how a repository's own tests are run."""

from services.baselines.build import plan_build
from services.baselines.suite import discover_suite
from tests.services.baselines.sample_trees import SHOP


def _plan(files: dict[str, str], scope: str = "."):
    return discover_suite({path: text.encode() for path, text in files.items()}, scope)


class TestDiscoverSuite:
    def test_reads_testpaths_and_doctest_option_from_pyproject(self) -> None:
        config = '[tool.pytest.ini_options]\ntestpaths = ["tests"]\naddopts = "--doctest-modules --cov=x -n auto -ra"\n'
        plan = _plan({"pyproject.toml": config, "src/x/__init__.py": "", "tests/test_x.py": "def test_a(): pass\n"})
        assert (plan.runner, plan.targets, plan.options) == ("pytest", ("tests",), ("--doctest-modules",))
        assert plan.python_path[0] == "src"

    def test_reads_the_native_table_before_ini_options(self) -> None:
        config = '[tool.pytest]\ntestpaths = ["checks"]\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'
        plan = _plan({"pyproject.toml": config, "checks/test_x.py": "", "tests/test_y.py": ""})
        assert plan.targets == ("checks",)

    def test_reads_setup_cfg_and_tox_sections(self) -> None:
        files = {
            "tests/test_x.py": "",
            "spec/check_y.py": "",
            "setup.cfg": "[tool:pytest]\npython_files = check_*.py\n",
        }
        assert _plan(files).config_file == "setup.cfg"
        assert _plan({**files, "tox.ini": "[pytest]\ntestpaths = tests\n"}).config_file == "tox.ini"

    def test_drops_the_value_of_a_dropped_option(self) -> None:
        plan = _plan(
            {"pytest.ini": "[pytest]\naddopts = -n 4 --durations 5 -m 'not slow' tests\n", "tests/test_x.py": ""}
        )
        assert plan.options == ("-m", "not slow")
        assert plan.targets == ("tests",)

    def test_names_files_that_the_runner_would_not_find(self) -> None:
        source = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): pass\n"
        assert _plan({"test.py": source, "mod.py": ""}).targets == ("test.py",)

    def test_says_why_there_is_none(self) -> None:
        plan = _plan({"mod.py": "x = 1\n"})
        assert plan.runner == "none"
        assert "No tests of its own were found" in plan.reason

    def test_takes_the_nearest_project_around_the_scope(self) -> None:
        files = {
            "pyproject.toml": "",
            "tests/test_a.py": "",
            "packages/b/pyproject.toml": "",
            "packages/b/tests/test_b.py": "",
            "packages/b/src/b/__init__.py": "",
        }
        plan = _plan(files, "packages/b/src")
        assert plan.root == "packages/b"
        assert plan.python_path[0] == "packages/b/src"

    def test_puts_script_folders_on_the_import_path(self) -> None:
        plan = _plan(
            {"app/billing.py": "import rates\n", "app/rates.py": "", "tests/test_billing.py": "import billing\n"}
        )
        assert "app" in plan.python_path

    def test_wants_the_plugins_that_the_configuration_names(self) -> None:
        plan = _plan(
            {"pytest.ini": "[pytest]\nasyncio_mode = auto\nrequired_plugins = pytest-env>=1\n", "test_x.py": ""}
        )
        assert set(plan.plugins) == {"pytest-asyncio", "pytest-env"}


class TestPlanBuild:
    def test_asks_for_test_extras_before_anything_less(self) -> None:
        config = (
            '[project]\nname = "x"\nversion = "2.1"\nrequires-python = ">=3.9"\n'
            '[project.optional-dependencies]\ntests = ["freezegun"]\ndocs = ["sphinx"]\n'
        )
        plan = plan_build({"pyproject.toml": config.encode(), "tests/test_x.py": b""})
        assert '".[tests]"' in plan.steps[0].argv[-1]
        assert "docs" not in plan.steps[0].argv[-1]
        assert '"."' in plan.steps[-3].argv[-1]
        assert '"words": ["pytest"]' in plan.steps[-1].argv[-1]
        assert plan.requires_python == ">=3.9"

    def test_gives_version_tools_a_version_without_history(self) -> None:
        files = {
            "pyproject.toml": b'[project]\nname = "x"\ndynamic = ["version"]\n',
            "PKG-INFO": b"Name: x\nVersion: 4.2.0\n",
        }
        assert plan_build(files).steps[0].env["SETUPTOOLS_SCM_PRETEND_VERSION"] == "4.2.0"

    def test_installs_dependency_groups_and_requirement_files(self) -> None:
        files = {
            "pyproject.toml": b'[project]\nname = "x"\nversion = "1"\n[dependency-groups]\ntest = ["pytest"]\n',
            "requirements-test.txt": b"mock\n",
        }
        words = plan_build(files).steps[0].argv[-1]
        assert '"--group", "test"' in words
        assert '"-r", "requirements-test.txt"' in words

    def test_installs_only_the_runner_for_a_plain_folder(self) -> None:
        plan = plan_build(SHOP)
        assert len(plan.steps) == 1
        assert "no packaging metadata" in plan.notes[0]

    def test_never_reaches_the_network_outside_a_sandbox_phase(self) -> None:
        assert all(step.net == "allowlist" and step.argv[0] == "python3" for step in plan_build(SHOP).steps)
