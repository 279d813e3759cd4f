"""`iama refactor` as people start it: one process, one document, one branch."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from iama_app.cli.driving import EXIT_DONE, EXIT_REFUSED
from services.delivery.evidence import record_hash
from services.delivery.schemas import TRAILER
from services.infra.paths import DATA_VARIABLE
from services.repositories.rules import LOCAL_ROOTS_VARIABLE
from tests.support.main_job import RepositoryState, git, make_repository, pushed_branches

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
COMMAND_SECONDS = 400

SHOP = {
    "shop/__init__.py": "",
    "shop/price.py": '''\
class Basket(object):
    """Things somebody wants."""

    def __init__(self):
        self.lines = dict()

    def add(self, name, cents, count=1):
        """Put something in."""
        self.lines[name] = (cents, count)

    def total(self):
        """Return the sum in cents."""
        return sum(cents * count for cents, count in self.lines.values())


def describe(name, cents):
    """Return a line for people."""
    return "{}: {:.2f}".format(name, cents / 100)
''',
    "shop/untouched.py": "RATE = 19\n",
    "tests/test_price.py": """\
from shop.price import Basket, describe


def test_total():
    basket = Basket()
    basket.add("tea", 250, 2)
    basket.add("cup", 999)
    assert basket.total() == 1499


def test_describe():
    assert describe("tea", 250) == "tea: 2.50"
""",
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\n',
}


@dataclass(frozen=True, slots=True)
class Command:
    """A finished command with the repository it worked on, as that was before."""

    status: int
    document: dict[str, Any]
    errors: str
    repository: Path
    data: Path
    before: RepositoryState


def refactor(folder: Path, repository: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command with a data folder of its own."""
    return iama(folder, "refactor", str(repository), *arguments)


