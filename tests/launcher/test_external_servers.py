"""With DATABASE_URL and REDIS_URL the same code runs on servers that the launcher did not start."""

import shutil
from pathlib import Path

import httpx
import pytest

from services.infra.migrate import DatabaseUrls
from tests.support.installation import running_installation
from tests.support.servers import RunningServers

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"


def test_two_installations_share_database_and_redis(
    servers: RunningServers, database_urls: DatabaseUrls, redis_url: str, tmp_path: Path
) -> None:
    given = {
        "DATABASE_URL": database_urls.admin,
        "IAMA_DATABASE_SECRET": servers.secret.decode(),
        "REDIS_URL": redis_url,
        "IAMA_WEB_WORKERS": "2",
    }
    with running_installation(tmp_path / "one", **given) as one:
        shutil.copytree(tmp_path / "one" / "keys", tmp_path / "two" / "keys")
        with running_installation(tmp_path / "two", **given) as two:
            for running in (one, two):
                assert not (running.data / "pg").exists() and not (running.data / "valkey").exists()
                assert not [line for line in running.children().values() if "postgres -D" in line]
                assert sum("workers.main pool" in line for line in running.children().values()) >= 2
            body = {"email": "ada@example.org", "password": PASSWORD}
            assert httpx.post(f"{one.url}/api/v1/auth/register", json=body, timeout=20).status_code == 201
            answer = httpx.post(f"{two.url}/api/v1/auth/login", json=body, timeout=20)
            bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            for running in (one, two, one, two):
                me = httpx.get(f"{running.url}/api/v2/me", headers=bearer, timeout=20)
                assert me.status_code == 200 and me.json()["email"] == "ada@example.org"
