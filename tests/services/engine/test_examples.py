"""The examples of the reference page: one per operation, and each does what it says."""

from typing import Any, get_args

import pytest

from services.core.tree import is_within
from services.engine.apply import OperationStatus, apply_document
from services.engine.blocks import reverse_document, sealed_document
from services.engine.document import EDIT_TYPES, Operation
from services.engine.examples import EXAMPLES, example_document, example_tree


class TestExamples:
    def test_there_is_one_for_every_operation(self) -> None:
        models = get_args(get_args(Operation)[0])
        assert {model.model_fields["op"].default for model in models} == set(EDIT_TYPES)
        assert sorted(example["op"] for example in EXAMPLES) == sorted(EDIT_TYPES)

    @pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["op"])
    def test_it_applies_and_changes_the_tree(self, example: dict[str, Any]) -> None:
        result = apply_document(example_tree(), example_document(example))
        assert [outcome.status for outcome in result.outcomes] == [OperationStatus.APPLIED], result.outcomes
        assert result.tree != example_tree()

    @pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["op"])
    def test_it_is_recognised_when_applied_again_once_sealed(self, example: dict[str, Any]) -> None:
        sealed = sealed_document(example_tree(), example_document(example))
        once = apply_document(example_tree(), sealed)
        again = apply_document(once.tree, sealed)
        assert [outcome.status for outcome in again.outcomes] == [OperationStatus.ALREADY_APPLIED], again.outcomes
        assert again.tree == once.tree

    @pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["op"])
    def test_its_reverse_gives_the_tree_back(self, example: dict[str, Any]) -> None:
        after = apply_document(example_tree(), example_document(example)).tree
        assert apply_document(after, reverse_document(example_tree(), after)).tree == example_tree()

    @pytest.mark.parametrize("scope", ["shop/cart.py", "shop/text.py", "tests", "shop"])
    @pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["op"])
    def test_it_stays_within_the_scope_and_off_protected_files(self, example: dict[str, Any], scope: str) -> None:
        locked = "shop/prices.py"
        result = apply_document(example_tree(), example_document(example), scope=[scope], protected=[locked])
        paths = {*result.tree, *example_tree()}
        changed = {path for path in paths if result.tree.get(path) != example_tree().get(path)}
        assert locked not in changed and all(is_within(path, (scope,)) for path in changed)
        assert bool(changed) is result.applied
