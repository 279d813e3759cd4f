"""Roles and their URLs."""

import psycopg
import pytest
from sqlalchemy.engine import make_url

from services.infra.migrate import DatabaseUrls, role_password, role_urls


class TestRoleUrls:
    def test_derive_a_password_per_role_from_the_secret(self) -> None:
        urls = role_urls("postgresql://postgres:x@127.0.0.1:1/db", b"secret")
        passwords = {make_url(url).password for url in (urls.app, urls.worker, urls.operator)}
        assert len(passwords) == 3
        assert role_password(b"secret", "iama_app") == make_url(urls.app).password
        assert role_password(b"other", "iama_app") != make_url(urls.app).password

    @pytest.mark.parametrize("role", ["app", "worker", "operator"])
    def test_sign_in_as_their_role(self, database: DatabaseUrls, role: str) -> None:
        with psycopg.connect(getattr(database, role)) as connection:
            row = connection.execute("SELECT current_user").fetchone()
        assert row == (f"iama_{role}",)
