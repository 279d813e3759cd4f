"""Input that cannot work: each kind gets its code and sentence, and nothing of it stays."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from iama_app.cli.driving import EXIT_NOT_PROVEN, EXIT_REFUSED
from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.reasons import reason_sentence
from tests.support.main_job import (
    FinishedJob,
    Installation,
    RepositoryState,
    commit_all,
    fast_import,
    git,
    make_repository,
    pushed_branches,
    running_jobs,
)

pytestmark = pytest.mark.slow

MODERNISE = "Modernise to Python 3.11"
GREETING = 'def greet(name):\n    return "Hello {}".format(name)\n'
GREETING_TEST = 'from app.greeting import greet\n\n\ndef test_greet():\n    assert greet("Ann") == "Hello Ann"\n'
APP = {"app/__init__.py": "", "app/greeting.py": GREETING, "tests/test_greeting.py": GREETING_TEST}


@pytest.fixture
def folder(installation: Installation, request: pytest.FixtureRequest) -> Path:
    """A folder for this test's repository."""
    return installation.repositories / request.node.name.replace("[", "-").replace("]", "")


def jobs_of(installation: Installation) -> int:
    """Count all jobs."""
    return int(installation.rows("select count(*) as n from refactor_jobs")[0]["n"])


class TestRefusedAtCreation:
    @pytest.mark.parametrize(
        "address",
        [
            "--upload-pack=touch /tmp/owned",
            "-oProxyCommand=touch",
            "ext::sh -c whoami",
            "file:///etc",
            "http://127.0.0.1/repository.git",
            "https://10.0.0.1/repository.git",
            "https://name:word@example.org/repository.git",
        ],
    )
    def test_an_address_that_is_none(self, installation: Installation, address: str) -> None:
        before = jobs_of(installation)
        with pytest.raises(IamaError) as refused:
            installation.create(address, MODERNISE)
        assert refused.value.code == "GIT_URL_NOT_ALLOWED" and refused.value.sentence
        assert jobs_of(installation) == before

    @pytest.mark.parametrize("scope", ["../other", "/etc", "app/../../other", "app\x00", "", "C:\\app"])
    def test_a_scope_that_leaves_the_repository(self, installation: Installation, scope: str) -> None:
        before = jobs_of(installation)
        with pytest.raises(ValidationError) as refused:
            installation.create(installation.repositories / "any", MODERNISE, scope=scope)
        assert "path scope" in str(refused.value)
        assert jobs_of(installation) == before

    @pytest.mark.parametrize("branch", ["--upload-pack=x", "a..b\x07", "a b", "x^"])
    def test_a_branch_that_is_an_option_or_no_name(self, installation: Installation, branch: str) -> None:
        with pytest.raises(ValidationError):
            installation.create(installation.repositories / "any", MODERNISE, branch=branch)

    def test_a_goal_that_nobody_understands(self, installation: Installation) -> None:
        before = jobs_of(installation)
        with pytest.raises(IamaError) as refused:
            installation.create(installation.repositories / "any", "Make it nicer")
        assert refused.value.code == "GOAL_NOT_UNDERSTOOD"
        assert "Clean up" in refused.value.data["examples"]
        assert jobs_of(installation) == before


class TestRefusedAtTheStart:
    def test_a_folder_that_is_no_repository(self, installation: Installation, folder: Path) -> None:
        folder.mkdir()
        (folder / "app.py").write_text(GREETING)
        assert refused_start(installation, folder) == "REPO_NOT_A_GIT_REPOSITORY"

    def test_a_folder_that_is_not_there(self, installation: Installation, folder: Path) -> None:
        assert refused_start(installation, folder) == "REPO_NOT_A_GIT_REPOSITORY"

    def test_a_repository_without_commits(self, installation: Installation, folder: Path) -> None:
        folder.mkdir()
        git(folder, "init", "--quiet", "-b", "main")
        assert refused_start(installation, folder) == "REPO_EMPTY"

    def test_an_unknown_branch(self, installation: Installation, folder: Path) -> None:
        assert refused_start(installation, make_repository(folder, APP), branch="other") == "BRANCH_NOT_FOUND"


def refused_start(installation: Installation, repository: Path, **more: object) -> str:
    """Start a job that must be refused; return the code and check that it is over."""
    job = installation.create(repository, MODERNISE, **more)
    with pytest.raises(IamaError) as refused:
        installation.follow(job.job_id)
    assert refused.value.sentence and refused.value.remedy
    view = installation.view(job.job_id)
    assert (view.status, view.failure_reason) == (JobState.FAILED, "USER_CANCELLED")
    assert installation.leftovers(job.job_id) == []
    return refused.value.code


