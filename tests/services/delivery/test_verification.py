"""Evidence statements checked offline: each lie is found, and what nobody checked is said."""

from collections.abc import Callable
from typing import Any

import pytest

from services.core.tree import file_fingerprint
from services.delivery.evidence import record_hash, statement
from services.delivery.verification import Answer, Given, stands, statement_hash, verify

AFTER = {"shop/price.py": b"RATE = 19\n"}


def sealed(**changes: Any) -> dict[str, Any]:
    """A whole statement over `AFTER` and one deletion, with its hash."""
    predicate = {
        "job_id": "0b1c",
        "created_at": "2026-01-01T00:00:00+00:00",
        "goal": "Clean up",
        "source": {"repository": "shop", "head_sha": "a" * 40, "path_scope": ["."]},
        "baseline": {"mode": "CHARACTERIZATION", "behaviours_total": 3, "behaviours_covered": 2},
        "generated_tests": {
            "total": 3, "passed_before": 3, "passed_after": 2, "strip_before": "ppp", "strip_after": "pfp",
        },
        "deleted_files": ["shop/old.py"],
    }  # fmt: skip
    document = statement({path: file_fingerprint(content) for path, content in AFTER.items()}, predicate | changes)
    return document | {"record_hash": record_hash(document)}


def answers(given: Given) -> dict[str, Answer]:
    """Answer by name of the check."""
    return {check.name: check.answer for check in verify(given)}


class TestVerify:
    def test_whole_statement_stands_and_says_what_was_not_checked(self) -> None:
        checks = verify(Given(sealed()))
        assert stands(checks)
        assert {check.name: check.answer.value for check in checks} == {
            "form": "HOLDS",
            "sums": "HOLDS",
            "hash": "HOLDS",
            "files": "NOT_CHECKED",
            "commit": "NOT_CHECKED",
            "signature": "NOT_CHECKED",
            "claims": "NOT_CHECKED",
        }

    def test_files_and_commit_that_fit_hold(self) -> None:
        message = f"Clean up\n\nEvidence-Record: {statement_hash(sealed())}\n"
        found = answers(Given(sealed(), {"main": {**AFTER, "shop/old.py": None}}, message))
        assert found["files of main"] is found["commit"] is Answer.HOLDS

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda d: d.pop("_type"), "_type"),
            (lambda d: d.update(predicateType="https://example.org/other"), "is not https://iama.dev/evidence/v1"),
            (lambda d: d["subject"].append(d["subject"][0]), "more than once"),
            (lambda d: d["subject"][0].update(name="../etc/passwd"), "subject.0.name"),
            (lambda d: d["subject"][0]["digest"].update(sha256="00"), "subject.0.digest.sha256"),
            (lambda d: d["predicate"].pop("baseline"), "predicate.baseline"),
        ],
    )
    def test_wrong_form_is_the_only_answer(self, spoil: Callable[[dict[str, Any]], Any], words: str) -> None:
        document = sealed()
        spoil(document)
        (check,) = verify(Given(document))
        assert (check.name, check.answer) == ("form", Answer.FAILS)
        assert words in check.sentence

    def test_field_of_a_later_version_is_let_through(self) -> None:
        assert stands(verify(Given(sealed(mutation={"caught": 3, "seeded": 4}))))

    def test_counts_that_disagree_with_their_strips_fail(self) -> None:
        tests = {"total": 3, "passed_before": 3, "passed_after": 3, "strip_before": "ppp", "strip_after": "pfp"}
        assert answers(Given(sealed(generated_tests=tests)))["sums"] is Answer.FAILS

    def test_edited_statement_no_longer_fits_its_hash(self) -> None:
        document = sealed()
        document["predicate"]["goal"] = "Something else"
        assert answers(Given(document))["hash"] is Answer.FAILS

    def test_statement_without_its_hash_shows_the_computed_one(self) -> None:
        document = sealed()
        stated = document.pop("record_hash")
        check = next(one for one in verify(Given(document)) if one.name == "hash")
        assert check.answer is Answer.NOT_CHECKED and stated in check.sentence

    @pytest.mark.parametrize(
        ("contents", "words"),
        [
            ({"shop/price.py": b"RATE = 7\n", "shop/old.py": None}, "shop/price.py has another content"),
            ({"shop/price.py": None, "shop/old.py": None}, "shop/price.py is missing"),
            ({**AFTER, "shop/old.py": b""}, "shop/old.py is still there"),
            ({**AFTER, "shop/extra.py": b""}, "shop/extra.py is changed, though not stated"),
        ],
    )
    def test_file_that_differs_is_named(self, contents: dict[str, bytes | None], words: str) -> None:
        checks = verify(Given(sealed(), {"here": contents}))
        assert not stands(checks)
        assert any(words in check.sentence for check in checks)

    def test_commit_that_names_another_record_fails(self) -> None:
        assert answers(Given(sealed(), {}, f"Evidence-Record: {'0' * 64}\n"))["commit"] is Answer.FAILS
