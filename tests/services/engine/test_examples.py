"""The examples of the reference page: one per operation, and each does what it says."""

from typing import Any, get_args

import pytest

from services.engine.apply import OperationStatus, apply_document
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
