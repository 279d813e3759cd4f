"""Effective index settings and the allowlist made from them; no index is named in the product."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.sandbox import allowlist, index_settings
from services.sandbox.allowlist import Endpoint
from services.sandbox.index_settings import guest_variables, python_settings

VARIABLES = (
    *("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "PIP_CONFIG_FILE"),
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "XDG_CONFIG_HOME"),
)


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "none"))
    monkeypatch.setattr(index_settings, "_pip_files", lambda home: [home / "pip.conf"])


class TestPythonSettings:
    def test_asks_uv_for_its_built_in_default(self, tmp_path: Path) -> None:
        assert python_settings(tmp_path).default.startswith("https://")

    def test_reads_pip_files_and_lets_variables_win(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        text = "[global]\nindex-url = https://mirror.invalid/simple\nextra-index-url = https://a.invalid/s https://b.invalid/s\n"
        (tmp_path / "pip.conf").write_text(text)
        found = python_settings(tmp_path)
        assert found.default == "https://mirror.invalid/simple"
        assert found.extra == ("https://a.invalid/s", "https://b.invalid/s")
        monkeypatch.setenv("PIP_INDEX_URL", "https://variable.invalid/simple")
        assert python_settings(tmp_path).default == "https://variable.invalid/simple"
        monkeypatch.setenv("UV_DEFAULT_INDEX", "https://uv.invalid/simple")
        assert python_settings(tmp_path).default == "https://uv.invalid/simple"

    def test_reads_uv_files(self, tmp_path: Path) -> None:
        (tmp_path / ".config/uv").mkdir(parents=True)
        table = (
            '[[index]]\nurl = "https://d.invalid/simple"\ndefault = true\n[[index]]\nurl = "https://e.invalid/simple"\n'
        )
        (tmp_path / ".config/uv/uv.toml").write_text(table)
        found = python_settings(tmp_path)
        assert (found.default, found.extra) == ("https://d.invalid/simple", ("https://e.invalid/simple",))

    def test_gives_guests_no_credentials(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PIP_INDEX_URL", "https://user:secret@mirror.invalid/simple")
        found = python_settings(tmp_path)
        assert found.had_credentials
        assert "secret" not in str(guest_variables(found))
        assert guest_variables(found)["UV_DEFAULT_INDEX"] == "https://mirror.invalid/simple"

    def test_shows_local_places_but_never_a_top_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "index/simple").mkdir(parents=True)
        monkeypatch.setenv("UV_INDEX", f"near=file://{tmp_path}/index/simple")
        monkeypatch.setenv("UV_FIND_LINKS", "/,/etc")
        assert python_settings(tmp_path).local == (tmp_path / "index",)


class _Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'<a href="https://files.invalid/a.whl">a</a> <a href="../../x.whl">b</a>')

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def index() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    server.server_close()


class TestEffectiveEndpoints:
    def test_holds_the_index_and_the_file_hosts_its_pages_name(
        self, index: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index)
        monkeypatch.setattr(allowlist, "npm_registry", lambda: "")
        found = allowlist.effective_endpoints()
        port = int(index.split(":")[2].partition("/")[0])
        own = {item for item in found if item.host in ("127.0.0.1", "files.invalid")}
        assert own == {
            Endpoint("127.0.0.1", port, "http", configured=True),
            Endpoint("files.invalid", 443, "https", configured=False),
        }

    def test_holds_the_index_alone_when_it_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
        monkeypatch.setattr(allowlist, "npm_registry", lambda: "")
        found = {item for item in allowlist.effective_endpoints() if item.port == 9}
        assert found == {Endpoint("127.0.0.1", 9, "http", configured=True)}


def test_no_registry_host_stands_in_the_sources() -> None:
    tree = Path(index_settings.__file__).parent
    names = ["".join(parts) for parts in (("py", "pi.org"), ("python", "hosted"), ("npm", "js."), ("de", "bian.org"))]
    texts = [path.read_text() for path in [*tree.rglob("*.py"), tree.parents[1] / "scripts/install_runsc.sh"]]
    assert not [name for name in names for text in texts if name in text]