def iama(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run any command of the installation below a folder."""
    names = (DATA_VARIABLE, LOCAL_ROOTS_VARIABLE, "IAMA_APP_DATABASE_URL", "DATABASE_URL", "REDIS_URL")
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    environment = inherited | {DATA_VARIABLE: str(folder / "data"), LOCAL_ROOTS_VARIABLE: str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "iama_app.cli", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where repositories and data of this module lie."""
    with tempfile.TemporaryDirectory(prefix="iama-command-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def command(folder: Path) -> Command:
    """One run of the command on a repository with uncommitted work in it."""
    repository = make_repository(folder / "shop", SHOP)
    (repository / "shop" / "untouched.py").write_text("RATE = 7\n")
    (repository / "note.txt").write_text("remember the milk\n")
    before = RepositoryState.of(repository)
    goal = ("--goal", "Modernise to Python 3.11")
    done = refactor(folder, repository, "--scope", "shop", *goal, "--yes", "--json")
    assert done.stdout.startswith("{"), done.stderr
    return Command(done.returncode, json.loads(done.stdout), done.stderr, repository, folder / "data", before)


class TestDocument:
    def test_says_how_the_job_ended(self, command: Command) -> None:
        assert command.status == EXIT_DONE, command.errors
        assert (command.document["state"], command.document["reason"]) == ("DELIVERED", None)
        assert command.document["job_id"] and 0 < command.document["duration_seconds"] < COMMAND_SECONDS

    def test_counts_changes_and_tests(self, command: Command) -> None:
        assert [item["path"] for item in command.document["files"]] == ["shop/price.py"]
        assert command.document["files"][0]["additions"] >= 3
        assert command.document["own_suite"] == {"before": {"passed": 2}, "after": {"passed": 2}}
        generated = command.document["generated_tests"]
        assert 0 < generated["total"] == generated["passed_before"] == generated["passed_after"]

    def test_is_all_that_stands_on_standard_output(self, command: Command) -> None:
        assert "starting database" in command.errors
        assert "Traceback" not in command.errors


class TestBranch:
    def test_is_pushed_with_its_provenance(self, command: Command) -> None:
        branch, commit = command.document["branch"], command.document["commit"]
        assert pushed_branches(command.repository) == [branch]
        assert git(command.repository, "rev-parse", branch) == commit
        assert git(command.repository, "rev-parse", f"{branch}^") == git(command.repository, "rev-parse", "main")
        message = git(command.repository, "log", "-1", "--format=%B", branch)
        assert message.endswith(TRAILER)
        assert f"Job: {command.document['job_id']}" in message

    def test_leaves_everything_else_as_it_was(self, command: Command) -> None:
        assert RepositoryState.of(command.repository) == command.before
        assert (command.repository / "shop" / "untouched.py").read_text() == "RATE = 7\n"
        assert git(command.repository, "show", f"{command.document['branch']}:shop/untouched.py") == "RATE = 19"

    def test_holds_what_the_evidence_says(self, command: Command) -> None:
        evidence = json.loads(Path(command.document["evidence_file"]).read_text())
        branch = command.document["branch"]
        changed = git(command.repository, "diff", "--name-only", "main", branch).splitlines()
        digests = {subject["name"]: subject["digest"]["sha256"] for subject in evidence["subject"]}
        assert sorted(digests) == changed
        for name, digest in digests.items():
            blob = ["git", "-C", str(command.repository), "show", f"{branch}:{name}"]
            assert hashlib.sha256(subprocess.run(blob, capture_output=True, check=True).stdout).hexdigest() == digest

    def test_names_the_evidence_in_its_commit(self, command: Command) -> None:
        evidence = json.loads(Path(command.document["evidence_file"]).read_text())
        stated = evidence.pop("record_hash")
        assert record_hash(evidence) == stated
        message = git(command.repository, "log", "-1", "--format=%B", command.document["branch"])
        assert f"Evidence-Record: {stated}" in message


class TestAfterwards:
    def test_leaves_no_process_and_no_copy_of_the_source(self, command: Command) -> None:
        mark = str(command.data).encode()
        running = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "cmdline").read_bytes():
                    running.append(process.name)
            except OSError:
                continue
        assert running == []
        assert list((command.data / "scratch").glob("*")) == []
        assert {item.name for item in (command.data / "sandbox").glob("*")} <= {"wiped", "probes"}


class TestJobs:
    """`iama jobs` on the same data folder, with no instance running."""

    def test_lists_the_job_with_its_state(self, folder: Path, command: Command) -> None:
        done = iama(folder, "jobs", "--json")
        (job,) = json.loads(done.stdout)["items"]
        assert (job["job_id"], job["status"]) == (command.document["job_id"], "DELIVERED")
        assert "No jobs." in iama(folder, "jobs", "--state", "failed").stdout

    def test_shows_transitions_items_timers_and_guards_in_one_view(self, folder: Path, command: Command) -> None:
        done = iama(folder, "jobs", "show", command.document["job_id"][:13], "--why", "--json")
        shown = json.loads(done.stdout)
        path = [one["to_state"] for one in shown["transitions"]]
        assert path[0] == "REPO_SYNCING" and path[-1] == shown["workings"]["state"] == "DELIVERED"
        assert {item["status"] for item in shown["workings"]["items"]} == {"DONE"}
        assert {timer["kind"] for timer in shown["workings"]["timers"]} >= {"IDLE"}
        assert [guard["accepted"] for guard in shown["workings"]["guards"]] == [False]
        words = iama(folder, "jobs", "show", command.document["job_id"], "--why").stdout
        assert all(title in words for title in ("Why ", "Guards", "Work items", "Timers", "Transitions"))

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("show", "no-such-job"), "There is no job whose id starts with no-such-job"),
            (("show", "00000000-0000-0000-0000-000000000000"), "JOB_NOT_FOUND"),
            (("--state", "asleep"), "There is no state asleep"),
        ],
    )
    def test_refuses_in_one_sentence(
        self, folder: Path, command: Command, arguments: tuple[str, ...], sentence: str
    ) -> None:
        done = iama(folder, "jobs", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert sentence in done.stderr and "Traceback" not in done.stderr

    def test_makes_no_installation_only_to_look(self, folder: Path) -> None:
        empty = folder / "nobody"
        empty.mkdir()
        done = iama(empty, "jobs")
        assert done.returncode == 2 and "There is no installation" in done.stderr
        assert list(empty.iterdir()) == []


class TestVerify:
    def test_evidence_of_the_job_fits_its_branch_and_nothing_else(self, folder: Path, command: Command) -> None:
        evidence, place = command.document["evidence_file"], ("--repository", str(command.repository))
        done = iama(folder, "verify", evidence, *place, "--branch", command.document["branch"])
        assert done.returncode == 0, done.stdout + done.stderr
        assert iama(folder, "verify", evidence, *place, "--branch", "main").returncode == 2


class TestRefusal:
    def test_has_a_code_a_sentence_examples_and_status_two(self, folder: Path, command: Command) -> None:
        done = refactor(folder, command.repository, "--scope", ".", "--goal", "Make it nicer", "--yes", "--json")
        answer = json.loads(done.stdout)
        assert done.returncode == EXIT_REFUSED
        assert answer["error_code"] == "GOAL_NOT_UNDERSTOOD"
        assert answer["message"] and "Clean up" in answer["detail"]["examples"]
        assert pushed_branches(command.repository) == [command.document["branch"]]
