# ruff: noqa: PTH100, PTH103, PTH110, PTH112, PTH118, PTH120, PTH123, PTH109, UP031
# mypy: ignore-errors
"""Runs inside the sandbox: unittest with a result of ours, for generated tests and where pytest is not there."""

import importlib
import os
import random
import signal
import sys
import time
import traceback
import unittest

from iama_results import place_of


class OverdueError(BaseException):
    """A single test ran longer than its limit; no `except Exception` of customer code swallows it."""


class Result(unittest.TestResult):
    """Writes one line per test when it is over; the worst thing that happened to it counts."""

    def __init__(self, results, plan, root):
        super().__init__()
        self.results, self.plan, self.root = results, plan, root
        self.state = {}

    def startTest(self, test):
        super().startTest(test)
        self.state[id(test)] = {"outcome": "passed", "since": time.monotonic()}
        signal.signal(signal.SIGALRM, overdue)
        signal.setitimer(signal.ITIMER_REAL, self.plan["test_seconds"])

    def stopTest(self, test):
        signal.setitimer(signal.ITIMER_REAL, 0)
        state = self.state.pop(id(test))
        seconds = round(time.monotonic() - state.pop("since"), 4)
        self.results.test(name_of(test, self.plan), state.pop("outcome"), seconds=seconds, **state)
        super().stopTest(test)

    def note(self, test, outcome, error=None):
        state = self.state.get(id(test))
        if state is None:
            return self.outside(test, outcome, error)
        state["outcome"] = outcome
        if error is not None:
            kind, value, trace = error
            state["error_class"] = kind.__name__
            state["location"] = place_of(trace, self.root)
            state["message"] = "".join(traceback.format_exception(kind, value, trace))
            state["overdue"] = kind is OverdueError
        return None

    def outside(self, test, outcome, error):
        """A class or module set-up that failed: an error under its own name."""
        text = "".join(traceback.format_exception(*error)) if error else ""
        kind = error[0].__name__ if error else None
        self.results.test(str(test), outcome, error_class=kind, location=str(test), message=text, seconds=0.0)

    def addError(self, test, error):
        self.note(test, "error", error)

    def addFailure(self, test, error):
        self.note(test, "failed", error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.note(test, "failed", error)

    def addSkip(self, test, reason):
        if id(test) in self.state:
            self.note(test, "skipped")
        else:
            self.results.test(str(test), "skipped", seconds=0.0)

    def addExpectedFailure(self, test, error):
        self.note(test, "xfailed")

    def addUnexpectedSuccess(self, test):
        self.note(test, "failed")


def overdue(signum, frame):
    raise OverdueError("the test ran longer than its limit")


def name_of(test, plan):
    """`path/of/file.py::Class::method`, as pytest would write it; the dotted id when the file is elsewhere."""
    module = sys.modules.get(type(test).__module__)
    path = getattr(module, "__file__", None)
    if path is None or not os.path.abspath(path).startswith(os.getcwd() + os.sep):
        return test.id()
    return "%s::%s::%s" % (os.path.relpath(path), type(test).__qualname__, getattr(test, "_testMethodName", ""))


def tests_of(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from tests_of(item)
        else:
            yield item


def load(targets):
    """Load the tests of files and folders; a file that cannot be imported becomes one failing test."""
    loader = unittest.TestLoader()
    for target in targets or ["."]:
        if os.path.isdir(target):
            yield from tests_of(loader.discover(target, top_level_dir="."))
        else:
            yield from tests_of(loader.loadTestsFromName(target[:-3].replace("/", ".")))


def canary(name, text):
    namespace = {}
    exec(compile(text, name + ".py", "exec"), namespace)
    return type(name, (unittest.TestCase,), {name: staticmethod(namespace[name])})(name)


def run(plan, results, root):
    """Run the tests in this process; returns 0: every test had its turn."""
    importlib.invalidate_caches()
    tests = list(load(plan["targets"]))
    results.write("collected", ids=[name_of(test, plan) for test in tests])
    if plan.get("reverse"):
        tests.reverse()
    for name, text in plan["canaries"].items():
        item = canary(name, text)
        results.write("canary", name=name, id=name_of(item, plan))
        tests.insert(random.randrange(len(tests) + 1), item)
    unittest.TestSuite(tests).run(Result(results, plan, root))
    return 0
