"""What each process of the installation is told through its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from iama_app.cli.data_folder import RunRecord
from iama_app.cli.web_build import QUIET, ROOT, SERVE
from services.infra.settings import Settings

_ADMIN_ONLY = ("DATABASE_URL", "IAMA_DATABASE_SECRET")
"""Never handed to a process that serves requests or works on jobs."""


@dataclass(frozen=True, slots=True)
class RoleUrls:
    """Database URL per role, as `iama migrate --json` prints them."""

    app: str
    worker: str
    operator: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything the environments are made from."""

    settings: Settings
    run: RunRecord
    urls: RoleUrls
    redis_url: str

    def web(self) -> dict[str, str]:
        """The web process: application role, finished front end."""
        return self._common() | SERVE | {"IAMA_APP_DATABASE_URL": self.urls.app, "REFLEX_OPLOCK_ENABLED": "true"}

    def worker(self) -> dict[str, str]:
        """Workers and scheduler: the role that may look at every tenant's queue."""
        return self._common() | {"IAMA_APP_DATABASE_URL": self.urls.worker}

    def _common(self) -> dict[str, str]:
        return base_environment(self.settings) | {
            "REDIS_URL": self.redis_url,
            "IAMA_LOCAL_TOKEN_HASH": self.run.token_hash,
            "IAMA_EXTERNAL": _flag(self.settings.is_external),
        }


def base_environment(settings: Settings, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the caller's environment without administrators' secrets, with the installation's fixed values."""
    kept = {name: value for name, value in (inherited or os.environ).items() if name not in _ADMIN_ONLY}
    return kept | QUIET | {
        "IAMA_DATA": str(settings.data_folder),
        "IAMA_PORT": str(settings.port),
        "IAMA_ORIGINS": settings.public_origins,
        "IAMA_POOL_WORKERS": str(settings.pool_workers),
        "IAMA_LOG_LEVEL": settings.log_level,
        "IAMA_MODEL_FALLBACK": _flag(settings.model_fallback),
        "IAMA_ALLOW_PRIVATE_REMOTES": _flag(settings.allow_private_remotes),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip


def _flag(value: bool) -> str:
    return "1" if value else "0"
