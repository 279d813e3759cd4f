"""Folders that become packages because a module moves into them."""

from pathlib import PurePosixPath

from services.core.tree import Tree
from services.engine.module_names import package_folders


def package_files(tree: Tree, new_path: str) -> dict[str, bytes]:
    """Return empty `__init__.py` files for new folders below a package, path → content."""
    packages = package_folders(tree)
    missing: list[str] = []
    folder = PurePosixPath(new_path).parent
    while folder.as_posix() != "." and not any(path.startswith(f"{folder.as_posix()}/") for path in tree):
        missing.append(f"{folder.as_posix()}/__init__.py")
        folder = folder.parent
    is_inside = folder.as_posix() in packages
    return {path: b"" for path in missing if path != new_path} if is_inside else {}
