"""Choosing a provider by policy, and the report for the operator."""

import dataclasses
import json
from pathlib import Path

import pytest

from services.core.clock import now
from services.sandbox import probe_store, service
from services.sandbox.errors import IsolationBelowPolicyError, SandboxUnavailableError
from services.sandbox.port import Capabilities, Feature, IsolationLevel, SandboxSpec, Strength
from services.sandbox.providers.bubblewrap import BubblewrapProvider
from services.sandbox.providers.gvisor import GvisorProvider, release_of
from services.sandbox.providers.local import LocalProvider

ENFORCED = Feature(Strength.ENFORCED, "tested")


def capabilities(name: str, level: IsolationLevel, reason: str = "") -> Capabilities:
    features = {"memory": ENFORCED, "disk": Feature(Strength.ASSERTED, "watched")}
    return Capabilities(name, not reason, reason, level, "1", "sha", "p", "k", features, now(), 0.1)


def stand_in(kind: type[LocalProvider], root: Path, reason: str = "") -> LocalProvider:
    """A provider of the real class whose probe answers at once."""
    provider = kind(root)

    async def probe(*, refresh: bool = False) -> Capabilities:
        return capabilities(provider.name, provider.level, reason)

    provider.probe = probe  # type: ignore[method-assign]
    return provider


class TestSelect:
    async def test_prefers_the_stronger_one(self, root: Path) -> None:
        known = [stand_in(GvisorProvider, root), stand_in(BubblewrapProvider, root)]
        for own_code in (False, True):
            chosen = await service.select_provider(IsolationLevel.USERSPACE_KERNEL, own_code, candidates=known)
            assert chosen.name == "gvisor"

    async def test_takes_a_shared_kernel_only_for_own_code(self, root: Path) -> None:
        known = [stand_in(GvisorProvider, root, "runsc is not installed"), stand_in(BubblewrapProvider, root)]
        chosen = await service.select_provider(IsolationLevel.USERSPACE_KERNEL, True, candidates=known)
        assert chosen.name == "bubblewrap"
        with pytest.raises(IsolationBelowPolicyError) as refusal:
            await service.select_provider(IsolationLevel.SHARED_KERNEL, False, candidates=known)
        assert refusal.value.code == "POLICY_BLOCKED"
        assert refusal.value.data["reason"] == "ISOLATION_BELOW_POLICY"
        assert refusal.value.data["unmet"] == [
            "gvisor: runsc is not installed",
            "bubblewrap: shares the host's kernel; allowed only for your own code (--own-code)",
        ]

    async def test_refuses_below_the_level_and_names_missing_features(self, root: Path) -> None:
        known = [stand_in(GvisorProvider, root)]
        with pytest.raises(IsolationBelowPolicyError) as refusal:
            await service.select_provider(IsolationLevel.MICROVM, False, candidates=known)
        assert "below MICROVM" in refusal.value.data["unmet"][0]
        with pytest.raises(IsolationBelowPolicyError) as refusal:
            await service.select_provider(
                IsolationLevel.USERSPACE_KERNEL, False, required={"memory", "disk", "unheard_of"}, candidates=known
            )
        assert refusal.value.data["unmet"] == ["gvisor: disk is not enforced", "gvisor: unheard_of is not enforced"]


class TestProbe:
    async def test_an_absent_program_is_a_reason_not_an_error(self, root: Path) -> None:
        found = await GvisorProvider(root, "/nowhere/runsc").probe()
        assert not found.available and "install_runsc.sh" in found.reason
        assert not (await BubblewrapProvider(root, "").probe()).available

    async def test_an_old_build_counts_as_none(self, root: Path, tmp_path: Path) -> None:
        old = tmp_path / "runsc"
        old.write_text("#!/bin/sh\necho 'runsc version 0.0~20221219.0'\n")
        old.chmod(0o755)
        found = await GvisorProvider(root, str(old)).probe()
        assert not found.available and "too old" in found.reason
        assert release_of("release-20240729.0-4~bpo12+2") == 20240729

    async def test_a_program_that_cannot_start_guests_is_not_offered(self, root: Path, tmp_path: Path) -> None:
        broken = tmp_path / "runsc"
        broken.write_text("#!/bin/sh\necho 'runsc version release-20260101.0'\n")
        broken.chmod(0o755)
        found = await GvisorProvider(root, str(broken)).probe()
        assert not found.available and "did not start" in found.reason

    async def test_what_it_says_is_what_it_tested(self, probed: dict[str, tuple[LocalProvider, Capabilities]]) -> None:
        for _, found in probed.values():
            if found.available:
                assert found.features["network_deny"].strength is Strength.ENFORCED
                assert found.features["encrypted_volume"].strength is Strength.ABSENT
                assert len(found.binary_sha256) == 64

    async def test_is_stored_for_one_binary_and_one_boot(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        saved = capabilities("gvisor", IsolationLevel.USERSPACE_KERNEL)
        probe_store.save(root, saved)
        assert probe_store.find(root, "gvisor", "sha") == saved
        assert probe_store.find(root, "gvisor", "other") is None
        monkeypatch.setattr(probe_store, "boot_id", lambda: "another boot")
        assert probe_store.find(root, "gvisor", "sha") is None


class TestReport:
    async def test_is_plain_data_with_providers_and_interpreters(self, root: Path) -> None:
        for kind in service.PROVIDERS:
            provider = kind(root)
            reason = provider.unavailable_reason()  # type: ignore[attr-defined]
            if not reason:
                digest = provider.describe()["binary_sha256"]
                probe_store.save(
                    root, dataclasses.replace(capabilities(provider.name, provider.level), binary_sha256=digest)
                )
        report = json.loads(json.dumps(await service.capabilities_report(root=root)))
        assert [item["provider"] for item in report["providers"]] == ["gvisor", "bubblewrap"]
        assert report["interpreters"]


class TestAttestation:
    async def test_names_what_was_weaker_in_words(self, provider: LocalProvider) -> None:
        session = await provider.open(SandboxSpec("job-7"))
        try:
            statement = session.attestation()
        finally:
            await session.wipe()
        assert statement["job_id"] == "job-7" and statement["signed"] is False
        assert statement["level"] == provider.level.value
        assert len(statement["program"]["binary_sha256"]) == 64
        assert statement["features"]["network_deny"]["strength"] == "enforced"
        words = " ".join(statement["degradations"])
        assert "best effort" in words
        assert ("share one kernel" in words) == (provider.name == "bubblewrap")
        json.dumps(statement)


class TestAttach:
    @pytest.mark.parametrize("ref", ["unknown", "../probes", "..", "/etc"])
    async def test_refuses_what_is_no_session(self, root: Path, ref: str) -> None:
        with pytest.raises(SandboxUnavailableError):
            await service.attach(ref, root=root)
        with pytest.raises(SandboxUnavailableError):
            await service.wipe(ref, root=root)
