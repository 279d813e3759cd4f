"""Erasing a session: what is overwritten, what is checked, what must not stop it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.sandbox import files, wipe
from services.sandbox.errors import SandboxUnavailableError
from services.sandbox.volume import Volume, create_volume
from services.sandbox.wipe import wipe_volume


@pytest.fixture
def volume(root: Path) -> Volume:
    made = create_volume(root, lambda ref: None)
    made.write_record({"phases": []})
    return made


class TestWipe:
    def test_leaves_nothing_and_says_what_it_checked(self, volume: Volume) -> None:
        volume.put({"a/b.py": b"secret\n" * 1000}, "workspace", replace=False)
        evidence = wipe_volume(volume, [])
        assert not volume.folder.exists()
        assert evidence.verified and evidence.method == "best-effort"
        assert evidence.bytes_overwritten >= 7000 and evidence.files >= 3
        assert evidence.detail["canary_hits_before"] >= 4
        assert all(evidence.checks.values()), evidence.checks

    def test_overwrites_the_very_blocks_of_a_file(self, volume: Volume, tmp_path: Path) -> None:
        victim = volume.path("workspace") / "secret"
        victim.write_bytes(b"secret" * 1000)
        os.link(victim, tmp_path / "other-name")
        wipe_volume(volume, [])
        assert (tmp_path / "other-name").read_bytes() == bytes(6000)

    def test_never_touches_what_links_point_to(self, volume: Volume, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "kept").write_text("host")
        (volume.path("out") / "link").symlink_to(outside / "kept")
        (volume.path("out") / "folder").symlink_to(outside)
        assert wipe_volume(volume, []).verified
        assert (outside / "kept").read_text() == "host"

    def test_copes_with_deep_folders_pipes_sparse_giants_and_closed_modes(self, volume: Volume) -> None:
        deep = os.open(volume.path("workspace"), os.O_RDONLY)
        for _ in range(600):
            os.mkdir("d", dir_fd=deep)
            child = os.open("d", os.O_RDONLY, dir_fd=deep)
            os.close(deep)
            deep = child
        os.close(os.open("end", os.O_CREAT, dir_fd=deep))
        os.close(deep)
        os.mkfifo(volume.path("out") / "pipe")
        with (volume.path("out") / "giant").open("wb") as file:
            file.truncate(1 << 40)
        (volume.path("out") / "closed").mkdir()
        (volume.path("out") / "closed/file").write_bytes(b"x")
        (volume.path("out") / "closed/file").chmod(0)
        (volume.path("out") / "closed").chmod(0)
        evidence = wipe_volume(volume, [])
        assert evidence.verified and not volume.folder.exists()
        assert evidence.seconds < 30

    def test_is_repeatable_and_returns_the_first_evidence(self, volume: Volume) -> None:
        assert wipe_volume(volume, []) == wipe_volume(volume, [])

    def test_is_not_verified_when_the_overwriting_does_nothing(
        self, volume: Volume, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wipe._Overwriter, "overwrite", lambda self, folder, name: None)
        evidence = wipe_volume(volume, [])
        assert not evidence.verified
        assert not evidence.checks["canary_not_found_after"] and not evidence.checks["read_back_all_zero"]

    def test_kills_a_process_that_names_the_session(self, volume: Volume) -> None:
        holder = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", volume.ref])
        assert wipe_volume(volume, []).checks["no_process_holds_the_volume"]
        assert holder.wait(timeout=5) == -9

    def test_waits_for_a_living_user_and_then_refuses(self, volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(wipe, "LOCK_SECONDS", 0.1)
        user = volume.lock()
        with pytest.raises(SandboxUnavailableError):
            wipe_volume(volume, [])
        os.close(user)
        assert volume.folder.exists()


class TestDataExtents:
    def test_skips_holes(self, tmp_path: Path) -> None:
        path = tmp_path / "sparse"
        with path.open("wb") as file:
            file.seek(1 << 30)
            file.write(b"end")
        descriptor = os.open(path, os.O_RDONLY)
        extents = list(files.data_extents(descriptor, path.stat().st_size))
        os.close(descriptor)
        assert sum(end - start for start, end in extents) < 1 << 20
        assert extents[-1][1] == (1 << 30) + 3
