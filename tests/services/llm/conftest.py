"""A scripted provider on this machine: npm `@copilotkit/aimock`, installed once by our own bun into a cache folder."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.infra.embedded.binaries import bun_binary
from services.llm.litellm_gateway import LiteLlmGateway

AIMOCK = "@copilotkit/aimock@1.43.0"
FIXTURES = Path(__file__).parent / "fixtures"
START_SECONDS = 20.0


def _cache_folder() -> Path:
    configured = os.environ.get("IAMA_TEST_CACHE")
    return Path(configured or Path(__file__).parents[3] / ".cache") / "npm-test"


def _command() -> list[str]:
    folder, bun = _cache_folder(), str(bun_binary())
    command = folder / "node_modules" / ".bin" / "llmock"
    if not command.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text("{}")
        subprocess.run([bun, "add", "--exact", "--silent", AIMOCK], check=True, cwd=folder, timeout=180)
    return [bun, "--bun", str(command.resolve())]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the scripted provider ended with {process.returncode}")
        try:
            urllib.request.urlopen(f"{url}/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the scripted provider did not start")


@pytest.fixture(scope="session")
def aimock() -> Iterator[str]:
    """Address of a running scripted provider, without the `/v1`."""
    port = _free_port()
    arguments = [*_command(), "-p", str(port), "-f", str(FIXTURES), "--strict", "--log-level", "silent"]
    process = subprocess.Popen(arguments)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest_asyncio.fixture
async def litellm_gateway() -> AsyncIterator[LiteLlmGateway]:
    """The real gateway, its connections closed with the test's event loop."""
    gateway = LiteLlmGateway()
    yield gateway
    await gateway.aclose()
