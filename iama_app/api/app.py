"""The API application that is mounted under /api. It is put together here; what routes do stands in v1/ and v2/."""

from fastapi import FastAPI

from iama_app.api import errors, openapi, reference, session_forms
from iama_app.api.middleware import Guard
from iama_app.api.rate_limit import RateLimiter
from iama_app.api.stream_leases import StreamLeases
from iama_app.api.streams import StreamClocks
from iama_app.api.v1 import auth
from iama_app.api.v2 import jobs as v2_jobs
from iama_app.api.v2 import me, streams

ROUTERS = (auth.router, me.router, v2_jobs.router, streams.router, session_forms.router, reference.router)


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
    app.state.limiter = RateLimiter()
    app.state.stream_leases = StreamLeases()
    app.state.stream_clocks = StreamClocks()
    for router in ROUTERS:
        app.include_router(router)
    openapi.install(app)
    return app


api = create_api()