class TestRefusedByMeasure:
    def test_a_scope_that_does_not_exist(self, installation: Installation, folder: Path) -> None:
        job = installation.run(make_repository(folder, APP), MODERNISE, scope="lib")
        assert refused_code(installation, job) == "PATH_NOT_FOUND"

    def test_a_scope_that_is_a_link_out_of_the_tree(self, installation: Installation, folder: Path) -> None:
        folder.mkdir()
        (folder / "app").symlink_to("/etc")
        (folder / "main.py").write_text(GREETING)
        job = installation.run(commit_all(folder), MODERNISE, scope="app")
        assert refused_code(installation, job) == "PATH_SCOPE_INVALID"

    def test_twenty_thousand_files(self, installation: Installation, folder: Path) -> None:
        paths = [f"part{number % 100}/file{number}.py" for number in range(20_000)]
        job = installation.run(fast_import(folder, b"x = 1\n", paths), MODERNISE)
        assert refused_code(installation, job) == "REPO_FILE_COUNT_LIMIT_EXCEEDED"
        assert job.ended.detail is not None
        assert job.ended.detail["violations"][0]["found"] == 20_000

    def test_six_hundred_megabytes(self, installation: Installation, folder: Path) -> None:
        paths = [f"data/blob{number}.bin" for number in range(30)]
        job = installation.run(fast_import(folder, bytes(20 * 1024 * 1024), paths), MODERNISE)
        assert refused_code(installation, job) == "REPO_SIZE_LIMIT_EXCEEDED"


def refused_code(installation: Installation, job: FinishedJob) -> str:
    """Return why a measured repository was refused; check that the job is over and has a sentence."""
    assert job.ended.exit_status == EXIT_REFUSED
    assert job.ended.view.status is JobState.FAILED
    assert "REPO_SYNCING" not in job.states
    assert reason_sentence(job.ended.reason)
    assert installation.leftovers(job.job_id) == []
    return str(job.ended.reason)


LATIN = '# -*- coding: latin-1 -*-\ndef bill(name):\n    return "Müller & {}".format(name)\n'.encode("latin-1")
NO_TEXT = b'def broken():\n    return "caf\xe9 {}".format(1)\n'
NO_SYNTAX = 'def half(:\n    return "{}".format(1)\n'
KEY = "AKIA" + "Q3EGR7YHT2LPSWMZ"
SECRET = f'aws_key = "{KEY}"\naws_secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYzzq8s1d0kTvX"\n'
LATIN_TEST = 'from app.latin import bill\n\n\ndef test_bill():\n    assert bill("x") == "M\\xfcller & x"\n'
ODD = APP | {
    "app/latin.py": LATIN,
    "app/no_text.py": NO_TEXT,
    "app/half.py": NO_SYNTAX,
    "app/keys.py": SECRET,
    "tests/test_latin.py": LATIN_TEST,
}


@pytest.fixture(scope="module")
def odd_job(shared_installation: Installation) -> FinishedJob:
    """A job on a repository with files that cannot all be read, and one that must not be."""
    repository = make_repository(shared_installation.repositories / "odd", ODD)
    (repository / "app" / "outside.py").symlink_to("/etc/passwd")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "A link")
    with running_jobs(shared_installation):
        return shared_installation.run(repository, MODERNISE)


class TestFilesThatAreNotPlain:
    def test_do_not_stop_the_rest(self, odd_job: FinishedJob) -> None:
        assert odd_job.ended.view.status is JobState.DELIVERED, odd_job.explain()
        assert odd_job.delivery is not None
        assert {item.path for item in odd_job.delivery.diff_files} == {"app/greeting.py", "app/latin.py"}

    def test_keep_their_encoding(self, installation: Installation, odd_job: FinishedJob) -> None:
        changed = git(installation.repositories / "odd", "show", f"{odd_job.ended.branch}:app/latin.py")
        assert 'f"M\udcfcller & {name}"' in changed

    def test_are_named_when_they_cannot_be_parsed(self, odd_job: FinishedJob) -> None:
        assert "not parsed: app/half.py" in odd_job.log
        assert "not parsed: app/no_text.py" in odd_job.log

    def test_are_left_out_and_disclosed_when_they_hold_secrets(
        self, installation: Installation, odd_job: FinishedJob
    ) -> None:
        statement = "select path, reason_code, detail from context_filter_decisions where job_id = %s"
        rows = {row["path"]: row for row in installation.rows(statement, odd_job.job_id)}
        assert rows["app/keys.py"]["reason_code"] == "SECRET_DETECTED" and rows["app/keys.py"]["detail"]["excluded"]
        assert rows["app/outside.py"]["reason_code"] == "TYPE_NOT_ALLOWED"
        assert "app/keys.py SECRET_DETECTED" in odd_job.log
        assert KEY not in odd_job.log
        assert installation.leftovers(odd_job.job_id) == []

    def test_end_the_job_when_nothing_else_is_there(self, installation: Installation, folder: Path) -> None:
        repository = make_repository(folder, {"app.py": NO_SYNTAX})
        job = installation.run(repository, MODERNISE)
        assert (job.ended.view.status, job.ended.reason) == (JobState.FAILED, "LANGUAGE_UNSUPPORTED")
        assert job.ended.exit_status == EXIT_REFUSED and reason_sentence(job.ended.reason)
        assert (job.ended.view.failure_detail or {})["unparsable"] == [{"path": "app.py", "line": 1}]
        assert installation.leftovers(job.job_id) == [] and pushed_branches(repository) == []


