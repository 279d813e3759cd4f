"""Steps of a program on the way of a job."""

from pathlib import Path

from tests.support.walker import ApiClient


def approved(api: ApiClient, folder: Path, **more: object) -> str:
    """Bring a new job past the approval of its spec, hazards accepted; return its id."""
    job_id = at_spec(api, folder, **more)
    spec = api.get(f"/v2/jobs/{job_id}/spec")
    marks = _hazards(api, job_id)
    body = {"revision_token": spec["revision_token"], "accepted_hazards": marks}
    api.send("POST", f"/v2/jobs/{job_id}/spec/approve", body)
    return job_id


def at_spec(api: ApiClient, folder: Path, **more: object) -> str:
    """Bring a new job to the approval of its spec; return its id."""
    job_id = api.create(folder.as_uri(), "Clean up", **more)
    api.wait(job_id, "WAITING_STRATEGY")
    api.act(job_id, "SELECT_STRATEGY", level="STANDARD")
    api.wait_for_spec(job_id)
    return job_id


def _hazards(api: ApiClient, job_id: str) -> list[str]:
    chosen = next(one for one in api.get(f"/v2/jobs/{job_id}/proposals")["proposals"] if one["selected"])
    return [str(one["id"]) for one in chosen["hazards"]]
