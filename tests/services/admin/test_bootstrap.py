"""The first administrator: made once, from the terminal's side of the database, unseen by every serving role."""

import asyncio
from datetime import timedelta

import psycopg
import pytest

from services.admin.bootstrap import create_first_administrator
from services.canon.errors import IamaError
from services.core.clock import now
from services.identity import passwords
from services.infra.migrate import DatabaseUrls
from tests.support.bench import Bench

pytestmark = pytest.mark.asyncio(loop_scope="session")

PASSWORD = "correct horse battery"


class TestCreateFirstAdministrator:
    async def test_is_a_super_admin_that_nobody_made(self, bench: Bench, database: DatabaseUrls) -> None:
        made = await create_first_administrator(database.admin, " Ada@Example.ORG ", PASSWORD)
        row = bench.row("SELECT * FROM admin_accounts")
        assert (row["id"], row["email"], row["role"]) == (made.admin_id, "ada@example.org", "SUPER_ADMIN")
        assert (row["status"], row["created_by"], row["must_change_password"]) == ("ACTIVE", None, False)
        assert row["mfa_enrolled_at"] is None and made.password is None
        assert await passwords.verify_password(PASSWORD, row["password_hash"])

    async def test_password_made_up_lasts_a_day_and_must_be_changed(self, bench: Bench, database: DatabaseUrls) -> None:
        made = await create_first_administrator(database.admin, "ada@example.org", None)
        row = bench.row("SELECT * FROM admin_accounts")
        assert made.password and await passwords.verify_password(made.password, row["password_hash"])
        assert row["must_change_password"]
        assert timedelta(hours=23, minutes=59) < row["temp_password_expires_at"] - now() <= timedelta(hours=24)

    async def test_of_many_at_once_one_is_made(self, bench: Bench, database: DatabaseUrls) -> None:
        tries = [create_first_administrator(database.admin, f"a{n}@example.org", PASSWORD) for n in range(4)]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        refused = [answer.code for answer in answers if isinstance(answer, IamaError)]
        assert refused == ["ADMIN_ALREADY_EXISTS"] * 3
        assert bench.count("admin_accounts") == 1

    @pytest.mark.parametrize(
        ("email", "password", "code"),
        [("nobody", PASSWORD, "INVALID_EMAIL"), ("ada@example.org", "elevenchars", "WEAK_PASSWORD")],
    )
    async def test_refusal_writes_nothing(
        self, bench: Bench, database: DatabaseUrls, email: str, password: str, code: str
    ) -> None:
        with pytest.raises(IamaError) as refused:
            await create_first_administrator(database.admin, email, password)
        assert refused.value.code == code
        assert bench.count("admin_accounts") == 0


class TestRights:
    @pytest.mark.parametrize("role", ["app", "worker", "operator"])
    async def test_no_serving_role_sees_administrators(self, database: DatabaseUrls, role: str) -> None:
        with (
            psycopg.connect(getattr(database, role)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("SELECT email FROM admin_accounts")

    async def test_only_a_super_admin_may_be_nobodys(self, bench: Bench) -> None:
        with pytest.raises(psycopg.errors.CheckViolation):
            bench.insert("admin_accounts", email="x@example.org", password_hash="x", role="ENGINEER")
