"""Brings the database to the present schema in a short-lived process, so that the launcher itself stays small."""

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from iama_app.cli.environment import RoleUrls, base_environment
from iama_app.cli.launch_error import EXIT_FAILED, LaunchError
from iama_app.cli.web_build import ROOT
from services.infra.embedded.errors import DISK_FULL_MARKS
from services.infra.settings import Settings, secret

SECRET_FILE = "database.secret"
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Migrated:
    """Role URLs, and the installation's own account; `password` only when this start made the account."""

    urls: RoleUrls
    email: str
    password: str | None


def database_secret(settings: Settings) -> bytes:
    """Return what role passwords derive from: the operator's secret, or one kept in the data folder."""
    given = secret(settings.database_secret)
    if given:
        return given.encode()
    path = settings.data_folder / "keys" / SECRET_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_once(path, secrets.token_hex(_SECRET_BYTES))
    return path.read_text().encode()


def migrate_now(settings: Settings, admin_url: str) -> Migrated:
    """Create roles, upgrade tables, make keys and the installation's own account where missing; in this process.

    Keys exist from the first start on, so that they can be saved, or copied to another machine on the same database.
    """
    import asyncio

    from services.infra.crypto import LocalKeyProvider
    from services.infra.database import APP_URL_VARIABLE
    from services.infra.migrate import migrate
    from services.infra.paths import master_key_file

    urls = migrate(admin_url, database_secret(settings))
    os.environ[APP_URL_VARIABLE] = urls.app
    from services.identity import configuration
    from services.identity.accounts import ensure_local_account

    configuration.keys()
    LocalKeyProvider(master_key_file()).master_key()
    account = asyncio.run(ensure_local_account())
    return Migrated(RoleUrls(urls.app, urls.worker, urls.operator), account.account.email, account.password)


def migrate_apart(settings: Settings, admin_url: str) -> Migrated:
    """Do the same through `iama migrate --json` in a process that ends afterwards.

    Raises:
        LaunchError: the database refused; its last line is quoted.
    """
    environment = base_environment(settings) | {"DATABASE_URL": admin_url}
    given = secret(settings.database_secret)
    if given:
        environment["IAMA_DATABASE_SECRET"] = given
    done = subprocess.run(
        [sys.executable, "-m", "iama_app.cli", "migrate", "--json"],
        cwd=ROOT, env=environment, capture_output=True, text=True, start_new_session=True,
    )  # fmt: skip
    if done.returncode:
        raise LaunchError(_sentence(done.stderr), EXIT_FAILED)
    answer = json.loads(done.stdout)
    return Migrated(RoleUrls(**answer["urls"]), answer["email"], answer["password"])


def _sentence(errors: str) -> str:
    if any(mark in errors for mark in DISK_FULL_MARKS):
        return "The disk is full: the database could not be brought up to date. Free some space and start again."
    lines = [line for line in errors.splitlines() if line.strip()]
    return f"The database could not be brought up to date: {lines[-1] if lines else 'no reason was given'}"


def _write_once(path: Path, text: str) -> None:
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(0o600)
    draft.write_text(text)
    draft.replace(path)
