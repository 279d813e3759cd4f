"""Accounts: registering, the password check, the lock-out, the installation's own account."""

import statistics
import time

import pytest
from sqlmodel import select

from services.audit import service as audit
from services.canon.errors import IamaError
from services.core.actor import user_actor
from services.core.clock import now
from services.identity import rules
from services.identity import service as identity
from services.identity.schemas import Account
from services.infra.unit_of_work import global_session, unit_of_work
from services.tables.identity import SubscriptionTier, User

from .conftest import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _refusal(email: str, password: str) -> IamaError:
    with pytest.raises(IamaError) as caught:
        await identity.check_password(email, password)
    return caught.value


class TestRegister:
    async def test_makes_a_person_with_an_own_workspace_and_the_local_plan(self, person: Account) -> None:
        async with unit_of_work(user_actor(person.user_id, person.tenant_id)) as uow:
            plan = (await uow.session.exec(select(SubscriptionTier))).one()
        assert (plan.tier, plan.source, plan.context_cap) == ("MAX", "LOCAL_PLAN", 200_000)
        assert (plan.daily_job_limit, plan.phase_3_limit, plan.concurrent_jobs) == (None, None, None)

    async def test_stores_argon2id_and_never_the_password(self, person: Account) -> None:
        async with global_session() as session:
            stored = await session.get_one(User, person.user_id)
        assert stored.password_hash is not None
        assert stored.password_hash.startswith("$argon2id$")
        assert PASSWORD not in stored.password_hash

    async def test_refuses_the_same_address_in_another_spelling(self, person: Account) -> None:
        with pytest.raises(IamaError) as caught:
            await identity.register(f"  {person.email.upper()} ", PASSWORD)
        assert caught.value.code == "EMAIL_ALREADY_EXISTS"

    @pytest.mark.parametrize("email", ["", "ada", "ada@", "@example.org", "a b@example.org", "ada@exa\0mple.org"])
    async def test_refuses_what_is_no_address(self, database: object, email: str) -> None:
        with pytest.raises(IamaError) as caught:
            await identity.register(email, PASSWORD)
        assert caught.value.code == "INVALID_EMAIL"

    async def test_refuses_seven_characters(self, address: str) -> None:
        with pytest.raises(IamaError) as caught:
            await identity.register(address, "1234567")
        assert caught.value.code == "WEAK_PASSWORD"
        assert (await identity.register(address, "12345678")).email == address

    async def test_records_the_fact_in_the_audit_chain(self, person: Account) -> None:
        async with unit_of_work(user_actor(person.user_id, person.tenant_id)) as uow:
            types = [link.event_type for link in await audit.list_links(uow)]
        assert types == ["identity.registered"]


class TestCheckPassword:
    async def test_returns_the_person(self, person: Account) -> None:
        found = await identity.check_password(person.email.upper(), PASSWORD)
        assert (found.user_id, found.tenant_id) == (person.user_id, person.tenant_id)

    async def test_answers_unknown_addresses_like_wrong_passwords(self, person: Account) -> None:
        wrong = await _refusal(person.email, "not the password")
        unknown = await _refusal(f"x{person.email}", "not the password")
        assert (wrong.code, wrong.sentence, wrong.data) == (unknown.code, unknown.sentence, unknown.data)
        assert wrong.code == "INVALID_CREDENTIALS"

    async def test_spends_the_same_effort_on_unknown_addresses(self, person: Account) -> None:
        async def seconds(email: str) -> float:
            began = time.perf_counter()
            await _refusal(email, "not the password")
            return time.perf_counter() - began

        known = statistics.median([await seconds(person.email) for _ in range(4)])
        unknown = statistics.median([await seconds(f"y{person.email}") for _ in range(4)])
        assert 0.4 < unknown / known < 2.5

    async def test_locks_an_address_after_repeated_failures_known_or_not(self, person: Account) -> None:
        for email in (person.email, f"z{person.email}"):
            for _ in range(rules.FREE_FAILURES):
                assert (await _refusal(email, "not the password")).code == "INVALID_CREDENTIALS"
            locked = await _refusal(email, PASSWORD)
            assert locked.code == "RATE_LIMITED"
            assert 0 < locked.data["retry_after_seconds"] <= rules.FIRST_LOCK_SECONDS + 1

    async def test_forgets_failures_after_a_success(self, person: Account) -> None:
        for _ in range(2):
            for _ in range(rules.FREE_FAILURES - 1):
                await _refusal(person.email, "not the password")
            await identity.check_password(person.email, PASSWORD)


class TestLockUntil:
    async def test_doubles_the_wait_up_to_its_bound(self) -> None:

        at = now()
        waits = [rules.lock_until(rules.FREE_FAILURES + step, at) for step in range(8)]
        seconds = [int((wait - at).total_seconds()) for wait in waits if wait]
        assert seconds == [30, 60, 120, 240, 480, 900, 900, 900]
        assert rules.lock_until(rules.FREE_FAILURES - 1, at) is None


class TestEnsureLocalAccount:
    async def test_makes_one_account_and_gives_its_password_once(self, database: object) -> None:
        first = await identity.ensure_local_account()
        again = await identity.ensure_local_account()
        assert first.account.user_id == again.account.user_id
        assert again.password is None
        if first.password:
            assert (await identity.check_password(first.account.email, first.password)).user_id == first.account.user_id

    async def test_sets_a_given_password(self, database: object) -> None:
        local = await identity.ensure_local_account("a chosen pass phrase")
        found = await identity.check_password(local.account.email, "a chosen pass phrase")
        assert found.user_id == local.account.user_id


class TestChangePassword:
    async def test_needs_the_present_one(self, person: Account) -> None:
        actor = user_actor(person.user_id, person.tenant_id)
        with pytest.raises(IamaError) as caught:
            async with unit_of_work(actor) as uow:
                await identity.change_password(uow, current_password="wrong one", new_password="another pass phrase")
        assert caught.value.code == "CURRENT_PASSWORD_INCORRECT"
        async with unit_of_work(actor) as uow:
            await identity.change_password(uow, current_password=PASSWORD, new_password="another pass phrase")
        assert (await identity.check_password(person.email, "another pass phrase")).user_id == person.user_id
        assert (await _refusal(person.email, PASSWORD)).code == "INVALID_CREDENTIALS"
