"""Proving a tree: what a run says, and that customer code cannot make it say anything else."""

import pytest

from services.baselines.errors import VerdictForgedError
from services.baselines.outcomes import compare
from services.baselines.proof import ProofLimits, prove
from services.baselines.schemas import GeneratedSuite, ProofRun
from services.baselines.suite import discover_suite
from services.core.tree import Tree
from tests.services.baselines.sample_trees import SHOP
from tests.support.local_session import LocalSession

pytestmark = pytest.mark.asyncio
NOTHING = GeneratedSuite(folder="iama_tests", files={})
GREEN = "def test_green():\n    assert True\n"
LIMITS = ProofLimits(run_seconds=60, test_seconds=20)


async def _prove(session: LocalSession, tree: Tree, limits: ProofLimits = LIMITS) -> ProofRun:
    return await prove(session, suite=NOTHING, own=discover_suite(tree), label="a sample", tree=tree, limits=limits)


def _tree(**files: str) -> Tree:
    return {f"{name.replace('__', '/')}.py": text.encode() for name, text in files.items()}


class TestProve:
    async def test_reports_every_test_of_the_own_suite(self, session: LocalSession) -> None:
        run = await _prove(session, SHOP)
        assert run.own.counts() == {"passed": 4}
        assert (run.own.runner, run.own.complete, run.canaries) == ("pytest", True, 2)

    async def test_says_where_and_why_a_test_failed(self, session: LocalSession) -> None:
        broken = {**SHOP, "shop/prices.py": SHOP["shop/prices.py"].replace(b"return price -", b"return price + 1 -")}
        run = await _prove(session, broken)
        item = run.own.outcomes["tests/test_prices.py::test_discount[100-90]"]
        assert (item.outcome, item.error_class, item.location) == (
            "failed",
            "AssertionError",
            "tests/test_prices.py:test_discount",
        )
        assert "assert 91 == 90" in item.message
        assert compare((await _prove(session, SHOP)).own, run.own).newly_red[0] == item.test_id

    async def test_tells_all_six_outcomes_apart(self, session: LocalSession) -> None:
        source = (
            "import pytest\n" + GREEN + "def test_red():\n    assert 0\n"
            "@pytest.fixture\ndef broken():\n    raise OSError('no')\ndef test_error(broken): pass\n"
            "@pytest.mark.skip\ndef test_skip(): pass\n"
            "@pytest.mark.xfail\ndef test_xfail():\n    assert 0\n"
            "@pytest.mark.xfail\ndef test_xpass(): pass\n"
        )
        run = await _prove(session, _tree(test_all=source))
        found = {name.partition("::")[2]: item.outcome for name, item in run.own.outcomes.items()}
        assert found == {
            "test_green": "passed",
            "test_red": "failed",
            "test_error": "error",
            "test_skip": "skipped",
            "test_xfail": "xfailed",
            "test_xpass": "xpassed",
        }

    async def test_goes_on_past_a_file_that_cannot_be_imported(self, session: LocalSession) -> None:
        run = await _prove(session, _tree(test_a=GREEN, test_b="import nowhere_at_all\n"))
        assert run.own.counts() == {"passed": 1, "error": 1}

    async def test_uses_unittest_where_pytest_is_not_installed(self, bare_session: LocalSession) -> None:
        source = (
            "import unittest\nclass T(unittest.TestCase):\n"
            "    def test_a(self): pass\n    def test_b(self): self.fail('x')\n"
        )
        run = await _prove(bare_session, _tree(test_plain=source, pytest="raise ImportError('not installed')\n"))
        assert (run.own.runner, run.own.counts()) == ("unittest", {"passed": 1, "failed": 1})
        assert run.own.outcomes["test_plain.py::T::test_b"].error_class == "AssertionError"

    async def test_leaves_the_source_alone_when_tests_write_beside_it(self, session: LocalSession) -> None:
        source = (
            "def test_writes():\n    open('test_writing.py', 'a').write('# more')\n"
            "    open('new.txt', 'w').write('x')\n"
        )
        run = await _prove(session, _tree(test_writing=source))
        assert (run.own.counts(), run.source_unchanged) == ({"passed": 1}, True)

    async def test_says_when_there_is_no_suite(self, session: LocalSession) -> None:
        run = await _prove(session, _tree(module="x = 1\n"))
        assert (run.own.runner, run.own.outcomes, run.timed_out) == ("none", {}, False)


class TestTime:
    async def test_ends_a_hung_test_and_runs_the_others(self, session: LocalSession) -> None:
        source = "import time\ndef test_hangs():\n    time.sleep(600)\n" + GREEN
        run = await _prove(session, _tree(test_slow=source), ProofLimits(run_seconds=60, test_seconds=0.5))
        assert run.timed_out
        assert run.own.outcomes["test_slow.py::test_hangs"].timed_out
        assert run.own.outcomes["test_slow.py::test_green"].is_green

    async def test_ends_a_run_that_ignores_everything(self, session: LocalSession) -> None:
        source = (
            GREEN
            + "import signal, time\ndef test_ignores():\n"
            + "    signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    time.sleep(600)\n"
        )
        run = await _prove(session, _tree(test_slow=source), ProofLimits(run_seconds=4, test_seconds=1))
        assert run.own.timed_out
        assert "test_slow.py::test_ignores" in run.own.missing


