"""Every setting of an installation: one typed class, read from the environment, refused with readable sentences.

Processes started by `iama up` inherit the same environment; modules that need a single value at import time read the
same variable names. `docs/reference/settings.md` is generated from this table.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_PORT = 3000


class Settings(BaseSettings):
    """What an operator may set; the field's alias is the environment variable."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True, env_ignore_empty=True)

    port: int = Field(DEFAULT_PORT, alias="IAMA_PORT", ge=1, le=65535, description="Port of web pages and API.")
    host: str = Field("127.0.0.1", alias="IAMA_HOST", description="Address to listen on; loopback unless set.")
    data: Path = Field(Path(".data"), alias="IAMA_DATA", description="Folder of everything the installation keeps.")
    origins: str | None = Field(
        None,
        alias="IAMA_ORIGINS",
        description="Public origins of the pages, comma-separated; for proxies.",
    )
    web_workers: int = Field(1, alias="IAMA_WEB_WORKERS", ge=1, le=64, description="Web processes behind the port.")
    pool_workers: int = Field(2, alias="IAMA_POOL_WORKERS", ge=1, le=64, description="Processes for sandbox work.")
    demo: bool = Field(True, alias="IAMA_DEMO", description="Whether a demo repository is prepared at start.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", alias="IAMA_LOG_LEVEL", description="Least level written to the log files."
    )

    database_url: SecretStr | None = Field(
        None, alias="DATABASE_URL", description="Administrator's URL of an external PostgreSQL 15 or later."
    )
    database_secret: SecretStr | None = Field(
        None, alias="IAMA_DATABASE_SECRET", min_length=32,
        description="Secret the role passwords derive from; needed when several machines share a database.",
    )  # fmt: skip
    redis_url: SecretStr | None = Field(None, alias="REDIS_URL", description="URL of an external Redis or Valkey.")

    local_roots: str | None = Field(
        None, alias="IAMA_LOCAL_ROOTS",
        description="Folders that local repositories may lie in, colon-separated; home and working folder unless set.",
    )  # fmt: skip
    allow_private_remotes: bool = Field(
        False, alias="IAMA_ALLOW_PRIVATE_REMOTES", description="Whether Git remotes may have private addresses."
    )

    model_base_url: str | None = Field(
        None, alias="IAMA_MODEL_BASE_URL", description="An OpenAI-compatible server; empty lets the model name choose."
    )
    model_api_key: SecretStr | None = Field(None, alias="IAMA_MODEL_API_KEY", description="Key of the model provider.")
    model_l1: str | None = Field(None, alias="IAMA_MODEL_L1", description="Model of class L1; none: built-in rules.")
    model_l2: str | None = Field(None, alias="IAMA_MODEL_L2", description="Model of class L2.")
    model_l3: str | None = Field(None, alias="IAMA_MODEL_L3", description="Model of class L3.")
    model_fallback: bool = Field(
        True, alias="IAMA_MODEL_FALLBACK", description="Whether the built-in rules answer when the provider does not."
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, ("postgresql://",), "postgresql://user:password@host:5432/database")

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        return _with_scheme(value, ("redis://", "rediss://", "unix://"), "redis://host:6379/0")

    @property
    def data_folder(self) -> Path:
        """The data folder, absolute."""
        return self.data.expanduser().resolve()

    @property
    def is_external(self) -> bool:
        """Whether the database is the operator's."""
        return self.database_url is not None

    @property
    def public_origins(self) -> str:
        """Origins whose pages may open the websocket, separated by commas."""
        return self.origins or f"http://localhost:{self.port},http://127.0.0.1:{self.port}"


class SettingsError(Exception):
    """Some settings are not usable; the text names each variable, what is wrong and what would do."""


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: one line per setting that cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_line(problem["loc"], problem["msg"]) for problem in error.errors())) from None


def secret(value: SecretStr | None) -> str | None:
    """Return the plain text of an optional secret."""
    return value.get_secret_value() if value else None


def _line(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"{location[0] if location else 'settings'}: {text[:1].lower()}{text[1:]}."


def _with_scheme(value: SecretStr | None, schemes: tuple[str, ...], example: str) -> SecretStr | None:
    if value is not None and not value.get_secret_value().startswith(schemes):
        raise ValueError(f"The address must look like {example}")
    return value
