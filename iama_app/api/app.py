"""The API application that is mounted under /api. It is put together here; what routes do stands in v1/ and v2/."""

from fastapi import FastAPI
from redis.asyncio import Redis

from iama_app.api import errors, openapi, reference, session_forms
from iama_app.api.middleware import Guard
from iama_app.api.rate_limit import RateLimiter
from iama_app.api.stream_leases import StreamLeases
from iama_app.api.streams import StreamClocks
from iama_app.api.v1 import auth, plan
from iama_app.api.v1 import delivery as v1_delivery
from iama_app.api.v1 import jobs as v1_jobs
from iama_app.api.v1 import specs as v1_specs
from iama_app.api.v2 import (
    actions,
    artifacts,
    contexts,
    delivery,
    edits,
    jobs,
    me,
    schemas,
    specs,
    streams,
    tests,
    workspace,
)
from services.infra.settings import load_settings, secret

MODULES = (
    auth,
    me,
    plan,
    jobs,
    actions,
    specs,
    tests,
    artifacts,
    contexts,
    delivery,
    streams,
    workspace,
    v1_jobs,
    v1_specs,
    v1_delivery,
    edits,
    schemas,
    session_forms,
    reference,
)


def create_api() -> FastAPI:
    """Return the API with its guard, error translation and every route."""
    app = FastAPI(
        title="IAMA",
        version="2",
        description=openapi.DESCRIPTION,
        servers=[{"url": "/api"}],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        root_path_in_servers=False,
    )
    errors.install(app)
    app.add_middleware(Guard)
    redis = _redis()
    app.state.limiter = RateLimiter(redis)
    app.state.stream_leases = StreamLeases(redis)
    app.state.stream_clocks = StreamClocks()
    for module in MODULES:
        app.include_router(module.router)
    openapi.install(app)
    return app


def _redis() -> Redis | None:
    """Return a client that connects on first use, or None where no server is configured."""
    url = secret(load_settings().redis_url)
    return Redis.from_url(url, socket_connect_timeout=0.25, socket_timeout=0.5) if url else None


api = create_api()
