"""Sign-in for programs: register, log in, refresh, log out (A4–A7)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from iama_app.api.dependencies import BearerCaller, origin_of, sign_in_limit
from iama_app.api.errors import refusals
from iama_app.api.models import Body
from services.core.actor import Surface
from services.identity import service as identity
from services.identity.schemas import TokenPair
from services.infra.unit_of_work import unit_of_work

router = APIRouter(prefix="/v1/auth", tags=["sign-in"])
Email = Annotated[str, Field(min_length=1, max_length=320, examples=["ada@example.org"])]
Password = Annotated[
    str, Field(max_length=1024, examples=["correct horse battery"], json_schema_extra={"format": "password"})
]


class Credentials(Body):
    """Address and password."""

    email: Email
    password: Password


class Registered(BaseModel):
    """A new account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "user_id": "019aa3b2-7c11-7d60-9e2b-0f6e8b1f3a55",
                    "email": "ada@example.org",
                    "created_at": "2026-01-05T09:30:00Z",
                }
            ]
        }
    )

    user_id: UUID
    email: str
    created_at: datetime


class RefreshBody(Body):
    """The refresh token to spend or to revoke."""

    refresh_token: str = Field(min_length=1, max_length=512, examples=["jq3V…"])


@router.post(
    "/register",
    status_code=201,
    response_model=Registered,
    dependencies=[Depends(sign_in_limit)],
    responses=refusals("INVALID_EMAIL", "WEAK_PASSWORD", "EMAIL_ALREADY_EXISTS"),
)
async def register(body: Credentials) -> Registered:
    """Make an account with its own workspace. The password needs at least 8 characters."""
    account = await identity.register(body.email, body.password, surface=Surface.API)
    return Registered(user_id=account.user_id, email=account.email, created_at=account.created_at)


@router.post(
    "/login",
    response_model=TokenPair,
    dependencies=[Depends(sign_in_limit)],
    responses=refusals("INVALID_CREDENTIALS"),
)
async def login(request: Request, body: Credentials) -> TokenPair:
    """Exchange address and password for tokens. Unknown addresses and wrong passwords get the same answer."""
    account = await identity.check_password(body.email, body.password)
    return await identity.issue_tokens(account, origin_of(request, Surface.API))


@router.post(
    "/refresh",
    response_model=TokenPair,
    dependencies=[Depends(sign_in_limit)],
    responses=refusals("REFRESH_TOKEN_EXPIRED", "REFRESH_TOKEN_INVALID"),
)
async def refresh(request: Request, body: RefreshBody) -> TokenPair:
    """Spend a refresh token for a new pair. Each works once; using one twice signs its whole chain out."""
    return await identity.rotate(body.refresh_token, origin_of(request, Surface.API))


@router.post("/logout", status_code=204, response_class=Response, responses=refusals("TOKEN_EXPIRED", "TOKEN_INVALID"))
async def logout(caller: BearerCaller, body: RefreshBody) -> Response:
    """Sign out the chain of this refresh token; its access tokens end with it."""
    async with unit_of_work(identity.actor_of(caller)) as uow:
        await identity.revoke_chain(uow, body.refresh_token)
    return Response(status_code=204)
