"""The bun of the wheel is the bun that its makers publish; asked again whenever the pin moves."""

import hashlib
import platform
import subprocess
from pathlib import Path

import pytest

from services.infra.embedded.binaries import bun_binary

pytestmark = pytest.mark.slow

CACHE = Path(__file__).resolve().parents[4] / ".cache"
PUBLISHED = {"x86_64": "@oven/bun-linux-x64", "aarch64": "@oven/bun-linux-aarch64"}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The binary of the official npm package of the same version."""
    bun, package = str(bun_binary()), PUBLISHED[platform.machine()]
    version = subprocess.run([bun, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / "package.json").write_text("{}")
    subprocess.run([bun, "add", "--exact", "--silent", f"{package}@{version}"], check=True, cwd=tmp_path, timeout=240)
    return tmp_path / "node_modules" / package / "bin" / "bun"


class TestBun:
    def test_is_byte_for_byte_the_published_one(self, request: pytest.FixtureRequest) -> None:
        ours = _sha256(bun_binary())
        seen = CACHE / f"bun-{ours}.same"
        if not seen.exists():
            assert _sha256(request.getfixturevalue("published")) == ours
            CACHE.mkdir(exist_ok=True)
            seen.touch()
