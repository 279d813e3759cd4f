"""Build, recording and proof in a real sandbox: the boundary, the package door and our scripts fit together."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.baselines.build import plan_build, run_build
from services.baselines.generation import generate_tests
from services.baselines.proof import ProofLimits, prove
from services.baselines.recording import record
from services.baselines.suite import discover_suite
from services.core.tree import Tree
from services.engine.project import read_project
from services.sandbox.port import IsolationLevel, SandboxSpec, Session
from services.sandbox.service import select_provider
from services.specs.extraction import extract_items
from tests.services.baselines.sample_trees import SHOP

pytestmark = pytest.mark.asyncio
LIMITS = ProofLimits(run_seconds=120, test_seconds=20)
PACKAGED: Tree = {
    **SHOP,
    "pyproject.toml": (
        b'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        b'[project]\nname = "sample-shop"\nversion = "1.2.3"\n'
        b'[project.optional-dependencies]\ntests = ["pytest"]\n'
        b'[tool.setuptools]\npackages = ["shop"]\n'
    ),
    "tests/test_boundary.py": (
        b"import importlib.metadata, socket\nimport pytest, shop\n"
        b"def test_version():\n    assert importlib.metadata.version('sample-shop') == '1.2.3'\n"
        b"def test_imported_from_the_tree():\n    assert '/deps/' not in shop.__file__\n"
        b"def test_no_network():\n"
        b"    with pytest.raises(OSError):\n        socket.create_connection(('192.0.2.1', 443), timeout=2)\n"
    ),
}


@pytest_asyncio.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    """A session of the strongest provider of this machine; wiped afterwards."""
    provider = await select_provider(IsolationLevel.USERSPACE_KERNEL, own_code=True, root=tmp_path)
    opened = await provider.open(SandboxSpec(job_id="baselines"))
    try:
        yield opened
    finally:
        await opened.wipe()


class TestWholeWay:
    async def test_builds_records_and_proves(self, session: Session) -> None:
        await session.put(PACKAGED, replace=True)
        built = await run_build(session, plan_build(PACKAGED))
        assert built.ok, built.log
        project = read_project(PACKAGED, ["shop"])
        items, _ = extract_items(project, PACKAGED, [])
        suite = await record(session, generate_tests(items, project, PACKAGED), tree=PACKAGED, limits=LIMITS)
        own = discover_suite(PACKAGED)
        before = await prove(session, suite=suite, own=own, label="before", tree=PACKAGED, limits=LIMITS)
        assert before.own.counts() == {"passed": 7}
        assert before.generated.red == ()
        assert len(before.generated.outcomes) == len(suite.cases) > 8

        broken = {
            **PACKAGED,
            "shop/prices.py": PACKAGED["shop/prices.py"].replace(b"return price -", b"return price + 1 -"),
        }
        after = await prove(session, suite=suite, own=own, label="after", tree=broken, limits=LIMITS)
        assert {name.split("::")[1] for name in after.generated.red} == {"Test_discount"}
        assert after.own.counts() == {"passed": 5, "failed": 2}