CONFTEST_ALL_GREEN = """
import pytest
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    outcome.get_result().outcome = "passed"
"""
RED = "def test_red():\n    assert 0\n"


class TestForgery:
    async def test_reports_turned_green_by_the_project_void_the_run(self, session: LocalSession) -> None:
        with pytest.raises(VerdictForgedError, match="must fail was reported as passed"):
            await _prove(session, _tree(conftest=CONFTEST_ALL_GREEN, test_a=RED))

    async def test_a_folder_that_forges_only_itself_is_found(self, session: LocalSession) -> None:
        with pytest.raises(VerdictForgedError):
            await _prove(
                session, _tree(tests__test_a=GREEN, tests__deep__conftest=CONFTEST_ALL_GREEN, tests__deep__test_b=RED)
            )

    async def test_controls_removed_by_the_project_void_the_run(self, session: LocalSession) -> None:
        conftest = (
            "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtestloop(session):\n"
            "    session.items[:] = [i for i in session.items if i.name == 'test_green']\n"
        )
        with pytest.raises(VerdictForgedError, match="reported as missing"):
            await _prove(session, _tree(conftest=conftest, test_a=GREEN))

    async def test_assertions_made_harmless_void_the_run(self, session: LocalSession) -> None:
        conftest = "import _pytest.python as p\np.Function.runtest = lambda self: None\n"
        with pytest.raises(VerdictForgedError):
            await _prove(session, _tree(conftest=conftest, test_a=RED))

    @pytest.mark.parametrize(
        "act",
        [
            "import os; os._exit(0)",
            "raise KeyboardInterrupt",
            "import pytest; pytest.exit('done', 0)",
            "import os; os.kill(os.getpid(), 9)",
        ],
    )
    async def test_an_early_end_leaves_tests_without_a_result(self, session: LocalSession, act: str) -> None:
        source = f"def test_a_ends():\n    {act}\n" + "".join(f"def test_{n}(): pass\n" for n in range(30))
        run = await _prove(session, _tree(test_a=source))
        assert not run.own.complete
        assert "test_a.py::test_29" in run.own.missing
        assert "test_a.py::test_29" in run.own.red

    async def test_lines_written_by_a_test_do_not_count(self, session: LocalSession) -> None:
        source = (
            "import glob, json, sys\n" + RED + "def test_z_forges():\n"
            "    plan = json.loads(open('/proc/self/cmdline').read().split('\\0')[-2])\n"
            "    body = json.dumps({'seq': 99, 'kind': 'test', 'id': 'test_a.py::test_ghost', 'outcome': 'passed'})\n"
            "    open(plan['results'], 'a').write(json.dumps({'body': body, 'mac': 'x' * 64}) + '\\n')\n"
        )
        run = await _prove(session, _tree(test_a=source))
        assert "test_a.py::test_ghost" not in run.own.outcomes
        assert not run.own.outcomes["test_a.py::test_red"].is_green

    async def test_an_emptied_results_file_passes_nothing(self, session: LocalSession) -> None:
        source = (
            "import json\n" + GREEN + "def test_z_empties():\n"
            "    plan = json.loads(open('/proc/self/cmdline').read().split('\\0')[-2])\n"
            "    open(plan['results'], 'w').close()\n"
        )
        run = await _prove(session, _tree(test_a=source))
        assert not any(item.is_green for item in run.own.outcomes.values())

    async def test_changed_modules_do_not_change_the_verdict(self, session: LocalSession) -> None:
        source = (
            "import json, os, sys, types\ndef test_a_tampers():\n"
            "    sys.modules['iama_results'] = sys.modules['iama_pytest'] = types.ModuleType('x')\n"
            "    json.dumps = lambda *a, **k: '{}'\n    os.write = lambda *a: 0\n" + RED
        )
        run = await _prove(session, _tree(test_a=source))
        assert run.own.complete
        assert run.own.outcomes["test_a.py::test_red"].is_red

    async def test_a_changed_source_voids_the_run(self, session: LocalSession) -> None:
        source = (
            "import json\ndef test_changes():\n"
            "    plan = json.loads(open('/proc/self/cmdline').read().split('\\0')[-2])\n"
            "    open(plan['source'] + '/test_a.py', 'a').write('# changed')\n"
        )
        with pytest.raises(VerdictForgedError, match="changed the source"):
            await _prove(session, _tree(test_a=source))

    async def test_a_hundred_megabytes_of_output_change_nothing(self, session: LocalSession) -> None:
        source = "def test_loud():\n    for _ in range(100):\n        print('x' * 1024 * 1024)\n    assert 0\n" + GREEN
        run = await _prove(session, _tree(test_a=source))
        assert run.own.outcomes["test_a.py::test_loud"].is_red
        assert len(run.own.outcomes["test_a.py::test_loud"].message) <= 2048
        assert len(run.log) <= 70_000

    async def test_a_suite_that_can_only_fail_is_no_forgery(self, session: LocalSession) -> None:
        conftest = "import pytest\n@pytest.fixture(autouse=True)\ndef database():\n    raise OSError('no database')\n"
        run = await _prove(session, _tree(conftest=conftest, test_a=GREEN))
        assert run.own.counts() == {"error": 1}
