"""Which hosts a build may reach: the configured package indexes and the file hosts their own pages name."""

import contextlib
import re
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.sandbox.index_settings import npm_registry, python_settings

PAGE_BYTES = 512 * 1024
FETCH_SECONDS = 10
KEEP_SECONDS = 3600
SAMPLE_PROJECTS = ("pip", "setuptools", "pytest")
"""Projects whose index page is read to learn file hosts; the first page that answers is enough."""

SAMPLE_NODE_PROJECTS = ("typescript",)
_FILE_URL = re.compile(r"""(?:href=|"tarball":)\s*["'](https?://[^"'<>\s]+)""")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and port a build may connect to; `configured` hosts may also be private addresses."""

    host: str
    port: int
    scheme: str
    configured: bool


def endpoint_of(url: str, *, configured: bool) -> Endpoint | None:
    """Return the endpoint of an http(s) URL, or None for anything else."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return Endpoint(normalise_host(parts.hostname), parts.port or _PORTS[parts.scheme], parts.scheme, configured)


def normalise_host(host: str) -> str:
    """Return a host name as it is compared: lower case, no trailing dot."""
    return host.lower().rstrip(".")


def file_endpoints(page: str) -> set[Endpoint]:
    """Return the endpoints of the files an index page names."""
    found = {endpoint_of(url, configured=False) for url in _FILE_URL.findall(page)}
    return {item for item in found if item is not None}


def _fetch(url: str) -> str:
    request = urllib.request.Request(url, headers={"Accept": "text/html, application/json;q=0.5"})
    with urllib.request.urlopen(request, timeout=FETCH_SECONDS) as answer:
        return str(answer.read(PAGE_BYTES).decode("utf-8", "replace"))


def _named_by(index: str, projects: Iterable[str]) -> set[Endpoint]:
    for project in projects:
        with contextlib.suppress(OSError, ValueError):
            return file_endpoints(_fetch(f"{index.rstrip('/')}/{project}/"))
    return set()


_kept: dict[tuple[str, ...], tuple[float, frozenset[Endpoint]]] = {}


def effective_endpoints() -> frozenset[Endpoint]:
    """Return what builds may reach now. Reads settings each time and index pages at most once an hour; blocks."""
    settings = python_settings()
    indexes = [url for url in (settings.default, *settings.extra) if urlsplit(url).scheme in _PORTS]
    registry = npm_registry()
    key = (*settings.urls, registry)
    kept = _kept.get(key)
    if kept is not None and time.monotonic() - kept[0] < KEEP_SECONDS:
        return kept[1]
    found = {endpoint_of(url, configured=True) for url in (*settings.urls, registry)} - {None}
    named = set().union(*(_named_by(index, SAMPLE_PROJECTS) for index in indexes))
    if registry:
        named |= _named_by(registry, SAMPLE_NODE_PROJECTS)
    endpoints = frozenset(_without_doubles({*found, *named}))
    if named:
        _kept[key] = (time.monotonic(), endpoints)
    return endpoints


def _without_doubles(endpoints: set[Endpoint | None]) -> set[Endpoint]:
    """Keep the configured one of two endpoints that differ in nothing else."""
    best: dict[tuple[str, int, str], Endpoint] = {}
    for item in endpoints:
        if item is not None and (item.configured or (item.host, item.port, item.scheme) not in best):
            best[(item.host, item.port, item.scheme)] = item
    return set(best.values())
