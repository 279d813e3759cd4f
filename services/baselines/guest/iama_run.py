# ruff: noqa: PTH100, PTH103, PTH110, PTH112, PTH118, PTH120, PTH123, PTH109, UP031
# mypy: ignore-errors
"""Runs inside the sandbox: copies the tree, sets the import path, runs one suite and writes its results.

Argument: one JSON object (see `services/baselines/proof.py`). The workspace itself is only read.
"""

import json
import os
import shutil
import sys


def main():
    plan = json.loads(sys.argv[1])
    key = os.environ.pop("IAMA_RESULTS_KEY")
    tools = os.path.dirname(os.path.abspath(__file__))
    root = prepare(plan)
    sys.path[:] = [tools, *(path for path in sys.path if os.path.abspath(path or ".") != tools)]
    import iama_unittest
    from iama_results import ResultFile

    results = ResultFile(plan["results"], key)
    sys.path[1:1] = import_path(plan)
    os.environ["PYTHONPATH"] = os.pathsep.join(import_path(plan))
    os.environ["PATH"] = os.path.join(plan["dependencies"], "bin") + os.pathsep + os.environ.get("PATH", "")
    runner, name = runner_of(plan, iama_unittest)
    results.write("start", runner=name)
    sys.path.remove(tools)
    sys.argv[:] = ["pytest"]
    code = runner.run(plan, results, root)
    sys.stdout.flush()
    results.write("end", code=code)
    return 0


def runner_of(plan, fallback):
    """Return the wanted runner; unittest where pytest was not installed.

    The project's folders already lead the import path, as in a plain run: the project may be a part of pytest.
    """
    if plan["runner"] == "pytest":
        try:
            import iama_pytest

            return iama_pytest, "pytest"
        except ImportError:
            sys.stderr.write("pytest is not installed; unittest runs the tests\n")
    return fallback, "unittest"


def prepare(plan):
    """Copy the tree to a scratch folder, add files that the build generated and files of this run, go there."""
    copy = os.path.join(plan["scratch"], "workspace")
    shutil.rmtree(plan["scratch"], ignore_errors=True)
    shutil.copytree(plan["source"], copy, symlinks=True)
    for extra, replaces in ((plan["overlay"], False), (plan.get("added"), True)):
        if extra and os.path.isdir(extra):
            merge(extra, copy, replaces)
    os.chdir(os.path.join(copy, plan["root"]))
    return copy


def merge(source, copy, replaces):
    for folder, _, names in os.walk(source):
        for name in names:
            origin = os.path.join(folder, name)
            place = os.path.join(copy, os.path.relpath(origin, source))
            if replaces or not os.path.exists(place):
                os.makedirs(os.path.dirname(place), exist_ok=True)
                shutil.copyfile(origin, place)


def import_path(plan):
    copy = os.path.join(plan["scratch"], "workspace")
    return [os.path.normpath(os.path.join(copy, path)) for path in plan["python_path"]] + [plan["dependencies"]]


if __name__ == "__main__":
    sys.exit(main())
