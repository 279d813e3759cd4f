"""Which addresses are allowed."""

import socket
from pathlib import Path
from typing import Any

import pytest

from services.canon.errors import IamaError
from services.repositories import rules
from services.repositories.rules import check_source


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve without a network: a few public and private names, numbers as themselves."""
    known = {"git.example.org": "93.184.216.34", "inside.example.org": "10.1.2.3", "localhost": "127.0.0.1"}

    def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        numbers = {"2130706433": "127.0.0.1", "0x7f000001": "127.0.0.1", "0177.0.0.1": "127.0.0.1"}
        address = known.get(host) or numbers.get(host) or (host if host[:1].isdigit() or ":" in host else None)
        if address is None:
            raise OSError("unknown host")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


class TestCheckSource:
    @pytest.mark.parametrize(
        ("url", "label"),
        [
            ("https://git.example.org/team/app.git", "team/app"),
            ("ssh://git@git.example.org/team/app", "team/app"),
            ("git@git.example.org:team/app.git", "team/app"),
        ],
    )
    def test_takes_https_and_ssh(self, url: str, label: str) -> None:
        assert (check_source(url).url, check_source(url).label) == (url, label)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "   ",
            "ext::sh -c 'touch /tmp/x'",
            "ext::sh",
            "fd::17",
            "--upload-pack=touch /tmp/x",
            "-c core.sshCommand=x",
            "http://git.example.org/a/b",
            "git://git.example.org/a/b",
            "ftp://git.example.org/a",
            "https://user:secret@git.example.org/a/b",
            "https://token@git.example.org/a/b",
            "ssh://user:secret@git.example.org/a/b",
            "ssh://-oProxyCommand=touch/x",
            "ssh://x@-oProxyCommand=touch/x",
            "ssh://-x@git.example.org/a",
            "x@-oProxyCommand:a/b",
            "https://git.example.org/a b",
            "https://git.example.org/a\nb",
            "https:///a/b",
            "relative/path",
        ],
    )
    def test_refuses_helpers_options_credentials_and_other_schemes(self, url: str) -> None:
        with pytest.raises(IamaError) as caught:
            check_source(url)
        assert caught.value.code == "GIT_URL_NOT_ALLOWED"

    @pytest.mark.parametrize(
        "host",
        [
            "localhost",
            "127.0.0.1",
            "10.0.0.8",
            "192.168.1.4",
            "172.16.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "[::1]",
            "[fd00::1]",
            "[fe80::1]",
            "[::ffff:127.0.0.1]",
            "inside.example.org",
        ],
    )
    def test_refuses_private_addresses(self, host: str) -> None:
        with pytest.raises(IamaError) as caught:
            check_source(f"https://{host}/a/b")
        assert caught.value.code == "GIT_URL_NOT_ALLOWED"

    def test_takes_private_addresses_where_the_operator_allows_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(rules.ALLOW_PRIVATE_VARIABLE, "1")
        assert check_source("https://10.0.0.8/a/b").label == "a/b"

    def test_takes_folders_below_the_roots_as_path_or_address(self, roots: Path) -> None:
        (roots / "app").mkdir()
        by_path, by_url = check_source(str(roots / "app")), check_source((roots / "app").as_uri())
        assert by_path == by_url
        assert (by_path.url, by_path.local_path, by_path.label) == (
            (roots / "app").as_uri(),
            roots / "app",
            "src/app",
        )

    def test_refuses_folders_outside_the_roots(self, roots: Path, tmp_path: Path) -> None:
        (roots / "way-out").symlink_to(tmp_path)
        for place in (tmp_path, roots / ".." / "other", roots / "way-out", Path("/etc")):
            with pytest.raises(IamaError) as caught:
                check_source(str(place))
            assert caught.value.code == "GIT_URL_NOT_ALLOWED"

    def test_refuses_a_neighbour_whose_name_begins_like_a_root(self, roots: Path) -> None:
        (roots.parent / "src2").mkdir()
        with pytest.raises(IamaError):
            check_source(str(roots.parent / "src2"))

    def test_refuses_every_folder_on_a_shared_installation(self, roots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(rules.EXTERNAL_VARIABLE, "1")
        with pytest.raises(IamaError):
            check_source(str(roots))
