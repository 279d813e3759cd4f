"""The one permission check, over the one table of `canon.permissions`, and the plan of the acting workspace."""

from weakref import WeakKeyDictionary

from sqlmodel import col, select

from services.access.rules import SERVER_TIERS, plan_of
from services.access.schemas import Plan
from services.canon.errors import IamaError
from services.canon.permissions import REFUSALS, Permission, Role, is_granted
from services.core.actor import ActorKind
from services.infra.unit_of_work import UnitOfWork
from services.tables.identity import SubscriptionTier, Tenant

_PLATFORM = frozenset({ActorKind.SYSTEM, ActorKind.SERVICE})
_roles: WeakKeyDictionary[UnitOfWork, Role | None] = WeakKeyDictionary()
"""The acting person's role, looked up once per unit of work."""


async def find_role(uow: UnitOfWork) -> Role | None:
    """Return the acting person's role in the workspace of the unit of work; None for strangers.

    A personal workspace has one OWNER, the person it belongs to.
    """
    if uow not in _roles:
        statement = select(col(Tenant.user_id)).where(col(Tenant.id) == uow.actor.tenant_id)
        owner_id = (await uow.session.exec(statement)).one_or_none()
        is_owner = owner_id is not None and owner_id == uow.actor.user_id
        _roles[uow] = Role.OWNER if is_owner else None
    return _roles[uow]


async def is_allowed(uow: UnitOfWork, permission: Permission) -> bool:
    """Say whether the actor holds a permission; platform actors act under the reason they state."""
    if uow.actor.kind in _PLATFORM:
        return True
    role = await find_role(uow)
    return role is not None and is_granted(role, permission)


async def require(uow: UnitOfWork, permission: Permission, *, code: str = "ROLE_INSUFFICIENT") -> None:
    """Refuse an actor without the permission.

    Raises:
        IamaError: `NOT_FOUND` for strangers to the workspace, who learn nothing; `code` for its members.
    Req: API reference 11.1.
    """
    if await is_allowed(uow, permission):
        return
    if await find_role(uow) is None:
        raise IamaError("NOT_FOUND")
    raise IamaError(code, sentence=REFUSALS[permission], denial_reason=code, permission=permission.value)


async def require_server_execution(uow: UnitOfWork) -> Plan:
    """Return the plan of the workspace if repositories and sandboxes on the server belong to it.

    Raises:
        IamaError: `ENTITLEMENT_INSUFFICIENT`, read from storage at each call.
    Req: V2-FR-ENT-001.
    """
    plan = await get_plan(uow)
    if plan.tier not in SERVER_TIERS:
        raise IamaError("ENTITLEMENT_INSUFFICIENT", denial_reason="EXECUTION_ENVIRONMENT_NOT_ENTITLED")
    return plan


async def get_plan(uow: UnitOfWork) -> Plan:
    """Return the plan of the workspace (`NOT_FOUND` when it has none). Req: V1-FR-SUB-001."""
    statement = select(SubscriptionTier).where(col(SubscriptionTier.tenant_id) == uow.actor.tenant_id)
    row = (await uow.session.exec(statement)).one_or_none()
    if row is None:
        raise IamaError("NOT_FOUND", sentence="This workspace has no plan.")
    return plan_of(row)
