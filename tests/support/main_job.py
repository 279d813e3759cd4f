"""One installation for many jobs, repositories to give it, and what a finished job left behind.

The installation is the one of `iama refactor`: embedded servers, workers and scheduler as processes, no web.
"""

import asyncio
import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy.engine import make_url

from iama_app.cli.driving import Ended, Wishes, drive
from iama_app.cli.local_client import LocalClient
from iama_app.cli.private_instance import private_instance
from iama_app.cli.showing import Display
from services.canon.lifecycle import TERMINAL_STATES, JobState
from services.canon.vocabulary import JobAction, ProposalLevel
from services.delivery.schemas import DeliveryView, PublicationView
from services.feed.schemas import Frame
from services.infra.database import APP_URL_VARIABLE
from services.infra.embedded.postgres import SUPERUSER
from services.infra.paths import DATA_VARIABLE
from services.infra.settings import load_settings
from services.jobs.schemas import CreateJobRequest, JobView
from services.repositories.rules import LOCAL_ROOTS_VARIABLE

_ADDRESSES = (APP_URL_VARIABLE, "REDIS_URL", DATA_VARIABLE, LOCAL_ROOTS_VARIABLE)
_PERSON = ("-c", "user.name=Repository Owner", "-c", "user.email=owner@example.org", "-c", "commit.gpgsign=false")
_Answer = TypeVar("_Answer")

WAIT_SECONDS = 300.0


class Recorder(Display):
    """Shows nothing and keeps every frame."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.frames: list[Frame] = []

    def frame(self, frame: Frame) -> None:
        """Keep one fact."""
        self.frames.append(frame)


@dataclass(frozen=True, slots=True)
class FinishedJob:
    """A job at its end."""

    ended: Ended
    frames: list[Frame]
    delivery: DeliveryView | None

    @property
    def job_id(self) -> UUID:
        """The job."""
        return self.ended.view.job_id

    @property
    def states(self) -> list[str]:
        """States in the order they were entered."""
        return [frame.payload["state"] for frame in self.frames if frame.type == "state_change"]

    @property
    def log(self) -> str:
        """The job's log as text."""
        return "\n".join(frame.payload["message"] for frame in self.frames if frame.type == "log_line")

    @property
    def predicate(self) -> dict[str, Any]:
        """What the evidence says."""
        assert self.delivery is not None, self.explain()
        predicate: dict[str, Any] = self.delivery.evidence["predicate"]
        return predicate

    def explain(self) -> str:
        """Say how it ended, for a failing test."""
        view = self.ended.view
        return f"{view.status} {self.ended.reason} {view.failure_detail}\n{self.states}\n{self.log[-4000:]}"


