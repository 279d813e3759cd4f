"""Sign-ins: browser cookies, access tokens, refresh chains, the installation's own token."""

import hashlib
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import jwt
import pytest
from sqlmodel import select

from services.canon.errors import IamaError
from services.core.actor import Surface, user_actor
from services.core.clock import now
from services.identity import access_tokens, configuration
from services.identity import service as identity
from services.identity.configuration import keys
from services.identity.keys import load_keys
from services.identity.schemas import Account, Origin
from services.infra.unit_of_work import global_session, unit_of_work
from services.tables.identity import RefreshToken, UserSession

pytestmark = pytest.mark.asyncio(loop_scope="session")

BROWSER = Origin(Surface.WEB, "127.0.0.1", "a browser")
PROGRAM = Origin(Surface.API, "::1", "a program")


async def _code(awaitable: object) -> str:
    with pytest.raises(IamaError) as caught:
        await awaitable  # type: ignore[misc]
    return caught.value.code


class TestBrowserSession:
    async def test_signs_its_person_in_until_closed(self, person: Account) -> None:
        opened = await identity.open_browser_session(person, BROWSER)
        actor = await identity.resolve_session(opened.cookie)
        assert actor is not None
        assert (actor.user_id, actor.tenant_id, actor.surface) == (person.user_id, person.tenant_id, Surface.WEB)
        await identity.close_browser_session(opened.cookie)
        assert await identity.resolve_session(opened.cookie) is None

    async def test_holds_at_least_128_bits_and_is_stored_as_a_hash_only(self, person: Account) -> None:
        opened = await identity.open_browser_session(person, BROWSER)
        assert len(opened.cookie) * 6 >= 128
        async with global_session() as session:
            row = await session.get_one(UserSession, opened.session_id)
        assert opened.cookie not in row.token_hash
        assert row.token_hash != hashlib.sha256(opened.cookie.encode()).hexdigest()

    @pytest.mark.parametrize("cookie", ["", "x", "\0", "A" * 5000])
    async def test_ignores_unknown_cookies(self, database: object, cookie: str) -> None:
        assert await identity.resolve_session(cookie) is None

    async def test_ends_at_its_expiry(self, person: Account) -> None:
        opened = await identity.open_browser_session(person, BROWSER)
        async with global_session() as session:
            (await session.get_one(UserSession, opened.session_id)).expires_at = now()
        assert await identity.resolve_session(opened.cookie) is None


class TestAccessToken:
    async def test_lasts_fifteen_minutes_and_names_the_person(self, person: Account) -> None:
        pair = await identity.issue_tokens(person, PROGRAM)
        assert pair.expires_in == 900
        actor = await identity.resolve_bearer(pair.access_token)
        assert (actor.user_id, actor.tenant_id) == (person.user_id, person.tenant_id)

    async def test_is_refused_when_forged_in_any_way(self, person: Account, tmp_path: Path) -> None:
        family, claims = uuid4(), {"iss": "iama", "aud": "iama-api", "sub": str(person.user_id), "fam": str(uuid4())}
        times = {"iat": now(), "exp": now() + timedelta(minutes=5)}
        forged = [
            access_tokens.mint(load_keys(tmp_path), person.user_id, family),
            access_tokens.mint(keys(), person.user_id, family),
            jwt.encode(claims | times, None, algorithm="none"),
            jwt.encode(claims | times, "secret" * 8, algorithm="HS256"),
            jwt.encode(claims | times | {"aud": "other"}, keys().signing_key, algorithm="EdDSA"),
            jwt.encode(claims | times | {"sub": "nobody"}, keys().signing_key, algorithm="EdDSA"),
            jwt.encode(claims, keys().signing_key, algorithm="EdDSA"),
            "",
            "a.b.c",
        ]
        for token in forged:
            assert await _code(identity.resolve_bearer(token)) == "TOKEN_INVALID"

    async def test_says_when_it_is_over(self, person: Account) -> None:
        claims = {"iss": "iama", "aud": "iama-api", "sub": str(person.user_id), "fam": str(uuid4())}
        times = {"iat": now() - timedelta(hours=1), "exp": now() - timedelta(seconds=1)}
        token = jwt.encode(claims | times, keys().signing_key, algorithm="EdDSA")
        assert await _code(identity.resolve_bearer(token)) == "TOKEN_EXPIRED"


