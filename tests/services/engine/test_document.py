import json

import jsonschema
import pytest
from pydantic import ValidationError

from services.engine.document import (
    EditDocument,
    FileCreate,
    RenameSymbol,
    document_from_json,
    document_schema,
    document_subset,
    document_to_json,
    halves,
)

PRINT = "a" * 64


def created(count: int) -> EditDocument:
    return EditDocument(operations=[FileCreate(path=f"f{i}.py", content="") for i in range(count)])


class TestReading:
    def test_reads_back_what_it_wrote(self) -> None:
        document = EditDocument(
            operations=[
                FileCreate(path="a.py", content="é\n"),
                RenameSymbol(path="a.py", base_fingerprint=PRINT, symbol="A.b", new_name="c"),
            ]
        )
        assert document_from_json(document_to_json(document)) == document

    def test_refuses_an_unknown_operation(self) -> None:
        with pytest.raises(ValidationError, match="op"):
            document_from_json('{"version":1,"operations":[{"op":"file_chmod","path":"a.py"}]}')

    @pytest.mark.parametrize("extra", [{"mode": "755"}, {"base_fingerprint": PRINT}])
    def test_refuses_an_unknown_field(self, extra: dict[str, str]) -> None:
        operation = {"op": "file_create", "path": "a.py", "content": "", **extra}
        with pytest.raises(ValidationError, match="Extra inputs"):
            document_from_json(json.dumps({"version": 1, "operations": [operation]}))

    def test_refuses_another_version(self) -> None:
        with pytest.raises(ValidationError):
            document_from_json('{"version":2,"operations":[]}')

    def test_refuses_an_edit_without_a_base_fingerprint(self) -> None:
        operation = {"op": "search_replace", "path": "a.py", "search": "a", "replace": "b"}
        with pytest.raises(ValidationError, match="base_fingerprint"):
            document_from_json(json.dumps({"version": 1, "operations": [operation]}))

    @pytest.mark.parametrize(
        "path",
        ["/etc/passwd", "../a.py", "a/../../b", "a\0b", "a\\b", ".git/config", "x/.GIT/hooks/a", "", ".", "C:/a"],
    )
    def test_refuses_a_path_that_is_not_a_file_of_the_tree(self, path: str) -> None:
        with pytest.raises(ValidationError):
            FileCreate(path=path, content="")

    def test_normalises_a_path(self) -> None:
        assert FileCreate(path="./a//b.py", content="").path == "a/b.py"

    @pytest.mark.parametrize("name", ["class", "1a", "a b", "a.b", ""])
    def test_refuses_a_new_name_that_cannot_be_bound(self, name: str) -> None:
        with pytest.raises(ValidationError):
            RenameSymbol(path="a.py", base_fingerprint=PRINT, symbol="x", new_name=name)


class TestSchema:
    def test_accepts_a_written_document_and_refuses_a_foreign_one(self) -> None:
        schema = document_schema()
        jsonschema.validate(json.loads(document_to_json(created(2))), schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"version": 1, "operations": [{"op": "shell", "command": "ls"}]}, schema)


class TestSubsets:
    def test_keeps_document_order(self) -> None:
        subset = document_subset(created(4), [3, 1])
        assert [operation.path for operation in subset.operations] == ["f1.py", "f3.py"]

    def test_forgets_fingerprints_of_the_whole_result(self) -> None:
        whole = EditDocument(
            operations=[
                RenameSymbol(path="a.py", base_fingerprint=PRINT, result_fingerprint=PRINT, symbol="x", new_name="y")
            ]
        )
        [operation] = document_subset(whole, [0]).operations
        assert isinstance(operation, RenameSymbol) and operation.result_fingerprint is None

    def test_refuses_an_index_outside_the_document(self) -> None:
        with pytest.raises(IndexError):
            document_subset(created(2), [2])

    @pytest.mark.parametrize(("count", "first", "second"), [(5, 3, 2), (1, 1, 0), (0, 0, 0)])
    def test_halves_hold_everything_once(self, count: int, first: int, second: int) -> None:
        left, right = halves(created(count))
        assert (len(left.operations), len(right.operations)) == (first, second)
        assert [*left.operations, *right.operations] == created(count).operations