@dataclass
class Installation:
    """Running servers and workers; jobs run through the terminal's own client and driver."""

    folder: Path
    environment: Mapping[str, str]
    check: Callable[[], None]
    admin_url: str
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def repositories(self) -> Path:
        """Where repositories may lie."""
        return self.folder / "repositories"

    def call(self, verb: Callable[[LocalClient], Awaitable[_Answer]]) -> _Answer:
        """Do something as the installation's own account."""

        async def signed_in() -> _Answer:
            client = await LocalClient.sign_in()
            await client.consent()
            return await verb(client)

        return self.runner.run(signed_in())

    def create(self, repository: Path | str, goal: str, *, scope: str | list[str] = ".", **more: Any) -> JobView:
        """Create a job; `more` are further fields of the request, `branch` that of its source."""
        url = repository.as_uri() if isinstance(repository, Path) else repository
        request = {
            "source": {"kind": "GIT", "url": url, "branch": more.pop("branch", None)},
            "path_scope": [scope] if isinstance(scope, str) else scope,
            "goal": goal,
            "escalation_preauth": {"phase_ceiling": 2},
            **more,
        }
        return self.call(lambda client: client.create(CreateJobRequest.model_validate(request)))

    def run(
        self,
        repository: Path | str,
        goal: str,
        *,
        strategy: ProposalLevel = ProposalLevel.STANDARD,
        on_frame: Callable[[Frame], None] | None = None,
        **more: Any,
    ) -> FinishedJob:
        """Run a job with every question answered by the recommended choice, up to the pushed branch.

        Args:
            on_frame: sees each frame as it arrives.
        """
        return self.follow(self.create(repository, goal, **more).job_id, strategy=strategy, on_frame=on_frame)

    def follow(
        self,
        job_id: UUID,
        *,
        strategy: ProposalLevel = ProposalLevel.STANDARD,
        on_frame: Callable[[Frame], None] | None = None,
    ) -> FinishedJob:
        """Take an existing job to its end."""
        recorder = Recorder()
        seen = 0

        def tick() -> None:
            nonlocal seen
            self.check()
            for frame in recorder.frames[seen:]:
                seen += 1
                if on_frame is not None:
                    on_frame(frame)

        async def drive_on(client: LocalClient) -> FinishedJob:
            wishes = Wishes(strategy, yes=True, accept_hazards=True)
            ended = await drive(client, job_id, wishes, recorder, tick)
            delivered = ended.view.status is JobState.DELIVERED
            delivery = await client.delivery(job_id) if delivered else None
            return FinishedJob(ended, recorder.frames, delivery)

        return self.call(drive_on)

    def view(self, job_id: UUID) -> JobView:
        """Show a job."""
        return self.call(lambda client: client.view(job_id))

    def act(self, job_id: UUID, action: JobAction, **params: Any) -> JobView:
        """Act on a job as it stands."""

        async def do(client: LocalClient) -> JobView:
            view = await client.view(job_id)
            return await client.act(job_id, action, view.state_revision, params)

        return self.call(do)

    def wait(self, job_id: UUID, states: frozenset[JobState] = TERMINAL_STATES) -> JobView:
        """Wait until a job is in one of some states."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            self.check()
            view = self.view(job_id)
            if view.status in states:
                return view
            time.sleep(0.3)
        raise TimeoutError(f"the job is still {view.status}")

    def wait_published(self, job_id: UUID, delivery_id: UUID) -> PublicationView:
        """Wait until a publication has ended one way or the other."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            self.check()
            delivery = self.call(lambda client: client.delivery(job_id))
            found = next(item for item in delivery.publications if item.delivery_id == delivery_id)
            if found.status in ("PUBLISHED", "FAILED"):
                return found
            time.sleep(0.3)
        raise TimeoutError("the publication did not end")

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Read rows past every access rule."""
        with psycopg.connect(self.admin_url, row_factory=dict_row) as connection:
            return connection.execute(statement, values).fetchall()

    def leftovers(self, job_id: UUID) -> list[str]:
        """List what a finished job must not leave: scratch copies, sandboxes, sessions without wipe evidence."""
        volumes = self.data / "sandbox"
        found = [str(path) for path in (self.data / "scratch").glob(f"{job_id}*")]
        for row in self.rows("select * from remote_execution_sessions where job_id = %s", job_id):
            if (volumes / str(row["sandbox_id"])).exists() or row["status"] != "WIPED":
                found.append(f"session {row['sandbox_id']} {row['status']}")
        proven = "select count(*) as n from secure_wipe_evidence where job_id = %s and wipe_type = 'WORKSPACE_VOLUME'"
        sessions = self.rows("select count(*) as n from remote_execution_sessions where job_id = %s", job_id)[0]["n"]
        if self.rows(proven, job_id)[0]["n"] != sessions:
            found.append("a sandbox without wipe evidence")
        return found


@contextlib.contextmanager
def running_installation() -> Iterator[Installation]:
    """Start servers and workers in a temporary folder, stop and delete them afterwards."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="iama-e2e-", ignore_cleanup_errors=True)))
        folder.chmod(0o755)
        (folder / "repositories").mkdir()
        with pytest.MonkeyPatch.context() as patch:
            for name in _ADDRESSES:
                patch.setenv(name, "")
            patch.setenv(DATA_VARIABLE, str(folder / "data"))
            patch.setenv(LOCAL_ROOTS_VARIABLE, str(folder / "repositories"))
            check = stack.enter_context(private_instance(load_settings()))
            environment = {name: os.environ[name] for name in _ADDRESSES}
        installation = Installation(folder, environment, check, _admin_url(folder / "data", environment))
        stack.enter_context(installation.runner)
        yield installation


@contextlib.contextmanager
def running_jobs(installation: Installation) -> Iterator[None]:
    """Point this process at the installation while the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in installation.environment.items():
            patch.setenv(name, value)
        yield


def _admin_url(data: Path, environment: Mapping[str, str]) -> str:
    password = (data / "keys" / "postgres.password").read_text()
    url = make_url(environment[APP_URL_VARIABLE]).set(username=SUPERUSER, password=password)
    return url.render_as_string(hide_password=False)


def git(folder: Path, *arguments: str, stdin: bytes | None = None) -> str:
    """Run Git as the repository's owner and return its output without the last line break."""
    command = ["git", *_PERSON, "-C", str(folder), *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')}"
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def make_repository(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Make a Git repository with one commit on `main`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return commit_all(folder)


def commit_all(folder: Path) -> Path:
    """Turn a folder with files into a Git repository with one commit on `main`."""
    git(folder, "init", "--quiet", "-b", "main")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "First version")
    return folder


def fast_import(folder: Path, content: bytes, paths: Sequence[str]) -> Path:
    """Make a bare-bones repository in which one content stands at many paths; nothing is checked out."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "-b", "main")
    stream = [b"blob\nmark :1\ndata %d\n" % len(content), content, b"\n"]
    stream.append(b"commit refs/heads/main\ncommitter Owner <owner@example.org> 1700000000 +0000\ndata 0\n")
    stream += [f"M 100644 :1 {path}\n".encode() for path in paths]
    git(folder, "fast-import", "--quiet", stdin=b"".join([*stream, b"\n"]))
    return folder


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """What a job must leave as it is: refs, the checked-out branch, files and their marks in the index."""

    refs: str
    head: str
    status: str

    @classmethod
    def of(cls, folder: Path) -> "RepositoryState":
        """Look at a repository."""
        listing = git(folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        refs = "\n".join(line for line in listing if not line.startswith("refs/heads/refactor/"))
        return cls(refs, git(folder, "symbolic-ref", "HEAD"), git(folder, "status", "--porcelain"))


def pushed_branches(folder: Path) -> list[str]:
    """List branches that jobs pushed."""
    return git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads/refactor/").split()
