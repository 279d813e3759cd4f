"""When the supervisor is killed, its guests die with it, and the next start tidies up what it left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.sandbox import service
from services.sandbox.port import SandboxSpec
from services.sandbox.process_tree import holders
from services.sandbox.providers.local import LocalProvider

pytestmark = pytest.mark.slow

PROGRAM = """
import asyncio, sys
from pathlib import Path
from services.sandbox.port import Phase, SandboxSpec
from services.sandbox.service import providers

async def main():
    provider = next(item for item in providers(Path(sys.argv[1])) if item.name == sys.argv[2])
    session = await provider.open(SandboxSpec("doomed"))
    print(session.ref, flush=True)
    async for event in session.run(Phase("x", ["sh", "-c", "sleep 300 & sleep 300 & echo running; wait"])):
        print(type(event).__name__, flush=True)

asyncio.run(main())
"""


async def test_kill_9_of_the_supervisor_leaves_no_process_and_the_sweep_erases_the_rest(
    provider: LocalProvider, root: Path
) -> None:
    repository = Path(service.__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(root), provider.name],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(repository)},
    )
    assert child.stdout is not None
    ref = child.stdout.readline().strip()
    assert child.stdout.readline().strip() == "LogChunk"
    assert holders(ref)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    deadline = time.monotonic() + 5
    while holders(ref) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not holders(ref)
    swept = await service.sweep_leftovers(root=root)
    assert [(evidence.session_ref, evidence.verified) for evidence in swept] == [(ref, True)]
    assert not (root / ref).exists()


async def test_the_sweep_keeps_sessions_that_are_named_or_in_use(provider: LocalProvider, root: Path) -> None:
    own = type(provider)(root)
    kept, used, left = [await own.open(SandboxSpec(name)) for name in ("kept", "used", "left")]
    lock = service.Volume(root / used.ref, None).lock()
    swept = await service.sweep_leftovers({kept.ref}, root=root)
    os.close(lock)
    assert [evidence.session_ref for evidence in swept] == [left.ref]
    assert all(evidence.verified for evidence in swept)
    assert (await service.wipe(kept.ref, root=root)).verified
    assert (await (await service.attach(used.ref, root=root)).wipe()).verified
    assert not [item for item in root.iterdir() if (item / "canary").exists()]
