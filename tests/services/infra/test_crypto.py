"""Sealing, tenant keys and the installation's key file."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from services.infra.crypto import KEY_BYTES, LocalKeyProvider, new_data_key, open_sealed, seal

PLAIN = b"def secret(): return 42\n"


class TestSeal:
    def test_opens_with_the_same_key_and_context(self) -> None:
        key = new_data_key()
        assert open_sealed(key, seal(key, PLAIN, "artifact:a"), "artifact:a") == PLAIN

    def test_hides_the_plain_bytes_and_never_repeats(self) -> None:
        key = new_data_key()
        first, second = seal(key, PLAIN, "c"), seal(key, PLAIN, "c")
        assert PLAIN not in first
        assert first != second

    @pytest.mark.parametrize("at", [0, 12, -1])
    def test_refuses_changed_bytes(self, at: int) -> None:
        key = new_data_key()
        sealed = bytearray(seal(key, PLAIN, "c"))
        sealed[at] ^= 1
        with pytest.raises(InvalidTag):
            open_sealed(key, bytes(sealed), "c")

    def test_refuses_another_key_or_context(self) -> None:
        key = new_data_key()
        sealed = seal(key, PLAIN, "artifact:a")
        for other_key, context in ((new_data_key(), "artifact:a"), (key, "artifact:b")):
            with pytest.raises(InvalidTag):
                open_sealed(other_key, sealed, context)


class TestLocalKeyProvider:
    def test_makes_its_file_once_and_readable_by_its_owner_only(self, tmp_path: Path) -> None:
        provider = LocalKeyProvider(tmp_path / "keys" / "master.key")
        assert provider.master_key() == provider.master_key()
        assert (tmp_path / "keys" / "master.key").stat().st_mode & 0o777 == 0o600

    def test_gives_processes_that_start_at_once_one_whole_key(self, tmp_path: Path) -> None:
        for number in range(30):
            provider = LocalKeyProvider(tmp_path / str(number) / "master.key")
            with ThreadPoolExecutor(8) as pool:
                keys = set(pool.map(lambda _, p=provider: p.master_key(), range(8)))
            assert len(keys) == 1
            assert len(keys.pop()) == KEY_BYTES

    def test_wraps_a_data_key_for_one_tenant(self, tmp_path: Path) -> None:
        provider, key = LocalKeyProvider(tmp_path / "master.key"), new_data_key()
        wrapped = provider.wrap(key, "tenant-a")
        assert key not in wrapped
        assert provider.unwrap(wrapped, "tenant-a") == key
        with pytest.raises(InvalidTag):
            provider.unwrap(wrapped, "tenant-b")
