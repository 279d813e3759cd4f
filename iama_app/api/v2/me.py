"""The signed-in person: preferences, password, consents, sign-ins."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from iama_app.api.audited import Audited, changed
from iama_app.api.dependencies import Caller, CallingActor, origin_of, sign_in_limit
from iama_app.api.errors import refusals
from iama_app.api.models import Body
from services.access import service as access
from services.identity import service as identity
from services.identity.schemas import Consent, Me, MeChanges, SignIn
from services.infra.unit_of_work import unit_of_work

router = APIRouter(prefix="/v2/me", tags=["person"])


class MePatch(Body, MeChanges):
    """Preferences to change."""


class PasswordChange(Body):
    """The present password and the one that replaces it."""

    current_password: str = Field(max_length=1024, json_schema_extra={"format": "password"})
    new_password: str = Field(max_length=1024, json_schema_extra={"format": "password"})


class ConsentAnswer(Body):
    """An answer to one version of one document."""

    document: str = Field(max_length=64, examples=["data-processing"])
    version: str = Field(max_length=32, examples=["1.0"])
    accepted: bool


class ConsentList(BaseModel):
    """Answers, newest first."""

    items: list[Consent]


class SignInList(BaseModel):
    """Living sign-ins, last used first."""

    items: list[SignIn]


class Workspace(BaseModel):
    """A workspace the person may work in."""

    kind: Literal["PERSONAL", "ORG"]
    tenant_id: UUID
    name: str
    role: str
    tier: str
    default_billing_subject: Literal["USER", "ORG"]
    billing_cycle_end: datetime


class WorkspaceList(BaseModel):
    """Workspaces, the person's own first."""

    items: list[Workspace]


class MeChanged(Me, Audited):
    """The signed-in person after a change."""


class ConsentAnswered(Consent, Audited):
    """A recorded answer."""


@router.get("", response_model=Me, responses=refusals())
async def get_me(actor: CallingActor) -> Me:
    """Who is signed in, with preferences."""
    async with unit_of_work(actor) as uow:
        return await identity.get_me(uow)


@router.patch("", response_model=MeChanged, responses=refusals())
async def patch_me(actor: CallingActor, body: MePatch) -> MeChanged:
    """Change preferences; what is absent stays."""

    async def update() -> Me:
        async with unit_of_work(actor) as uow:
            return await identity.update_me(uow, body)

    return await changed(MeChanged, update())


@router.patch(
    "/password",
    status_code=204,
    response_class=Response,
    dependencies=[Depends(sign_in_limit)],
    responses=refusals("CURRENT_PASSWORD_INCORRECT", "WEAK_PASSWORD"),
)
async def patch_password(caller: Caller, body: PasswordChange) -> Response:
    """Change the password; every other sign-in ends."""
    async with unit_of_work(identity.actor_of(caller)) as uow:
        await identity.change_password(uow, current_password=body.current_password, new_password=body.new_password)
        await identity.revoke_all_sign_ins(uow, except_id=caller.sign_in_id)
    return Response(status_code=204)


@router.get("/consents", response_model=ConsentList, responses=refusals())
async def list_consents(actor: CallingActor) -> ConsentList:
    """What was agreed to or declined, newest first."""
    async with unit_of_work(actor) as uow:
        return ConsentList(items=await identity.list_consents(uow))


@router.post("/consents", status_code=201, response_model=ConsentAnswered, responses=refusals())
async def answer_consent(request: Request, caller: Caller, body: ConsentAnswer) -> ConsentAnswered:
    """Answer a document. Data processing must be agreed to before the first job."""

    async def record() -> Consent:
        async with unit_of_work(identity.actor_of(caller)) as uow:
            return await identity.record_consent(
                uow,
                document=body.document,
                version=body.version,
                accepted=body.accepted,
                origin=origin_of(request, caller.surface),
            )

    return await changed(ConsentAnswered, record())


@router.get("/sessions", response_model=SignInList, responses=refusals())
async def list_sessions(caller: Caller) -> SignInList:
    """Where the person is signed in."""
    async with unit_of_work(identity.actor_of(caller)) as uow:
        return SignInList(items=await identity.list_sign_ins(uow, caller.sign_in_id))


@router.delete("/sessions", status_code=204, response_class=Response, responses=refusals())
async def revoke_sessions(caller: Caller) -> Response:
    """End every other sign-in."""
    async with unit_of_work(identity.actor_of(caller)) as uow:
        await identity.revoke_all_sign_ins(uow, except_id=caller.sign_in_id)
    return Response(status_code=204)


@router.delete("/sessions/{sign_in_id}", status_code=204, response_class=Response, responses=refusals("NOT_FOUND"))
async def revoke_session(actor: CallingActor, sign_in_id: UUID) -> Response:
    """End one sign-in, this one included."""
    async with unit_of_work(actor) as uow:
        await identity.revoke_sign_in(uow, sign_in_id)
    return Response(status_code=204)


@router.get("/workspaces", response_model=WorkspaceList, responses=refusals())
async def list_workspaces(actor: CallingActor) -> WorkspaceList:
    """Workspaces the person may work in."""
    async with unit_of_work(actor) as uow:
        plan, role = await access.get_plan(uow), await access.find_role(uow)
    own = Workspace(
        kind="PERSONAL",
        tenant_id=actor.tenant_id,
        name="Personal workspace",
        role=role.value if role else "VIEWER",
        tier=plan.tier,
        default_billing_subject="USER",
        billing_cycle_end=plan.cycle_end,
    )
    return WorkspaceList(items=[own])
