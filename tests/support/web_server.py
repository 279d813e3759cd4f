"""The finished product in a browser: a built front end, the real web process, a real database, Debian's Chromium."""

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, sync_playwright

from iama_app.cli.web_build import QUIET, SERVE
from services.infra.database import APP_URL_VARIABLE
from services.infra.embedded.processes import free_port
from services.infra.paths import DATA_VARIABLE
from tests.support.servers import RunningServers

WEB_ROOT_VARIABLE = "IAMA_WEB_ROOT"
"""Folder with the code and its `.web` build; the checkout itself unless a test run builds elsewhere."""
READY_SECONDS = 60
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
]


def web_root() -> Path:
    """Return the folder that the web process is started in."""
    return Path(os.environ.get(WEB_ROOT_VARIABLE, Path(__file__).resolve().parents[2]))


@pytest.fixture(scope="session")
def web_url(servers: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the built front end over a fresh, migrated database; local repositories lie below the data folder."""
    root = web_root()
    if not (root / ".web" / "build" / "client" / "index.html").is_file():
        pytest.fail(f"no front-end build in {root}; build it first (`reflex export --frontend-only --no-zip`)")
    data = tmp_path_factory.mktemp("web")
    with servers.database() as urls:
        own = {APP_URL_VARIABLE: urls.app, DATA_VARIABLE: str(data), "IAMA_LOCAL_ROOTS": str(data.parent)}
        with served_build("iama_app.iama_app:app", data, own) as url:
            yield url


@contextmanager
def served_build(application: str, folder: Path, own: Mapping[str, str]) -> Iterator[str]:
    """Serve the finished front end with an application on a free port; yields where it answers.

    Args:
        application: `module:attribute` of an ASGI factory.
        folder: Where its log is kept.
        own: Environment beside the common part.
    """
    port, root = free_port(), web_root()
    url = f"http://127.0.0.1:{port}"
    env = {**os.environ, **QUIET, **SERVE, **own, "IAMA_ORIGINS": url, "PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", application]
    with (folder / "web.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)], cwd=root, env=env, stdout=log, stderr=log
        )
        try:
            _wait_until_ready(url, server, folder / "web.log")
            yield url
        finally:
            server.terminate()
            server.wait(15)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(log.read_text())
        try:
            urllib.request.urlopen(f"{url}/ping", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(log.read_text())


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium once."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if executable is None:
        pytest.fail("chromium is not installed (`apt-get install chromium`)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Browser, web_url: str) -> Iterator[BrowserContext]:
    """Open a fresh profile at 1440 × 900; nothing may leave the machine and the console stays clean."""
    with gated_context(chromium, web_url) as context:
        yield context


@contextmanager
def gated_context(browser: Browser, url: str, *, spared: str = "\0", **options: Any) -> Iterator[BrowserContext]:
    """Open a fresh profile; at its end nothing has left the machine and the console is clean.

    Args:
        spared: Console errors with these words are expected.
    """
    settings: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"} | options
    context = browser.new_context(base_url=url, **settings)
    outside: list[str] = []
    errors: list[str] = []
    context.route("**/*", lambda route: _gate(route, url, outside))
    context.on("console", lambda message: _keep(errors, message, spared))
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    context.close()
    assert not outside, f"requests left the machine: {outside}"
    assert not errors, f"console errors: {errors}"


def _gate(route: Any, url: str, outside: list[str]) -> None:
    if route.request.url.startswith((url, "data:", "blob:")):
        route.continue_()
        return
    outside.append(route.request.url)
    route.abort()


def _keep(errors: list[str], message: ConsoleMessage, spared: str) -> None:
    if message.type == "error" and spared not in message.text:
        errors.append(message.text)
