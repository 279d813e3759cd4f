"""The doctor says what is configured, degraded or missing, and one broken part does not hide the others."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from iama_app.cli import doctor as module
from iama_app.cli.data_folder import FORMAT, held_data_folder, new_run_record
from iama_app.cli.doctor import doctor
from iama_app.cli.doctor_findings import Finding, Status
from iama_app.cli.doctor_parts import data_checks, integration_checks, model_checks, workflow_checks
from iama_app.cli.doctor_sandbox import _choice, _provider
from services.canon.tasks import ItemKind
from services.infra.settings import Settings
from services.workflow import handlers, registry


def _settings(folder: Path, **values: object) -> Settings:
    return Settings.model_validate({"IAMA_DATA": folder, **values})


def _by_name(found: Iterator[Finding]) -> dict[str, Finding]:
    return {item.name: item for item in found}


class TestDoctor:
    def test_json_is_one_document_with_every_area(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        quick = {name: check for name, check in module.AREAS.items() if name != "sandbox"}
        monkeypatch.setattr(module, "AREAS", quick)
        assert doctor(_settings(tmp_path), as_json=True) == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["ok"] is True and set(answer["areas"]) == set(quick)
        binaries = {item["name"]: item["data"]["sha256"] for item in answer["areas"]["binaries"]}
        assert {"postgres", "valkey-server", "bun"} <= set(binaries)

    def test_failing_check_is_a_finding_and_the_status(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(_settings: Settings) -> Iterator[Finding]:
            raise OSError("gone")
            yield

        monkeypatch.setattr(module, "AREAS", {"broken": broken, "data": data_checks})
        assert doctor(_settings(tmp_path), as_json=False) == 1
        printed = capsys.readouterr().out
        assert "MISSING   check: could not be carried out: OSError: gone" in printed
        assert "data folder" in printed


class TestDataChecks:
    def test_names_the_live_instance(self, tmp_path: Path) -> None:
        with held_data_folder(tmp_path) as folder:
            folder.write_run(new_run_record("http://localhost:3998"))
            found = _by_name(data_checks(_settings(tmp_path)))
        assert found["instance"].data == {"url": "http://localhost:3998"}

    def test_other_format_is_missing_support(self, tmp_path: Path) -> None:
        (tmp_path / "format").write_text(str(FORMAT + 1))
        assert _by_name(data_checks(_settings(tmp_path)))["data folder"].status is Status.MISSING

    def test_external_database_is_named_without_its_address(self, tmp_path: Path) -> None:
        settings = _settings(tmp_path, DATABASE_URL="postgresql://u:geheim@host/db")
        found = _by_name(data_checks(settings))["database"]
        assert found.data == {"external": True} and "geheim" not in repr(found)


class TestModelChecks:
    def test_nothing_configured_is_fine(self, tmp_path: Path) -> None:
        assert [item.status for item in model_checks(_settings(tmp_path))] == [Status.OK]

    def test_half_configured_provider_is_degraded(self, tmp_path: Path) -> None:
        found = _by_name(model_checks(_settings(tmp_path, IAMA_MODEL_L1="some/model")))
        assert found["key"].status is Status.DEGRADED
        assert found["classes"].sentence == "no model for L2, L3"


class TestIntegrationChecks:
    def test_missing_vendors_are_off_not_missing(self, tmp_path: Path) -> None:
        found = _by_name(integration_checks(_settings(tmp_path)))
        assert {name: item.status for name, item in found.items()} == {"GitHub App": Status.OFF, "mail": Status.OFF}
        assert not [item.remedy for item in found.values() if item.remedy]


class TestWorkflowChecks:
    def test_every_enterable_state_has_its_work(self, tmp_path: Path) -> None:
        found = _by_name(workflow_checks(_settings(tmp_path)))
        assert found["work"].status is Status.OK
        assert set(found["states"].data["not_entered"]) == {state.value for state in registry.NOT_ENTERED}

    def test_work_without_handler_is_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        handlers.load()
        fewer = {kind: handler for kind, handler in registry.HANDLERS.items() if kind is not ItemKind.ANALYSE}
        monkeypatch.setattr(registry, "HANDLERS", fewer)
        assert _by_name(workflow_checks(_settings(tmp_path)))["work"].data == {"unhandled": ["analyse"]}


class TestSandboxChecks:
    def test_weaker_default_is_degraded_with_the_install_line(self) -> None:
        found = _choice("bubblewrap")
        assert found.status is Status.DEGRADED and "install_runsc.sh" in found.remedy

    def test_no_sandbox_is_missing(self) -> None:
        assert _choice(None).status is Status.MISSING

    def test_unusable_provider_says_why(self) -> None:
        found = _provider({"provider": "gvisor", "available": False, "reason": "runsc is not on PATH", "features": {}})
        assert found.sentence == "not usable: runsc is not on PATH"
