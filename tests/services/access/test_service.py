"""The permission check and the plan of a workspace."""

import secrets

import pytest
import pytest_asyncio

from services.access import service as access
from services.canon.errors import IamaError
from services.canon.permissions import Permission
from services.core.actor import system_actor, user_actor
from services.identity import service as identity
from services.identity.schemas import Account
from services.infra.unit_of_work import unit_of_work
from tests.support.database import database

__all__ = ["database"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def owner(database: object) -> Account:
    """A person with an own workspace."""
    return await identity.register(f"owner-{secrets.token_hex(6)}@example.org", "correct horse battery")


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(database: object) -> Account:
    """Another person."""
    return await identity.register(f"stranger-{secrets.token_hex(6)}@example.org", "correct horse battery")


class TestRequire:
    @pytest.mark.parametrize("permission", [p for p in Permission if p is not Permission.AUDIT_READ])
    async def test_lets_the_owner_of_a_personal_workspace_do_it(self, owner: Account, permission: Permission) -> None:
        async with unit_of_work(user_actor(owner.user_id, owner.tenant_id)) as uow:
            await access.require(uow, permission)

    @pytest.mark.parametrize("permission", list(Permission))
    async def test_tells_strangers_nothing(self, owner: Account, stranger: Account, permission: Permission) -> None:
        async with unit_of_work(user_actor(stranger.user_id, owner.tenant_id)) as uow:
            with pytest.raises(IamaError) as caught:
                await access.require(uow, permission)
        assert caught.value.code == "NOT_FOUND"

    async def test_trusts_platform_work_under_its_stated_reason(self, owner: Account) -> None:
        async with unit_of_work(system_actor(owner.tenant_id, "retention")) as uow:
            await access.require(uow, Permission.JOBS_ACT)


class TestGetPlan:
    async def test_shows_the_local_plan_without_meters(self, owner: Account) -> None:
        async with unit_of_work(user_actor(owner.user_id, owner.tenant_id)) as uow:
            plan = await access.get_plan(uow)
        assert (plan.tier, plan.source, plan.operating_mode) == ("MAX", "LOCAL_PLAN", "PROFESSIONAL")
        assert {plan.phase_1_limit.type, plan.phase_2_limit.type, plan.phase_3_limit.type} == {"unlimited"}
        assert plan.execution_environments == ["LOCAL", "CLOUD"]

    async def test_hides_the_plan_of_another_workspace(self, owner: Account, stranger: Account) -> None:
        async with unit_of_work(user_actor(stranger.user_id, stranger.tenant_id)) as uow:
            own = await access.get_plan(uow)
        assert own.tier == "MAX"
