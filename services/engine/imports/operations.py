"""Operations on the import statements of one file."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from services.engine.document_types import Identifier, OnFile

ModuleReference = Annotated[str, StringConstraints(pattern=r"^(\.+|\.*[^\W\d]\w*(\.[^\W\d]\w*)*)$", max_length=1024)]


class AddImport(OnFile):
    """Import a module, or one `name` of it, in its sorted place after docstring and `__future__`.

    Preconditions: the file parses and binds the imported name to nothing else. Touches: this file alone, nothing
    where the import is there already. `module` may be relative (`.cart`); without `name` it must be absolute.
    """

    op: Literal["add_import"] = "add_import"
    module: ModuleReference
    name: Identifier | None = None
    alias: Identifier | None = None


class RemoveImport(OnFile):
    """Take away the import of a module, or of one `name` of it, at the top level of the file.

    Preconditions: the import is there and nothing in the file, no `__all__` and no other module uses what it binds;
    otherwise `UNSAFE_REFERENCE`. Touches: this file alone.
    """

    op: Literal["remove_import"] = "remove_import"
    module: ModuleReference
    name: Identifier | None = None


class OrganiseImports(OnFile):
    """Sort and group the imports of the file: `__future__`, standard library, third party, own, relative.

    Preconditions: the file parses. Touches: the import blocks of this file; comments stay with their line.
    Hazards: modules whose import has effects may now load in another order.
    """

    op: Literal["organise_imports"] = "organise_imports"
