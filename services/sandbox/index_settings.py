"""The package index settings in force on this host, read the way pip, uv and npm read them. No index is named here."""

import configparser
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from services.sandbox.guest import uv_binary

ASK_SECONDS = 15
NPM_VARIABLE = "npm_config_registry"
_HELP_DEFAULT = re.compile(r"by default:\s*<(https?://[^>]+)>")


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Effective Python index settings; URLs without credentials, `local` the `file:` places as folders."""

    default: str
    extra: tuple[str, ...]
    find_links: tuple[str, ...]
    had_credentials: bool = False

    @property
    def urls(self) -> tuple[str, ...]:
        """Return every place packages may come from, default first."""
        return tuple(item for item in (self.default, *self.extra, *self.find_links) if item)

    @property
    def local(self) -> tuple[Path, ...]:
        """Return existing host folders among the places."""
        folders = [folder for url in self.urls if (folder := _local_folder(url)) is not None]
        return tuple(dict.fromkeys(folders))


def _local_folder(url: str) -> Path | None:
    """Return the folder to show to guests for a `file:` place; an index's files usually lie beside its pages."""
    parts = urlsplit(url)
    if parts.scheme not in ("file", ""):
        return None
    folder = Path(unquote(parts.path))
    if folder.name == "simple":
        folder = folder.parent
    return folder if folder.is_absolute() and folder.is_dir() and len(folder.parts) > 2 else None


def without_credentials(url: str) -> str:
    """Return a URL without user name and password: guests run foreign code and get no secrets."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _pip_files(home: Path) -> list[Path]:
    named = os.environ.get("PIP_CONFIG_FILE")
    user = [home / ".pip/pip.conf", Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf"]
    system = [Path(item) / "pip/pip.conf" for item in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
    return [*system, Path("/etc/pip.conf"), *user, Path(sys.prefix) / "pip.conf", *([Path(named)] if named else [])]


def _pip_option(home: Path, name: str) -> str:
    """Return one pip option: environment over files, `[install]` over `[global]`, later files over earlier."""
    if (value := os.environ.get("PIP_" + name.upper().replace("-", "_"))) is not None:
        return value
    found = {"global": "", "install": ""}
    for path in _pip_files(home):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (OSError, configparser.Error, UnicodeDecodeError):
            continue
        for section in found:
            found[section] = parser.get(section, name, fallback=found[section])
    return found["install"] or found["global"]


def _uv_tables(home: Path) -> Iterable[Mapping[str, Any]]:
    user = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "uv/uv.toml"
    for path in (user, Path("/etc/uv/uv.toml")):
        try:
            table = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        yield from (table.get("pip", {}), table)


def _uv_files(home: Path) -> tuple[str, list[str], list[str]]:
    default, extra, links = "", [], []
    for table in _uv_tables(home):
        for index in table.get("index", []):
            if index.get("default"):
                default = default or index["url"]
            else:
                extra.append(index["url"])
        default = default or table.get("index-url", "")
        extra += table.get("extra-index-url", [])
        links += table.get("find-links", [])
    return default, extra, links


def _uv_index_variable() -> list[str]:
    """Return the URLs of `UV_INDEX`, whose items may be written `name=url`."""
    return [item.partition("=")[2] if re.match(r"[\w.-]+=", item) else item for item in _words("UV_INDEX")]


def _words(variable: str, separator: str | None = None) -> list[str]:
    return [item for item in os.environ.get(variable, "").split(separator) if item]


@lru_cache(maxsize=1)
def built_in_default() -> str:
    """Return the index uv uses when nobody configured one, as uv itself states it; empty when it does not say."""
    program = uv_binary()
    if program is None:
        return ""
    answer = subprocess.run(
        [str(program), "pip", "install", "--help"], env={"NO_COLOR": "1"}, capture_output=True, timeout=ASK_SECONDS
    )
    match = _HELP_DEFAULT.search(re.sub(r"\s+", " ", answer.stdout.decode("utf-8", "replace")))
    return match.group(1) if match else ""


def python_settings(home: Path | None = None) -> IndexSettings:
    """Return the effective Python index settings: uv's where given, pip's added, the built-in default last."""
    home = home or Path.home()
    file_default, file_extra, file_links = _uv_files(home)
    uv_default = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL") or file_default
    default = uv_default or _pip_option(home, "index-url") or built_in_default()
    extra = [
        *_uv_index_variable(),
        *_words("UV_EXTRA_INDEX_URL"),
        *file_extra,
        *_pip_option(home, "extra-index-url").split(),
    ]
    links = [*_words("UV_FIND_LINKS", ","), *file_links, *_pip_option(home, "find-links").split()]
    given = [default, *extra, *links]
    plain = [without_credentials(url) for url in given]
    return IndexSettings(
        default=plain[0],
        extra=tuple(dict.fromkeys(plain[1 : 1 + len(extra)])),
        find_links=tuple(dict.fromkeys(plain[1 + len(extra) :])),
        had_credentials=plain != given,
    )


@lru_cache(maxsize=1)
def npm_registry() -> str:
    """Return npm's effective registry, or an empty text where there is no npm."""
    if named := os.environ.get(NPM_VARIABLE) or os.environ.get(NPM_VARIABLE.upper()):
        return without_credentials(named)
    program = shutil.which("npm")
    if program is None:
        return ""
    try:
        answer = subprocess.run(
            [program, "config", "get", "registry"], capture_output=True, text=True, timeout=ASK_SECONDS, cwd="/"
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    url = answer.stdout.strip()
    return without_credentials(url) if url.startswith("http") else ""


def guest_variables(settings: IndexSettings) -> dict[str, str]:
    """Return the settings as variables that uv and pip inside a guest understand.

    `unsafe-best-match` is pip's own rule; without it uv would take a package only from the first index that has it.
    """
    variables = {
        "UV_DEFAULT_INDEX": settings.default,
        "UV_INDEX": " ".join(settings.extra),
        "UV_FIND_LINKS": ",".join(settings.find_links),
        "PIP_INDEX_URL": settings.default,
        "PIP_EXTRA_INDEX_URL": " ".join(settings.extra),
        "PIP_FIND_LINKS": " ".join(settings.find_links),
        "UV_INDEX_STRATEGY": "unsafe-best-match" if settings.extra else "",
    }
    return {name: value for name, value in variables.items() if value}
