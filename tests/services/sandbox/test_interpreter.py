"""Finding and choosing the guest's Python."""

import subprocess

import pytest

from services.sandbox.errors import IsolationBelowPolicyError, SandboxUnavailableError
from services.sandbox.interpreter import choose_interpreter, find_interpreters
from services.sandbox.port import Interpreter

SOME = [Interpreter(version, f"/x/{version}", "/x") for version in ("3.13.0", "3.11.2", "3.9.18")]


class TestFind:
    def test_finds_interpreters_that_really_run(self) -> None:
        found = find_interpreters()
        assert found
        for item in found:
            answer = subprocess.run([item.executable, "--version"], capture_output=True, text=True, check=True)
            assert answer.stdout.strip() == f"Python {item.version}"

    def test_lists_newest_first_and_each_version_once(self) -> None:
        versions = [tuple(int(part) for part in item.version.split(".")) for item in find_interpreters()]
        assert versions == sorted(set(versions), reverse=True)
        assert all(version >= (3, 8) for version in versions)


class TestChoose:
    @pytest.mark.parametrize(
        ("requires", "preferred", "expected"),
        [
            ("", None, "3.11.2"),
            (">=3.12", None, "3.13.0"),
            ("<3.10", None, "3.9.18"),
            ("", "3.9", "3.9.18"),
            (">=3.10", "3.9", "3.11.2"),
            ("not a specifier", None, "3.11.2"),
        ],
    )
    def test_takes_the_preferred_the_own_then_the_newest_fitting(
        self, requires: str, preferred: str | None, expected: str
    ) -> None:
        assert choose_interpreter(SOME, requires, preferred).version == expected

    def test_refuses_with_the_versions_there_are(self) -> None:
        with pytest.raises(IsolationBelowPolicyError) as refusal:
            choose_interpreter(SOME, ">=3.99")
        assert refusal.value.data["found"] == ["3.13.0", "3.11.2", "3.9.18"]

    def test_says_so_when_there_is_none(self) -> None:
        with pytest.raises(SandboxUnavailableError):
            choose_interpreter([])
