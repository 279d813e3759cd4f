"""A document in the making: each operation is planned on what the ones before leave, fingerprints come last."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.core.tree import Tree, file_fingerprint
from services.engine.apply import apply_document
from services.engine.blocks import document_between
from services.engine.document import EditDocument, Operation
from services.engine.hazards import Hazard
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.symbolic import plan_symbolic
from services.engine.tree_edits import EditLimits

_OPERATION: TypeAdapter[Operation] = TypeAdapter(Operation)
_UNUSED = "0" * 64


class Draft:
    """Operations gathered so far and the tree they lead to.

    `tree` is the present state; `hazards` and `notes` are those of the planners, in order.
    """

    def __init__(self, tree: Tree, scope: Sequence[str], protected: Sequence[str]) -> None:
        self._before = tree
        self._limits = EditLimits(tuple(scope), tuple(protected))
        self._made: dict[str, str] = {}
        self._operations: list[Operation] = []
        self.tree: dict[str, bytes] = dict(tree)
        self.hazards: list[Hazard] = []
        self.notes: list[str] = []

    def add(self, request: Mapping[str, Any]) -> bool:
        """Plan one symbolic operation on the present tree; False when it changes nothing and is left out.

        Raises:
            RefusedError: it cannot be carried out safely.
        """
        path = request["path"]
        if path not in self.tree:
            raise RefusedError(RefusalCode.FILE_MISSING, path)
        operation = self._operation({**request, "base_fingerprint": self._base(path)})
        edits = plan_symbolic(self.tree, operation, self._limits)
        changed = {item: new for item, new in edits.contents.items() if self.tree.get(item) != new}
        self.hazards += edits.hazards
        self.notes += edits.notes
        if not changed:
            return False
        self._operations.append(operation)
        self._take(changed)
        return True

    def replace(self, after: Tree) -> None:
        """Go to another tree by blocks of text, creations, moves and deletions."""
        for operation in document_between(self.tree, after).operations:
            fields = operation.model_dump()
            if "base_fingerprint" in fields:
                fields |= {"base_fingerprint": self._base(operation.path)}
            self._operations.append(self._operation(fields))
        gone = {path: None for path in self.tree if path not in after}
        self._take({**{path: new for path, new in after.items() if self.tree.get(path) != new}, **gone})

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations as they were planned, without fingerprints of their results."""
        return tuple(self._operations)

    def document(self) -> EditDocument:
        """Return the document from the first tree to the present one.

        Operations whose order cannot be replayed as they are give way to blocks of text with the same result.
        """
        document = EditDocument(operations=[self._finished(operation) for operation in self._operations])
        result = apply_document(self._before, document, scope=self._limits.scope, protected=self._limits.protected)
        if result.applied and result.tree == self.tree:
            return document
        refused = next((item for item in result.outcomes if item.code is not None), None)
        if len(self._operations) == 1 and refused is not None and refused.code is not None:
            raise RefusedError(refused.code, refused.location or refused.path)
        return document_between(self._before, self.tree)

    def _take(self, changed: Mapping[str, bytes | None]) -> None:
        for path, content in changed.items():
            if content is None:
                self.tree.pop(path, None)
                continue
            if path not in self.tree and path not in self._before:
                self._made[path] = file_fingerprint(content)
            self.tree[path] = content

    def _base(self, path: str) -> str:
        content = self._before.get(path)
        return file_fingerprint(content) if content is not None else self._made.get(path, _UNUSED)

    def _finished(self, operation: Operation) -> Operation:
        if "result_fingerprint" not in type(operation).model_fields:
            return operation
        found = next((self.tree[path] for path in _ends(operation) if path in self.tree), None)
        return operation.model_copy(
            update={"result_fingerprint": file_fingerprint(found) if found is not None else None}
        )

    @staticmethod
    def _operation(fields: Mapping[str, Any]) -> Operation:
        try:
            return _OPERATION.validate_python(dict(fields))
        except ValidationError as error:
            first = error.errors()[0]
            raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, str(fields["path"]), str(first["msg"])) from error


def _ends(operation: Operation) -> Iterable[str]:
    """Yield where the content of an operation's file may be afterwards, best first."""
    yield operation.path
    parts = getattr(operation, "parts", None)
    new_path = getattr(parts[0] if parts else operation, "new_path", None)
    if new_path is not None:
        yield new_path