class TestRotate:
    async def test_gives_a_new_pair_and_spends_the_old_link(self, person: Account) -> None:
        first = await identity.issue_tokens(person, PROGRAM)
        second = await identity.rotate(first.refresh_token, PROGRAM)
        assert second.refresh_token != first.refresh_token
        assert (await identity.resolve_bearer(second.access_token)).user_id == person.user_id

    async def test_revokes_the_whole_chain_when_a_link_is_spent_twice(self, person: Account) -> None:
        first = await identity.issue_tokens(person, PROGRAM)
        second = await identity.rotate(first.refresh_token, PROGRAM)
        other = await identity.issue_tokens(person, PROGRAM)
        assert await _code(identity.rotate(first.refresh_token, PROGRAM)) == "REFRESH_TOKEN_INVALID"
        assert await _code(identity.rotate(second.refresh_token, PROGRAM)) == "REFRESH_TOKEN_INVALID"
        assert await _code(identity.resolve_bearer(second.access_token)) == "TOKEN_INVALID"
        assert (await identity.resolve_bearer(other.access_token)).user_id == person.user_id

    async def test_refuses_a_link_past_thirty_days(self, person: Account) -> None:
        pair = await identity.issue_tokens(person, PROGRAM)
        async with global_session() as session:
            row = (await session.exec(select(RefreshToken).where(RefreshToken.user_id == person.user_id))).one()
            assert timedelta(days=29, hours=23) < row.expires_at - now() <= timedelta(days=30)
            row.expires_at = now()
        assert await _code(identity.rotate(pair.refresh_token, PROGRAM)) == "REFRESH_TOKEN_EXPIRED"

    async def test_refuses_unknown_links(self, database: object) -> None:
        assert await _code(identity.rotate("unknown", PROGRAM)) == "REFRESH_TOKEN_INVALID"


class TestRevoke:
    async def test_signing_out_ends_the_chain_and_its_access_tokens(self, person: Account) -> None:
        pair = await identity.issue_tokens(person, PROGRAM)
        async with unit_of_work(user_actor(person.user_id, person.tenant_id)) as uow:
            await identity.revoke_chain(uow, pair.refresh_token)
        assert await _code(identity.resolve_bearer(pair.access_token)) == "TOKEN_INVALID"
        assert await _code(identity.rotate(pair.refresh_token, PROGRAM)) == "REFRESH_TOKEN_INVALID"

    async def test_nobody_ends_the_chain_of_another(self, person: Account) -> None:
        other = await identity.register(f"other-{person.email}", "correct horse battery")
        pair = await identity.issue_tokens(person, PROGRAM)
        async with unit_of_work(user_actor(other.user_id, other.tenant_id)) as uow:
            await identity.revoke_chain(uow, pair.refresh_token)
        items = await self._sign_ins(person)
        with pytest.raises(IamaError) as caught:
            async with unit_of_work(user_actor(other.user_id, other.tenant_id)) as uow:
                await identity.revoke_sign_in(uow, items[0].id)
        assert caught.value.code == "NOT_FOUND"
        assert (await identity.resolve_bearer(pair.access_token)).user_id == person.user_id

    async def test_lists_and_ends_single_sign_ins(self, person: Account) -> None:
        opened = await identity.open_browser_session(person, BROWSER)
        pair = await identity.issue_tokens(person, PROGRAM)
        items = await self._sign_ins(person, opened.session_id)
        assert [(item.surface, item.current) for item in sorted(items, key=lambda item: item.surface)] == [
            ("API", False),
            ("WEB", True),
        ]
        async with unit_of_work(user_actor(person.user_id, person.tenant_id)) as uow:
            await identity.revoke_all_sign_ins(uow, except_id=opened.session_id)
        assert await identity.resolve_session(opened.cookie) is not None
        assert await _code(identity.resolve_bearer(pair.access_token)) == "TOKEN_INVALID"

    @staticmethod
    async def _sign_ins(person: Account, current: object = None) -> list:
        async with unit_of_work(user_actor(person.user_id, person.tenant_id)) as uow:
            return await identity.list_sign_ins(uow, current)  # type: ignore[arg-type]


class TestLocalToken:
    async def test_acts_as_the_installations_own_account(
        self, database: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        local = await identity.ensure_local_account()
        monkeypatch.setenv(configuration.LOCAL_TOKEN_HASH_VARIABLE, hashlib.sha256(b"run-json-token").hexdigest())
        assert (await identity.resolve_bearer("run-json-token")).user_id == local.account.user_id
        assert await _code(identity.resolve_bearer("another-token")) == "TOKEN_INVALID"

    async def test_is_off_without_a_running_installation(self, database: object) -> None:
        assert await _code(identity.resolve_bearer("run-json-token")) == "TOKEN_INVALID"


class TestKeys:
    async def test_are_made_once_and_readable_by_their_owner_only(self, tmp_path: Path) -> None:
        first, again = load_keys(tmp_path / "keys"), load_keys(tmp_path / "keys")
        assert (first.key_id, first.pepper) == (again.key_id, again.pepper)
        for file in (tmp_path / "keys").iterdir():
            assert file.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
