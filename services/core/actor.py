"""Who acts: every unit of work carries one of these."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    """What kind of principal acts (column `audit_events.actor_kind`)."""

    USER = "USER"
    ADMIN = "ADMIN"
    SERVICE = "SERVICE"
    SYSTEM = "SYSTEM"
    GITHUB = "GITHUB"


class Surface(StrEnum):
    """Where an act came from."""

    IDE = "IDE"
    WEB = "WEB"
    API = "API"
    SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True)
class Actor:
    """A principal inside one tenant.

    A system actor has no `user_id` and must state its `reason`.
    """

    kind: ActorKind
    tenant_id: UUID
    user_id: UUID | None = None
    surface: Surface = Surface.API
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.kind is ActorKind.SYSTEM and not self.reason:
            raise ValueError("a system actor states its reason")
        if self.kind is ActorKind.USER and self.user_id is None:
            raise ValueError("a user actor names its user")

    @property
    def ref(self) -> str:
        """Name the actor in facts: the user id, or the kind with its reason."""
        return str(self.user_id) if self.user_id else f"{self.kind.value.lower()}:{self.reason}"


def user_actor(user_id: UUID, tenant_id: UUID, surface: Surface = Surface.API) -> Actor:
    """Return the actor of a signed-in person."""
    return Actor(ActorKind.USER, tenant_id, user_id, surface)


def system_actor(tenant_id: UUID, reason: str) -> Actor:
    """Return the actor of platform work inside a tenant; `reason` is stored with each act."""
    return Actor(ActorKind.SYSTEM, tenant_id, None, Surface.SYSTEM, reason)
