"""Every change answers with the audit fact that records it."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.api import seeds
from tests.api.conftest import Person, actor_of, job_body, key, make_job

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _fact(person: Person, job_id: str, audit_event_id: str) -> dict[str, Any]:
    items = (await person.client.get(f"/v2/jobs/{job_id}/audit")).json()["items"]
    return next(item for item in items if item["audit_event_id"] == audit_event_id)


class TestAuditEventId:
    async def test_names_the_fact_of_a_creation_also_when_repeated(self, ada: Person, repository: Path) -> None:
        headers, body = key(), job_body(repository)
        first, again = [(await ada.client.post("/v2/jobs", json=body, headers=headers)).json() for _ in range(2)]
        assert first == again
        assert (await _fact(ada, first["job_id"], first["audit_event_id"]))["event_type"] == "job.created"

    async def test_names_the_fact_of_each_change_of_a_job(self, ada: Person, repository: Path) -> None:
        job_id = (await make_job(ada, repository))["job_id"]
        path = f"/v2/jobs/{job_id}"
        scoped = (await ada.client.patch(path, json={"path_scope": ["."], "expected_revision": 0})).json()
        assert (await _fact(ada, job_id, scoped["audit_event_id"]))["event_type"] == "job.scope_changed"
        acted = (await ada.client.post(f"{path}/actions", json={"action": "CANCEL", "expected_revision": 0})).json()
        fact = await _fact(ada, job_id, acted["audit_event_id"])
        assert (fact["event_type"], fact["body"]["new_state"]) == ("job.transition", "FAILED")

    async def test_names_the_fact_of_a_spec_edit_and_none_where_nothing_changed(
        self, ada: Person, repository: Path
    ) -> None:
        job_id = (await make_job(ada, repository))["job_id"]
        actor = await actor_of(ada)
        await seeds.move(actor, UUID(job_id), seeds.TO_SPEC)
        token = await seeds.add_spec(actor, UUID(job_id))
        path = f"/v2/jobs/{job_id}/spec"
        same = (await ada.client.patch(path, json={"revision_token": token, "bdd_items": [seeds.BEHAVIOUR]})).json()
        assert (same["number"], same["audit_event_id"]) == (1, None)
        items = [seeds.BEHAVIOUR | {"title": "Sums"}]
        edited = (await ada.client.patch(path, json={"revision_token": token, "bdd_items": items})).json()
        fact = await _fact(ada, job_id, edited["audit_event_id"])
        assert (fact["event_type"], fact["body"]["revision_id"]) == ("spec.revised", edited["revision_id"])

    async def test_is_ones_own_when_many_change_at_once(self, ada: Person, repository: Path) -> None:
        made = await asyncio.gather(*(make_job(ada, repository) for _ in range(8)))
        for job in made:
            fact = await _fact(ada, job["job_id"], job["audit_event_id"])
            assert fact["body"]["job_id"] == job["job_id"]

    async def test_names_changes_of_the_person_too(self, ada: Person) -> None:
        assert (await ada.client.patch("/v2/me", json={"theme": "DARK"})).json()["audit_event_id"]
        consent = {"document": "data-processing", "version": "1.0", "accepted": True}
        assert (await ada.client.post("/v2/me/consents", json=consent)).json()["audit_event_id"]
