"""What a plan includes, what was used, and what is refused for want of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.infra.unit_of_work import unit_of_work
from services.metering import service as metering
from tests.api import seeds
from tests.api.conftest import Person, actor_of, job_body, key, make_job

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _change_plan(person: Person, **columns: Any) -> None:
    names = ", ".join(f"{name} = :{name}" for name in columns)
    async with unit_of_work(await actor_of(person)) as uow:
        statement = text(f"UPDATE subscription_tiers SET {names} WHERE tenant_id = :tenant")
        await uow.session.execute(statement, columns | {"tenant": uow.tenant_id})


async def _use(person: Person, job_id: UUID, dimension: str, quantity: int, **columns: Any) -> None:
    async with unit_of_work(await actor_of(person)) as uow:
        await metering.record_use(
            uow, job_id, dimension=dimension, quantity=quantity, idempotency_key=f"{job_id}:{dimension}:{columns}",
            charge_reason="LOCAL_PLAN", **columns,
        )  # fmt: skip


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


class TestServerExecution:
    """V2-FR-ENT-001."""

    @pytest.mark.parametrize("tier", ["FREE", "PLUS"])
    async def test_is_refused_to_lower_plans_at_creation_and_start(
        self, ada: Person, repository: Path, tier: str
    ) -> None:
        job = await make_job(ada, repository)
        await _change_plan(ada, tier=tier)
        body = job_body(repository)
        old = {"target_paths": body["path_scope"], "refactor_context": body["goal"], "source": body["source"]}
        start = {"action": "START", "expected_revision": 0}
        refused = {
            "ENTITLEMENT_INSUFFICIENT": [
                await ada.client.post("/v2/jobs", json=body, headers=key()),
                await ada.client.post(f"/v2/jobs/{job['job_id']}/actions", json=start),
            ],
            "ENTITLEMENT_DENIED": [
                await ada.client.post("/v1/jobs", json=old),
                await ada.client.post(f"/v1/jobs/{job['job_id']}/start"),
            ],
        }
        for code, answers in refused.items():
            for answer in answers:
                assert _code(answer) == (403, code)
                assert answer.json()["denial_reason"] == "EXECUTION_ENVIRONMENT_NOT_ENTITLED"
        listed = (await ada.client.get("/v2/jobs")).json()["items"]
        assert [(item["job_id"], item["status"]) for item in listed] == [(job["job_id"], "PENDING")]

    async def test_is_decided_by_storage_at_each_call(self, ada: Person, repository: Path) -> None:
        await _change_plan(ada, tier="FREE")
        assert _code(await ada.client.post("/v2/jobs", json=job_body(repository), headers=key()))[0] == 403
        await _change_plan(ada, tier="PRO")
        await make_job(ada, repository)


class TestStart:
    async def test_at_once_spends_one_allowance_once(self, ada: Person, repository: Path) -> None:
        """V1-FR-BIL-004."""
        jobs = [await make_job(ada, repository) for _ in range(3)]
        await _change_plan(ada, daily_job_limit=1)
        answers = await asyncio.gather(*(ada.client.post(f"/v1/jobs/{job['job_id']}/start") for job in jobs))
        assert sorted(answer.status_code for answer in answers) == [200, 429, 429]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert _code(refused) == (429, "DAILY_JOB_LIMIT_REACHED")
        body = refused.json()
        assert (body["denial_reason"], body["limit"]) == ("QUOTA_EXCEEDED_DAILY", 1)
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        assert datetime.fromisoformat(body["reset_at"]) == midnight
        assert body["retry_after"] == body["reset_at"]
        assert 0 < int(refused.headers["retry-after"]) == body["retry_after_seconds"] <= 86400
        use = (await ada.client.get("/v1/usage/summary")).json()["phase_1"]
        assert (use["used"], use["limit"], use["reset_type"]) == (1, 1, "daily")


class TestUse:
    async def test_is_recorded_per_job_with_tokens_and_sandbox_time(self, ada: Person, repository: Path) -> None:
        """V1-FR-SUB-002."""
        used, idle = [UUID((await make_job(ada, repository))["job_id"]) for _ in range(2)]
        tokens = {"input_tokens": 1200, "output_tokens": 300}
        await _use(ada, used, "CREDITS", 1, event_type="phase_1_call", **tokens)
        await _use(ada, used, "CREDITS", 2, event_type="phase_2_call", **tokens)
        await _use(ada, used, "SANDBOX_SECONDS", 41)
        view = (await ada.client.get(f"/v1/usage/job/{used}")).json()
        assert (view["phase_1_calls"], view["phase_2_calls"], view["phase_3_calls"]) == (1, 2, 0)
        assert (view["prompt_tokens"], view["completion_tokens"], view["sandbox_seconds"]) == (2400, 600, 41)
        assert (await ada.client.get(f"/v1/usage/job/{idle}")).json()["prompt_tokens"] == 0

    async def test_is_summed_beside_its_limits_for_this_workspace_only(
        self, ada: Person, bob: Person, repository: Path
    ) -> None:
        """V1-FR-SUB-003."""
        job_id = UUID((await make_job(ada, repository))["job_id"])
        await _change_plan(ada, phase_2_limit=5)
        await _use(ada, job_id, "CREDITS", 2, event_type="phase_2_call")
        summary = (await ada.client.get("/v1/usage/summary")).json()
        assert (summary["phase_2"]["used"], summary["phase_2"]["limit"]) == (2, 5)
        assert summary["cycle_start"] < summary["last_updated"] < summary["cycle_end"]
        assert (await bob.client.get("/v1/usage/summary")).json()["phase_2"]["used"] == 0


class TestExpiry:
    async def test_is_shown_for_every_stored_result(self, ada: Person, repository: Path) -> None:
        """V1-FR-DEL-008."""
        job_id = UUID((await make_job(ada, repository))["job_id"])
        await seeds.deliver(await actor_of(ada), job_id)
        items = (await ada.client.get(f"/v2/jobs/{job_id}/artifacts")).json()["items"]
        assert len(items) >= 4
        for item in items:
            kept = datetime.fromisoformat(item["expires_at"]) - datetime.fromisoformat(item["created_at"])
            assert timedelta(days=13, hours=23) < kept < timedelta(days=14, hours=1)
        assert "artifact_expires_at" in (await ada.client.get(f"/v1/jobs/{job_id}/delivery")).json()
