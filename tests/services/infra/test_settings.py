"""Settings are typed, documented and refused in words; secrets do not show."""

import pytest

from services.infra.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)


class TestLoadSettings:
    def test_nothing_set_means_embedded_on_loopback(self) -> None:
        settings = load_settings()
        assert (settings.host, settings.port, settings.is_external) == ("127.0.0.1", 3000, False)

    def test_every_bad_value_gets_its_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IAMA_PORT", "0")
        monkeypatch.setenv("REDIS_URL", "http://host")
        with pytest.raises(SettingsError) as caught:
            load_settings()
        lines = str(caught.value).splitlines()
        assert [line.split(":")[0] for line in lines] == ["IAMA_PORT", "REDIS_URL"]

    def test_short_shared_secret_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IAMA_DATABASE_SECRET", "short")
        with pytest.raises(SettingsError, match="^IAMA_DATABASE_SECRET"):
            load_settings()

    def test_empty_variable_counts_as_not_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "")
        assert load_settings().database_url is None

    def test_refused_secret_is_not_repeated(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "mysql://me:geheim@host/db")
        with pytest.raises(SettingsError) as caught:
            load_settings()
        assert "geheim" not in str(caught.value)

    def test_secrets_do_not_show_in_a_printout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://me:geheim@host/db")
        assert "geheim" not in repr(load_settings())


class TestReference:
    def test_every_setting_says_what_it_is_for(self) -> None:
        assert [field.alias for field in Settings.model_fields.values() if not field.description] == []
