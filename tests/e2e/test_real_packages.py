"""The main job on source distributions that nobody here wrote."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from iama_app.cli.driving import EXIT_DONE
from services.canon.lifecycle import JobState
from tests.support.main_job import FinishedJob, Installation, RepositoryState, git, pushed_branches
from tests.support.real_packages import PACKAGES, make_package_repository

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EXPECTED = Path(__file__).resolve().parents[1] / "data" / "expected_diffs"
MODERNISE, CLEAN_UP = "Modernise to Python 3.11", "Clean up"


@dataclass(frozen=True, slots=True)
class Case:
    """A package, a goal, the file with the diff to come, and how many own tests pass before and after at least."""

    package: str
    goal: str
    diff: str
    own_tests: int

    def __str__(self) -> str:
        return self.diff


SLUGIFY, TOOLZ, HUMANIZE = 140, 192, 893
RENAME_TRUNCATE = "Rename `smart_truncate` in `slugify/slugify.py` to `truncate_smartly`"
RENAME_SIZE = "Rename `naturalsize` in `src/humanize/filesize.py` to `natural_size`"

CASES = (
    Case("python-slugify", MODERNISE, "python-slugify-modernise", SLUGIFY),
    Case("python-slugify", RENAME_TRUNCATE, "python-slugify-rename", SLUGIFY),
    Case("toolz", MODERNISE, "toolz-modernise", TOOLZ),
    Case("toolz", CLEAN_UP, "toolz-clean-up", TOOLZ),
    Case("humanize", MODERNISE, "humanize-modernise", HUMANIZE),
    Case("humanize", RENAME_SIZE, "humanize-rename", HUMANIZE),
)
MORE_CASES = (
    Case("python-slugify", CLEAN_UP, "python-slugify-clean-up", SLUGIFY),
    Case("humanize", CLEAN_UP, "humanize-clean-up", HUMANIZE),
)


PARAMETERS = [
    *(pytest.param(case, id=case.diff) for case in CASES),
    *(pytest.param(case, id=case.diff, marks=pytest.mark.campaign) for case in MORE_CASES),
]


@pytest.mark.parametrize("case", PARAMETERS)
def test_delivers_the_diff_that_a_person_has_read(installation: Installation, case: Case) -> None:
    repository = make_package_repository(PACKAGES[case.package], installation.repositories / case.diff)
    before = RepositoryState.of(repository)
    job = installation.run(repository, case.goal)
    assert job.ended.view.status is JobState.DELIVERED, job.explain()
    assert job.ended.exit_status == EXIT_DONE and pushed_branches(repository) == [job.ended.branch]
    _check_diff(repository, job, case)
    _check_own_suite(job, case)
    _check_generated_tests(job)
    assert RepositoryState.of(repository) == before
    assert installation.leftovers(job.job_id) == []


def _check_diff(repository: Path, job: FinishedJob, case: Case) -> None:
    found = git(repository, "diff", "--no-renames", "main", job.ended.branch or "")
    assert found + "\n" == (EXPECTED / f"{case.diff}.diff").read_text(encoding="utf-8")
    assert job.predicate.get("dropped_operations") is None


def _check_own_suite(job: FinishedJob, case: Case) -> None:
    own = job.predicate["own_suite"]
    assert own["before"]["passed"] >= case.own_tests
    assert own["after"]["passed"] >= own["before"]["passed"]
    assert own["changed"] == 0
    assert set(own["before"]) <= {"passed", "skipped", "xfailed"}, own["before"]


def _check_generated_tests(job: FinishedJob) -> None:
    generated = job.predicate["generated_tests"]
    assert 0 < generated["total"] == generated["passed_before"] == generated["passed_after"]
