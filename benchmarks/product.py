"""The whole product for a benchmark: an installation of its own, a signed-in client, jobs to look at."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx
from sqlalchemy.engine import make_url

from benchmarks.workplace import scratch_folder
from services.core.ids import new_id
from services.infra.embedded.postgres import SUPERUSER
from tests.support.bench import Bench, Workspace
from tests.support.installation import Installation, running_installation

ADMIN_DATABASE = "postgres"


@dataclass(frozen=True, slots=True)
class Product:
    """A running installation and its own account's workspace."""

    installation: Installation
    bench: Bench
    workspace: Workspace
    headers: dict[str, str]
    admin_url: str

    def add_jobs(self, count: int) -> list[UUID]:
        """Put jobs into the account's workspace; no worker knows of them."""
        return [self.bench.job(self.workspace, goal=f"Clean up part {number}") for number in range(count)]


@contextlib.contextmanager
def running_product() -> Iterator[Product]:
    """Start `iama up` without demo jobs, sign in, hand it out; stop and delete it afterwards."""
    with scratch_folder() as folder, running_installation(folder / "data", IAMA_DEMO="0") as installation:
        admin_url = _admin_url(installation)
        bench = Bench(admin_url)
        try:
            yield Product(installation, bench, _own_workspace(bench), _sign_in(installation), admin_url)
        finally:
            bench.connection.close()


def _sign_in(installation: Installation) -> dict[str, str]:
    address, password = installation.sign_in
    url = f"{installation.url}/api/v1/auth/login"
    answer = httpx.post(url, json={"email": address, "password": password}, timeout=30).raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def _own_workspace(bench: Bench) -> Workspace:
    """Return the only tenant with a project for the jobs, which are not made through the API."""
    row = bench.row("SELECT id, user_id FROM tenants")
    made = Workspace(row["id"], row["user_id"], new_id())
    bench.insert("projects", id=made.project_id, tenant_id=made.tenant_id, owner_id=made.user_id, name="Bench")
    return made


def _admin_url(installation: Installation) -> str:
    pid_file = (installation.data / "pg" / "postmaster.pid").read_text().splitlines()
    password = (installation.data / "keys" / "postgres.password").read_text()
    url = make_url("postgresql://127.0.0.1").set(username=SUPERUSER, password=password, port=int(pid_file[3]))
    return url.set(database=ADMIN_DATABASE).render_as_string(hide_password=False)
