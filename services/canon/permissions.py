"""Role × permission, with the sentence shown on refusal (API reference 11.1)."""

from enum import StrEnum


class Role(StrEnum):
    """A person's role in an organisation; a personal workspace has one OWNER."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    MEMBER = "MEMBER"
    VIEWER = "VIEWER"
    AUDITOR = "AUDITOR"


class AdminRole(StrEnum):
    """What an operator of the installation may do; disjoint from product users."""

    SUPER_ADMIN = "SUPER_ADMIN"
    ENGINEER = "ENGINEER"
    SUPPORT = "SUPPORT"


class Permission(StrEnum):
    """What may be asked for; the names of the API reference."""

    JOBS_VIEW = "project:jobs:view"
    JOBS_CREATE = "project:jobs:create"
    JOBS_ACT = "project:jobs:act"
    DELIVERY_APPLY = "project:delivery:apply"
    AUDIT_READ = "org:audit:read"


_WORKING = frozenset({Role.OWNER, Role.ADMIN, Role.MEMBER})

GRANTS: dict[Permission, frozenset[Role]] = {
    Permission.JOBS_VIEW: frozenset(Role),
    Permission.JOBS_CREATE: _WORKING,
    Permission.JOBS_ACT: _WORKING,
    Permission.DELIVERY_APPLY: _WORKING,
    Permission.AUDIT_READ: frozenset({Role.OWNER, Role.ADMIN, Role.AUDITOR}),
}

REFUSALS: dict[Permission, str] = {
    Permission.JOBS_VIEW: "You cannot see jobs of this workspace.",
    Permission.JOBS_CREATE: "Your role cannot create jobs here.",
    Permission.JOBS_ACT: "Your role can look at this job but not steer it.",
    Permission.DELIVERY_APPLY: "Your role cannot deliver results.",
    Permission.AUDIT_READ: "Your role cannot read the audit log.",
}


def is_granted(role: Role, permission: Permission) -> bool:
    """Tell whether a role holds a permission."""
    return role in GRANTS[permission]
