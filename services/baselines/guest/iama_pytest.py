# ruff: noqa: PTH100, PTH103, PTH110, PTH112, PTH118, PTH120, PTH123, PTH109, UP031
# mypy: ignore-errors
"""Runs inside the sandbox: pytest with a plugin of ours that reports every test and runs the canaries."""

import os
import random
import signal
import types

import pytest
from iama_results import place_of


class OverdueError(BaseException):
    """A single test ran longer than its limit; no `except Exception` of customer code swallows it."""


class Reporter:
    """Collects the reports of each test and writes one line when the test is over."""

    def __init__(self, results, plan, root):
        self.results, self.plan, self.root = results, plan, root
        self.pending = {}
        self.errors = {}
        self.canaries = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        if hasattr(config.option, "benchmark_disable"):
            config.option.benchmark_disable = True  # run the benchmarked code once: what counts is whether it works

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self, session, config, items):
        yield
        if self.plan.get("reverse"):
            items.reverse()
        found = [item.nodeid for item in items]
        self.results.write("collected", ids=found)
        files = list({item.path.parent: item.path for item in items}.values()) or [session.path]
        for file in random.sample(files, min(len(files), CONTROLLED_FOLDERS)):
            for name, text in self.plan["canaries"].items():
                item = canary(session, file, name, text)
                self.canaries.add(item.nodeid)
                items.insert(random.randrange(len(items) + 1), item)
                self.results.write("canary", name=name, id=item.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report):
        """Keep the canaries out of the log's counts: people read it."""
        return ("", "", "") if report.nodeid in self.canaries else None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        previous = signal.signal(signal.SIGALRM, overdue)
        signal.setitimer(signal.ITIMER_REAL, self.plan["test_seconds"])
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        if call.excinfo is not None:
            error = call.excinfo
            place = place_of(error.tb, self.root)
            self.errors.setdefault(item.nodeid, (error.type.__name__, place))
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        state = self.pending.setdefault(report.nodeid, {"outcome": "passed", "message": "", "seconds": 0.0})
        state["seconds"] += report.duration
        outcome = outcome_of(report)
        if outcome == "skipped" and hasattr(report, "context"):
            outcome = "passed"  # a skipped subtest leaves its test as it is
        if RANK[outcome] > RANK[state["outcome"]]:
            state["outcome"] = outcome
            state["message"] = report.longreprtext if outcome in ("failed", "error") else ""
        if report.when == "teardown":
            self.finish(report.nodeid)

    def pytest_collectreport(self, report):
        if report.failed:
            self.results.test(report.nodeid or ".", "error", message=report.longreprtext, error_class="CollectionError",
                              location=report.nodeid, seconds=0.0, overdue=False)  # fmt: skip

    def finish(self, test_id):
        state = self.pending.pop(test_id)
        error_class, place = self.errors.pop(test_id, (None, None))
        red = state["outcome"] in ("failed", "error")
        self.results.test(
            test_id,
            state["outcome"],
            error_class=error_class if red else None,
            location=place if red else None,
            message=state["message"],
            seconds=round(state["seconds"], 4),
            overdue=red and error_class == OverdueError.__name__,
        )


CONTROLLED_FOLDERS = 12
RANK = {"passed": 0, "xpassed": 1, "skipped": 2, "xfailed": 3, "failed": 4, "error": 5}


def outcome_of(report):
    """Our word for one report of one stage of a test."""
    if report.skipped:
        return "xfailed" if hasattr(report, "wasxfail") else "skipped"
    if report.failed:
        return "failed" if report.when == "call" else "error"
    return "xpassed" if hasattr(report, "wasxfail") else "passed"


def overdue(signum, frame):
    raise OverdueError("the test ran longer than its limit")


def canary(session, path, name, text):
    """Build a test function that seems to stand in one of the project's test files: the same hooks meet it."""
    namespace = {}
    exec(compile(text, name, "exec"), namespace)
    module = pytest.Module.from_parent(session, path=path)
    module.obj = types.ModuleType(name)
    return pytest.Function.from_parent(module, name=name, callobj=namespace[name])


def run(plan, results, root):
    """Run pytest in this process; returns its exit status."""
    arguments = ["-q", "-rN", "--tb=short", "--color=no", "--no-header", "-o", "addopts=", "-p", "no:randomly"]
    arguments += ["--continue-on-collection-errors"]
    arguments += ["-o", "cache_dir=" + os.path.join(plan["scratch"], "cache"), "--rootdir", os.getcwd()]
    return int(pytest.main([*arguments, *plan["options"], *plan["targets"]], plugins=[Reporter(results, plan, root)]))
