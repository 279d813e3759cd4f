"""A data folder has one instance, one format and a disk that takes writes; everything else is one sentence."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iama_app.cli.data_folder import FORMAT, held_data_folder, new_run_record, read_run
from iama_app.cli.launch_error import LaunchError

HOLDER = """
import sys, time
from pathlib import Path
from iama_app.cli.data_folder import held_data_folder, new_run_record
with held_data_folder(Path(sys.argv[1])) as folder:
    folder.write_run(new_run_record("http://localhost:3999"))
    print("held", flush=True)
    time.sleep(60)
"""

needs_mount = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None, reason="mounting a small file system needs root and mount"
)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the folder `tmp_path/data`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "data")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def _mounted(folder: Path, options: str) -> None:
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine allows no mounts: {done.stderr.strip()}")


def _refusal(path: Path) -> str:
    with pytest.raises(LaunchError) as caught, held_data_folder(path):
        pass
    sentence = str(caught.value)
    assert "\n" not in sentence and caught.value.exit_status != 0
    return sentence


class TestHeldDataFolder:
    def test_makes_folder_with_stamp_and_private_keys(self, tmp_path: Path) -> None:
        with held_data_folder(tmp_path / "new" / "data") as folder:
            assert (folder.path / "format").read_text() == f"{FORMAT}\n"
            assert stat.S_IMODE((folder.path / "keys").stat().st_mode) == 0o700

    def test_can_be_held_again_afterwards(self, tmp_path: Path) -> None:
        for _ in range(2):
            with held_data_folder(tmp_path / "data"):
                pass

    def test_second_holder_is_told_where_the_first_one_answers(
        self, tmp_path: Path, holder: subprocess.Popen[str]
    ) -> None:
        assert _refusal(tmp_path / "data") == (
            f"IAMA already runs on the data folder {tmp_path / 'data'}: open http://localhost:3999, or stop it first."
        )

    def test_killed_holder_gives_the_folder_back(self, tmp_path: Path, holder: subprocess.Popen[str]) -> None:
        holder.kill()
        holder.wait()
        with held_data_folder(tmp_path / "data"):
            pass

    @pytest.mark.parametrize(
        ("stamp", "words"), [(FORMAT + 1, "newer IAMA"), (FORMAT - 1, "older IAMA"), ("torn", "unreadable format")]
    )
    def test_other_formats_are_refused_untouched(self, tmp_path: Path, stamp: object, words: str) -> None:
        (tmp_path / "format").write_text(str(stamp))
        assert words in _refusal(tmp_path)
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["format", "lock"]

    def test_folder_of_somebody_else_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.tex").write_text("dear reader")
        assert "was not made by IAMA" in _refusal(tmp_path)

    def test_file_in_place_of_the_folder_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("")
        assert "is not a folder" in _refusal(tmp_path / "data")

    @needs_mount
    def test_full_disk_is_one_sentence(self, tmp_path: Path) -> None:
        _mounted(tmp_path, "size=4m")
        try:
            assert _refusal(tmp_path / "data").startswith("The disk is full: 4 MB are free")
        finally:
            subprocess.run(["umount", "-l", str(tmp_path)], check=True)

    @needs_mount
    def test_read_only_place_is_one_sentence(self, tmp_path: Path) -> None:
        _mounted(tmp_path, "size=4m,ro")
        try:
            assert "is not writable" in _refusal(tmp_path / "data")
        finally:
            subprocess.run(["umount", "-l", str(tmp_path)], check=True)


class TestReadRun:
    def test_names_the_live_instance(self, tmp_path: Path, holder: subprocess.Popen[str]) -> None:
        record = read_run(tmp_path / "data")
        assert record is not None
        assert (record.pid, record.url) == (holder.pid, "http://localhost:3999")

    def test_file_is_private(self, tmp_path: Path, holder: subprocess.Popen[str]) -> None:
        assert stat.S_IMODE((tmp_path / "data" / "run.json").stat().st_mode) == 0o600

    def test_record_of_a_killed_instance_is_not_believed(self, tmp_path: Path, holder: subprocess.Popen[str]) -> None:
        holder.kill()
        holder.wait()
        assert (tmp_path / "data" / "run.json").exists()
        assert read_run(tmp_path / "data") is None

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
    def test_unreadable_record_is_no_instance(self, tmp_path: Path, text: str) -> None:
        with held_data_folder(tmp_path) as folder:
            (folder.path / "run.json").write_text(text)
            assert read_run(tmp_path) is None

    def test_folder_that_does_not_exist_has_no_instance(self, tmp_path: Path) -> None:
        assert read_run(tmp_path / "none") is None

    def test_token_is_held_by_the_instance_as_a_hash(self) -> None:
        record = new_run_record("http://localhost:1")
        assert len(record.token_hash) == 64 and record.token not in record.token_hash
