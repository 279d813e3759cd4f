"""Access tokens: short-lived JWTs signed with Ed25519. They name a person and a refresh family, never a right.

What the bearer may do is read from storage on each call; claims are not trusted for that (V2-FR-ENT-002).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt

from services.canon.clocks import ACCESS_TOKEN_SECONDS
from services.canon.errors import IamaError
from services.core.clock import now
from services.core.ids import new_id
from services.identity.keys import IdentityKeys

ISSUER = "iama"
AUDIENCE = "iama-api"
ALGORITHM = "EdDSA"


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid token says: whose it is, which chain of refresh tokens it came from, until when (UTC)."""

    user_id: UUID
    family_id: UUID
    expires_at: datetime


def mint(keys: IdentityKeys, user_id: UUID, family_id: UUID) -> str:
    """Return a signed token valid for 15 minutes from now."""
    issued_at = now()
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "fam": str(family_id),
        "jti": str(new_id()),
        "iat": issued_at,
        "exp": issued_at + timedelta(seconds=ACCESS_TOKEN_SECONDS),
    }
    return jwt.encode(claims, keys.signing_key, algorithm=ALGORITHM, headers={"kid": keys.key_id})


def verify(keys: IdentityKeys, token: str) -> AccessClaims:
    """Check signature, issuer, audience and expiry.

    Raises:
        IamaError: `TOKEN_EXPIRED` for our own token past its time, else `TOKEN_INVALID`.
    """
    try:
        claims = jwt.decode(
            token,
            keys.public_key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["exp", "iat", "sub", "fam"]},
        )
        return AccessClaims(UUID(claims["sub"]), UUID(claims["fam"]), datetime.fromtimestamp(claims["exp"], UTC))
    except jwt.ExpiredSignatureError as error:
        raise IamaError("TOKEN_EXPIRED") from error
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
        raise IamaError("TOKEN_INVALID") from error
