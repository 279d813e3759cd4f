"""The person's own page: preferences, consent, isolation of consents between workspaces."""

import pytest
from sqlmodel import select

from services.canon.errors import IamaError
from services.canon.vocabulary import Segment
from services.core.actor import Surface, user_actor
from services.identity import service as identity
from services.identity.flash import Flash, open_flash, seal_flash
from services.identity.rules import REQUIRED_CONSENT
from services.identity.schemas import Account, MeChanges, Origin, Theme
from services.infra.unit_of_work import unit_of_work
from services.tables.identity import UserConsent

pytestmark = pytest.mark.asyncio(loop_scope="session")

HERE = Origin(Surface.API)
DOCUMENT, VERSION = REQUIRED_CONSENT


class TestUpdateMe:
    async def test_changes_what_is_named_and_keeps_the_rest(self, person: Account) -> None:
        actor = user_actor(person.user_id, person.tenant_id)
        async with unit_of_work(actor) as uow:
            await identity.update_me(uow, MeChanges(segment=Segment.C, theme=Theme.DARK))
        async with unit_of_work(actor) as uow:
            await identity.update_me(uow, MeChanges(locale="de"))
            me = await identity.get_me(uow)
        assert (me.segment, me.theme, me.locale, me.telemetry_opt_out) == (Segment.C, Theme.DARK, "de", False)


class TestRecordConsent:
    async def test_opens_the_way_to_jobs_and_a_later_no_closes_it(self, person: Account) -> None:
        actor = user_actor(person.user_id, person.tenant_id)
        async with unit_of_work(actor) as uow:
            with pytest.raises(IamaError) as caught:
                await identity.require_consent(uow)
            assert caught.value.code == "CONSENT_REQUIRED"
            await identity.record_consent(uow, document=DOCUMENT, version=VERSION, accepted=True, origin=HERE)
        async with unit_of_work(actor) as uow:
            await identity.require_consent(uow)
            assert (await identity.get_me(uow)).consented
            await identity.record_consent(uow, document=DOCUMENT, version=VERSION, accepted=False, origin=HERE)
        async with unit_of_work(actor) as uow:
            assert not await identity.has_consented(uow)
            answers = [consent.accepted for consent in await identity.list_consents(uow)]
        assert answers == [False, True]

    async def test_refuses_a_text_nobody_was_shown(self, person: Account) -> None:
        async with unit_of_work(user_actor(person.user_id, person.tenant_id)) as uow:
            with pytest.raises(IamaError) as caught:
                await identity.record_consent(uow, document=DOCUMENT, version="99", accepted=True, origin=HERE)
        assert caught.value.code == "VALIDATION_FAILED"

    async def test_is_invisible_to_another_workspace(self, person: Account) -> None:
        other = await identity.register(f"other-{person.email}", "correct horse battery")
        async with unit_of_work(user_actor(person.user_id, person.tenant_id)) as uow:
            await identity.record_consent(uow, document=DOCUMENT, version=VERSION, accepted=True, origin=HERE)
        async with unit_of_work(user_actor(person.user_id, other.tenant_id)) as uow:
            rows = list(await uow.session.exec(select(UserConsent)))
            assert rows == []
            assert not await identity.has_consented(uow)


class TestFlash:
    async def test_survives_one_redirect_and_no_forgery(self, database: object) -> None:
        flash = Flash("sign-in", "INVALID_CREDENTIALS", "Address or password is wrong.", "ada@example.org")
        sealed = seal_flash(flash)
        assert open_flash(sealed) == flash
        body, mac = sealed.split(".")
        for forged in (f"{body}x.{mac}", f"{body}.{mac[:-2]}", body, "", "..", f"{mac}.{body}"):
            assert open_flash(forged) is None

    async def test_is_void_after_a_minute(self, database: object, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("services.identity.flash.FLASH_SECONDS", -1)
        assert open_flash(seal_flash(Flash("sign-in", "RATE_LIMITED", "Too many requests."))) is None