HANGS = """\
import time


def test_hangs():
    time.sleep(3600)
"""
NOT_CALLABLE_ALONE = 'def greet(connection):\n    return "Hello {}".format(connection.fetch())\n'
PRINTS = """\
def test_prints(capfd):
    with capfd.disabled():
        for _ in range(100):
            print("x" * 1024 * 1024)
"""
FORKS = """\
import os
import time


def test_forks():
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.1)
"""
CALLS = """\
import socket

import pytest


def test_calls():
    with pytest.raises(OSError):
        socket.create_connection(("198.51.100.7", 80), timeout=3)
"""
FORGES = """\
import os


def pytest_runtest_makereport(item, call):
    from _pytest.reports import TestReport

    report = TestReport.from_item_and_call(item, call)
    report.outcome, report.longrepr = "passed", None
    return report


def pytest_sessionfinish(session):
    session.exitstatus = 0
"""


class TestHostileTests:
    def test_that_hang_are_a_time_out_and_no_defect(self, installation: Installation, folder: Path) -> None:
        repository = make_repository(folder, {"app.py": NOT_CALLABLE_ALONE, "test_app.py": HANGS})
        job = installation.run(repository, MODERNISE, test_timeout_seconds=8)
        assert (job.ended.view.status, job.ended.reason) == (JobState.FAILED, "TIMEOUT_EXECUTION"), job.explain()
        assert job.ended.exit_status == EXIT_NOT_PROVEN and reason_sentence(job.ended.reason)
        unharmed(installation, job, repository)

    def test_that_print_without_end_are_cut(self, installation: Installation, folder: Path) -> None:
        job = installation.run(make_repository(folder, APP | {"tests/test_print.py": PRINTS}), MODERNISE)
        assert len(job.log) < 4 * 1024 * 1024
        unharmed(installation, job, folder)

    def test_that_fork_without_end_are_stopped(self, installation: Installation, folder: Path) -> None:
        repository = make_repository(folder, APP | {"tests/test_zz_fork.py": FORKS})
        job = installation.run(repository, MODERNISE, test_timeout_seconds=15)
        unharmed(installation, job, repository)

    def test_that_call_out_are_refused_and_logged(self, installation: Installation, folder: Path) -> None:
        job = installation.run(make_repository(folder, APP | {"tests/test_call.py": CALLS}), MODERNISE)
        assert job.ended.view.status is JobState.DELIVERED, job.explain()
        assert job.predicate["own_suite"]["after"] == {"passed": 2}
        statement = "select kind, fqdn, port, phase from sandbox_network_events where job_id = %s"
        tried = [row for row in installation.rows(statement, job.job_id) if row["fqdn"] == "198.51.100.7"]
        assert {(row["kind"], row["port"]) for row in tried} == {("EGRESS_BLOCKED", 80)}
        assert {row["phase"] for row in tried} == {"baseline", "attempt 0"}
        assert job.predicate["network"]["refused_connections"] >= 2
        unharmed(installation, job, folder)

    def test_that_forge_their_results_prove_nothing(self, installation: Installation, folder: Path) -> None:
        repository = make_repository(folder, APP | {"conftest.py": FORGES})
        job = installation.run(repository, MODERNISE)
        assert job.ended.view.status is not JobState.DELIVERED, job.explain()
        assert job.ended.exit_status == EXIT_NOT_PROVEN
        assert (job.ended.detail or {})["code"] == "VERDICT_FORGED"
        assert job.states.count("BASELINE_VALIDATION") <= 2
        assert pushed_branches(repository) == []
        unharmed(installation, job, repository)


def unharmed(installation: Installation, job: FinishedJob, repository: Path) -> None:
    """The job has ended, nothing of it is left, the repository's own branch and files are as they were."""
    assert job.ended.view.status in (JobState.DELIVERED, JobState.FAILED, JobState.FALLBACK_REQUIRED), job.explain()
    assert installation.leftovers(job.job_id) == []
    state = RepositoryState.of(repository)
    assert (state.head, state.status) == ("refs/heads/main", "")
    assert len(git(repository, "log", "--format=%h", "main").splitlines()) == 1
