"""A move must leave modules that can still be imported, each of them first."""

from collections.abc import Mapping

from services.core.tree import Tree
from services.engine.imports.loading import LoadFailure, load_failures
from services.engine.names import is_python, is_test
from services.engine.refusals import RefusalCode, RefusedError

MAX_ENTRIES = 60


def new_load_failure(tree: Tree, contents: Mapping[str, bytes | None]) -> LoadFailure | None:
    """Return how importing a changed module fails after the change where it did not before; None when all load."""
    after = {path: content for path, content in {**tree, **contents}.items() if content is not None}
    entries = sorted(path for path in contents if path in after and is_python(path) and not is_test(path))
    failures = load_failures(after, entries[:MAX_ENTRIES])
    earlier = load_failures(tree, [entry for entry in failures if entry in tree]) if failures else {}
    return next((failure for entry, failure in failures.items() if entry not in earlier), None)


def require_loadable(tree: Tree, contents: Mapping[str, bytes | None]) -> None:
    """Refuse changes after which a module cannot be imported any more. Raises `RefusedError`."""
    failure = new_load_failure(tree, contents)
    if failure is not None:
        detail = f"{failure.name} of {failure.module} would be asked for while that module is still loading."
        raise RefusedError(RefusalCode.CIRCULAR_IMPORT, f"{failure.path}:{failure.line}", detail)
