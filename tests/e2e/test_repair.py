"""What happens when a change does not hold: narrowing, giving up, drift, cancelling, choosing a part."""

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from iama_app.cli.driving import EXIT_NOT_PROVEN
from iama_app.cli.local_client import LocalClient
from services.canon.lifecycle import JobState
from services.canon.vocabulary import JobAction
from services.delivery.bundles import make_bundle
from services.delivery.schemas import TRAILER, PublicationView
from services.feed.schemas import Frame
from services.workflow import service as workflow
from tests.support.main_job import (
    FinishedJob,
    Installation,
    RepositoryState,
    git,
    make_repository,
    pushed_branches,
    running_jobs,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MODERNISE = "Modernise to Python 3.11"

REPORT = '''\
def line(name, amount):
    """Return one line of the report."""
    if amount < 0:
        return "{}: owes {}".format(name, -amount)
    else:
        return "{}: has {}".format(name, amount)
'''
GREETING = '''\
def greet(name):
    """Return a greeting."""
    return "Hello {}".format(name)
'''
STORAGE = '''\
def load(path):
    """Return the lines of a file."""
    with open(path, "r") as file:
        return file.read().splitlines()
'''
TEST_TEXTS = """\
from ledger.greeting import greet
from ledger.report import line


def test_line():
    assert line("Ann", 3) == "Ann: has 3"
    assert line("Bob", -2) == "Bob: owes 2"


def test_greet():
    assert greet("Ann") == "Hello Ann"
"""


def storage_test(module: str) -> str:
    """A test that holds only while the file is opened with its mode spelled out."""
    return f"""\
from unittest import mock

from ledger.{module} import load


def test_load_{module}():
    opened = mock.mock_open(read_data="a\\nb")
    with mock.patch("builtins.open", opened):
        assert load("book.txt") == ["a", "b"]
    opened.assert_called_once_with("book.txt", "r")
"""


ONE_BREAKS = {
    "ledger/__init__.py": "",
    "ledger/report.py": REPORT,
    "ledger/greeting.py": GREETING,
    "ledger/storage.py": STORAGE,
    "tests/test_texts.py": TEST_TEXTS,
    "tests/test_storage.py": storage_test("storage"),
}
ALL_BREAK = {
    "ledger/__init__.py": "",
    "ledger/first.py": STORAGE,
    "ledger/second.py": STORAGE,
    "tests/test_first.py": storage_test("first"),
    "tests/test_second.py": storage_test("second"),
}
TEXTS_ONLY = {name: text for name, text in ONE_BREAKS.items() if "storage" not in name}


@pytest.fixture(scope="module")
def repaired(shared_installation: Installation) -> FinishedJob:
    """A job of which one edit breaks a test."""
    repository = make_repository(shared_installation.repositories / "one-breaks", ONE_BREAKS)
    with running_jobs(shared_installation):
        return shared_installation.run(repository, MODERNISE)


@pytest.fixture
def source(installation: Installation) -> Path:
    """The repository of `repaired`."""
    return installation.repositories / "one-breaks"


class TestNarrowing:
    def test_delivers_the_part_that_holds(self, installation: Installation, repaired: FinishedJob) -> None:
        assert repaired.ended.view.status is JobState.DELIVERED, repaired.explain()
        assert "SELF_HEALING" in repaired.states
        assert repaired.delivery is not None
        assert {item.path for item in repaired.delivery.diff_files} == {"ledger/greeting.py", "ledger/report.py"}
        assert repaired.predicate["own_suite"]["after"] == {"passed": 3}
        assert installation.leftovers(repaired.job_id) == []

    def test_says_what_was_left_out_and_why(self, repaired: FinishedJob) -> None:
        assert repaired.delivery is not None
        assert {item["path"] for item in repaired.delivery.dropped_operations} == {"ledger/storage.py"}
        assert repaired.predicate["dropped_operations"] == repaired.delivery.dropped_operations
        assert "does not hold: tests/test_storage.py::test_load_storage" in repaired.log

    def test_records_each_probe_without_counting_it_as_an_attempt(
        self, installation: Installation, repaired: FinishedJob
    ) -> None:
        statement = "select attempt_number, probes, outcome from patch_attempts where job_id = %s order by 1"
        rows = installation.rows(statement, repaired.job_id)
        assert [row["outcome"] for row in rows] == ["FAILED", "APPLIED"]
        assert any(probe["passed"] for probe in rows[-1]["probes"])
        assert len(rows[-1]["probes"]) <= 8

    def test_names_the_left_out_edits_in_the_commit(self, source: Path, repaired: FinishedJob) -> None:
        message = git(source, "log", "-1", "--format=%B", repaired.ended.branch or "")
        assert "did not hold with them: 1 planned edit." in message
        assert TRAILER in message


class TestPartialAcceptance:
    def test_pushes_a_proven_selection_and_nothing_else(
        self, installation: Installation, source: Path, repaired: FinishedJob
    ) -> None:
        found = publish(installation, repaired, "refactor/only-greeting", ["ledger/greeting.py"])
        assert found.status == "PUBLISHED", found
        assert git(source, "diff", "--name-only", "main", "refactor/only-greeting") == "ledger/greeting.py"
        runs = installation.rows(
            "select status from test_runs where job_id = %s and run_type = 'SUBSET'", repaired.job_id
        )
        assert [run["status"] for run in runs] == ["PASSED"]
        assert installation.leftovers(repaired.job_id) == []

    def test_pushes_no_selection_that_does_not_hold(self, installation: Installation) -> None:
        repository = make_repository(installation.repositories / "coupled", TEXTS_ONLY)
        job = installation.run(repository, "Rename `line` in `ledger/report.py` to `report_line`")
        assert job.ended.view.status is JobState.DELIVERED, job.explain()
        found = publish(installation, job, "refactor/half", ["tests/test_texts.py"])
        assert (found.status, found.error_code) == ("FAILED", "SUBSET_NOT_PROVEN")
        assert pushed_branches(repository) == [job.ended.branch]
        assert installation.leftovers(job.job_id) == []


def publish(installation: Installation, job: FinishedJob, branch: str, files: list[str]) -> PublicationView:
    """Publish some files of a result and wait for the end of it."""

    async def ask(client: LocalClient) -> PublicationView:
        return await workflow.publish(client._actor, job.job_id, branch=branch, accepted_files=files)

    wanted = installation.call(ask)
    return installation.wait_published(job.job_id, wanted.delivery_id)


class TestPatchBundle:
    def test_applies_with_git_am_to_the_same_tree_as_the_branch(
        self, installation: Installation, source: Path, repaired: FinishedJob, tmp_path: Path
    ) -> None:
        _, content = installation.call(lambda client: make_bundle(client._actor, repaired.job_id))
        archive = zipfile.ZipFile(io.BytesIO(content))
        assert set(archive.namelist()) == {"0001-change.patch", "evidence.json", "edit-document.json"}
        subprocess.run(
            ["git", "clone", "--quiet", "--branch", "main", str(source), str(tmp_path / "clone")], check=True
        )
        git(tmp_path / "clone", "am", "--quiet", stdin=archive.read("0001-change.patch"))
        applied = git(tmp_path / "clone", "rev-parse", "HEAD^{tree}")
        assert applied == git(source, "rev-parse", f"{repaired.ended.branch}^{{tree}}")
        message = git(tmp_path / "clone", "log", "-1", "--format=%B")
        assert TRAILER in message and "did not hold with them: 1 planned edit." in message


class TestGivingUp:
    def test_ends_with_evidence_when_every_edit_breaks_something(self, installation: Installation) -> None:
        """V1-FR-DEL-003: the source is as it was, the last patch stays readable."""
        repository = make_repository(installation.repositories / "all-break", ALL_BREAK)
        before = RepositoryState.of(repository)
        job = installation.run(repository, MODERNISE)
        assert job.ended.view.status is JobState.FALLBACK_REQUIRED, job.explain()
        assert job.ended.exit_status == EXIT_NOT_PROVEN
        assert job.ended.reason in ("INTERVENTION_SILENT", "RETRY_BUDGET_EXHAUSTED")
        detail = job.ended.view.failure_detail or {}
        assert "tests/test_first.py::test_load_first" in detail["failing"]
        kinds = installation.rows("select artifact_type from job_artifacts where job_id = %s", job.job_id)
        assert "PARTIAL_ARTIFACT" in {row["artifact_type"] for row in kinds}
        assert {item.action for item in job.ended.view.available_actions} == {JobAction.REVISE_SPEC}
        assert RepositoryState.of(repository) == before and pushed_branches(repository) == []
        assert installation.leftovers(job.job_id) == []

    def test_never_delivers_an_empty_change(self, installation: Installation) -> None:
        files = {"calc.py": "def add(a, b):\n    return a + b\n", "test_calc.py": ADD_TEST}
        repository = make_repository(installation.repositories / "modern", files)
        job = installation.run(repository, MODERNISE)
        assert job.ended.view.status is JobState.FALLBACK_REQUIRED, job.explain()
        assert (job.ended.reason, job.ended.exit_status) == ("NO_CHANGE_PRODUCED", EXIT_NOT_PROVEN)
        assert (job.ended.view.failure_detail or {})["looked_for"]
        assert pushed_branches(repository) == []
        assert installation.leftovers(job.job_id) == []


ADD_TEST = "from calc import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"


class TestDrift:
    def test_stops_when_the_branch_moved_during_the_run(self, installation: Installation) -> None:
        repository = make_repository(installation.repositories / "moving", TEXTS_ONLY)

        def move(frame: Frame) -> None:
            if frame.payload.get("state") == "REFACTORING":
                git(repository, "commit", "--quiet", "--allow-empty", "-m", "Meanwhile")

        job = installation.run(repository, MODERNISE, on_frame=move)
        assert "REMOTE_HEAD_CONFLICT" in job.states, job.explain()
        assert (job.ended.view.status, job.ended.reason) == (JobState.FAILED, "REMOTE_HEAD_CONFLICT")
        assert job.ended.exit_status == EXIT_NOT_PROVEN
        assert pushed_branches(repository) == []
        assert git(repository, "log", "--format=%s", "main").splitlines() == ["Meanwhile", "First version"]
        assert installation.leftovers(job.job_id) == []


class _Reached(Exception):
    """The state waited for was entered."""


class TestCancelling:
    def test_erases_the_sandbox_before_the_job_ends(self, installation: Installation) -> None:
        repository = make_repository(installation.repositories / "cancelled", TEXTS_ONLY)
        created = installation.create(repository, MODERNISE)

        def stop(frame: Frame) -> None:
            if frame.payload.get("state") == "BASELINE_VALIDATION":
                raise _Reached

        with pytest.raises(_Reached):
            installation.follow(created.job_id, on_frame=stop)
        installation.act(created.job_id, JobAction.CANCEL)
        view = installation.wait(created.job_id)
        assert (view.status, view.failure_reason) == (JobState.FAILED, "USER_CANCELLED")
        wiped = "select verified from secure_wipe_evidence where job_id = %s and wipe_type = 'WORKSPACE_VOLUME'"
        assert [row["verified"] for row in installation.rows(wiped, created.job_id)] == [True]
        assert installation.leftovers(created.job_id) == []
        assert pushed_branches(repository) == []
