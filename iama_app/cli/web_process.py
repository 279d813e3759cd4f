"""The web process as the server loads it: the application, in a process that ends when its server does."""

import os
import signal
from typing import Any

from services.infra.embedded.processes import die_with_parent


def application() -> Any:
    """Return the ASGI application; a killed server leaves no worker behind on the port."""
    die_with_parent(signal.SIGKILL, os.getppid())
    from iama_app.iama_app import app

    return app()
