"""The volume against what a hostile guest can leave in it."""

import os
from pathlib import Path

import pytest

from services.sandbox.errors import PhaseRefusedError, ResultRefusedError, SandboxUnavailableError
from services.sandbox.volume import Volume, create_volume, find_volume, matches


@pytest.fixture
def volume(root: Path) -> Volume:
    return create_volume(root, lambda ref: None)


class TestPut:
    def test_writes_nested_files_and_marks_scripts_executable(self, volume: Volume) -> None:
        volume.put({"a/b/c.py": b"x = 1\n", "run.sh": b"#!/bin/sh\n"}, "workspace", replace=False)
        assert (volume.path("workspace") / "a/b/c.py").read_bytes() == b"x = 1\n"
        assert os.access(volume.path("workspace") / "run.sh", os.X_OK)

    @pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a\\b", "C:x", "a/.git/config", "a\nb"])
    def test_refuses_paths_that_leave_the_folder(self, volume: Volume, path: str) -> None:
        with pytest.raises(PhaseRefusedError):
            volume.put({path: b""}, "workspace", replace=False)

    def test_refuses_other_destinations(self, volume: Volume) -> None:
        for destination in ("rootfs", "log", "../x", "deps"):
            with pytest.raises(PhaseRefusedError):
                volume.put({"x": b""}, destination, replace=False)

    def test_replaces_links_the_guest_left_instead_of_following_them(self, volume: Volume, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "kept").write_text("host")
        (volume.path("workspace") / "pkg").symlink_to(outside)
        (volume.path("workspace") / "file").symlink_to(outside / "kept")
        volume.put({"pkg/new.py": b"n", "file": b"guest"}, "workspace", replace=False)
        assert sorted(item.name for item in outside.iterdir()) == ["kept"]
        assert (outside / "kept").read_text() == "host"
        assert (volume.path("workspace") / "pkg/new.py").read_bytes() == b"n"

    def test_replaces_a_folder_where_a_file_belongs(self, volume: Volume) -> None:
        volume.put({"a/b": b"1"}, "workspace", replace=False)
        volume.put({"a": b"2"}, "workspace", replace=False)
        assert (volume.path("workspace") / "a").read_bytes() == b"2"

    def test_empties_the_folder_first_on_request(self, volume: Volume) -> None:
        volume.put({"old.py": b"", "kept/a.py": b"1"}, "workspace", replace=False)
        volume.put({"kept/b.py": b"2"}, "workspace", replace=True)
        assert sorted(volume.collect(["workspace/**"], 100)) == ["workspace/kept/b.py"]


class TestCollect:
    def test_reads_regular_files_only(self, volume: Volume, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("host secret")
        out = volume.path("out")
        (out / "report.xml").write_bytes(b"<x/>")
        (out / "link.xml").symlink_to(secret)
        (out / "folder").symlink_to(tmp_path)
        os.mkfifo(out / "pipe.xml")
        (out / b"odd\xff.xml".decode("utf-8", "surrogateescape")).write_bytes(b"odd")
        (out / "line\nbreak.xml").write_bytes(b"odd")
        assert volume.collect(["out/**"], 1000) == {"out/report.xml": b"<x/>"}

    def test_refuses_more_than_the_bound(self, volume: Volume) -> None:
        (volume.path("out") / "a").write_bytes(b"x" * 600)
        (volume.path("out") / "b").write_bytes(b"x" * 600)
        with pytest.raises(ResultRefusedError):
            volume.collect(["out/*"], 1000)

    def test_refuses_a_sparse_giant_without_reading_it(self, volume: Volume) -> None:
        with (volume.path("out") / "giant").open("wb") as file:
            file.truncate(1 << 40)
        with pytest.raises(ResultRefusedError):
            volume.collect(["out/*"], 1000)

    def test_never_reads_other_folders(self, volume: Volume) -> None:
        assert volume.collect(["canary", "**", "session.json", "out/../canary", "log/*"], 1000) == {}

    def test_matches_globs_by_path_parts(self) -> None:
        assert matches("out/a.xml", "out/*.xml")
        assert not matches("out/b/a.xml", "out/*.xml")
        assert matches("out/b/c/a.xml", "out/**/*.xml")
        assert matches("out/a.xml", "out/**/*.xml")


class TestLock:
    def test_gives_a_session_to_one_user_at_a_time(self, volume: Volume) -> None:
        first = volume.lock()
        with pytest.raises(SandboxUnavailableError):
            volume.lock()
        os.close(first)
        os.close(volume.lock())


class TestFind:
    @pytest.mark.parametrize("ref", ["", ".", "..", "../x", "unknown"])
    def test_refuses_references_that_are_no_session(self, root: Path, volume: Volume, ref: str) -> None:
        with pytest.raises(SandboxUnavailableError):
            find_volume(root, ref, None)
