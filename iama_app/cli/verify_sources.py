"""Reads a result to compare a statement with: from a folder, a branch, or a patch on its base. Nothing is changed."""

from pathlib import Path

from iama_app.cli.launch_error import LaunchError
from services.repositories.git_gateway import GitError, git, text

Contents = dict[str, bytes | None]
"""Path → content, None where the path is absent."""


def of_folder(folder: Path, paths: list[str]) -> Contents:
    """Read the named files below a folder; links are not followed out of it.

    Raises:
        LaunchError: there is no such folder.
    """
    if not folder.is_dir():
        raise LaunchError(f"There is no folder {folder}.")
    root = folder.resolve()
    return {path: _content(root, path) for path in paths}


def _content(root: Path, path: str) -> bytes | None:
    found = (root / path).resolve()
    return found.read_bytes() if found.is_relative_to(root) and found.is_file() else None


async def of_branch(repository: Path, branch: str, base_sha: str) -> tuple[Contents, str]:
    """Return what a branch changes over the base, and the message of its newest commit.

    Raises:
        LaunchError: no repository, no such branch, or the base is not in the clone.
    """
    commit = await _commit(repository, branch)
    await _commit(repository, base_sha)
    changed = await _changed(repository, base_sha, commit)
    contents = {path: await _blob(repository, f"{commit}:{path}") for path in changed}
    return contents, await text(repository, "log", "-1", "--format=%B", commit)


async def of_patch(repository: Path, patch: Path, base_sha: str, scratch: Path) -> Contents:
    """Return what a patch makes of the base; index and objects of their own keep the repository as it is.

    Raises:
        LaunchError: no repository, the base is not in the clone, or the patch does not apply to it.
    """
    await _commit(repository, base_sha)
    objects = scratch / "objects"
    objects.mkdir()
    shared = await text(repository, "rev-parse", "--path-format=absolute", "--git-path", "objects")
    own = {
        "GIT_INDEX_FILE": str(scratch / "index"),
        "GIT_OBJECT_DIRECTORY": str(objects),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": shared.strip(),
    }
    try:
        await git(repository, "read-tree", base_sha, extra_env=own)
        await git(repository, "apply", "--cached", "--whitespace=nowarn", str(patch.resolve()), extra_env=own)
    except GitError as error:
        raise LaunchError(f"{patch} does not apply to {base_sha[:12]}: {error.output.splitlines()[0]}") from error
    listing = await git(
        repository, "diff-index", "--cached", "--name-only", "--no-renames", "-z", base_sha, extra_env=own
    )
    names = [name.decode("utf-8", "surrogateescape") for name in listing.split(b"\0") if name]
    return {path: await _blob(repository, f":{path}", own) for path in names}


async def _commit(repository: Path, name: str) -> str:
    if not repository.is_dir():
        raise LaunchError(f"There is no folder {repository}.")
    try:
        found = await text(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except GitError as error:
        raise LaunchError(f"{repository} has no commit {name}.") from error
    return found.strip()


async def _changed(repository: Path, base: str, commit: str) -> list[str]:
    listing = await git(repository, "diff-tree", "-r", "--name-only", "--no-renames", "-z", base, commit)
    return [name.decode("utf-8", "surrogateescape") for name in listing.split(b"\0") if name]


async def _blob(repository: Path, name: str, own: dict[str, str] | None = None) -> bytes | None:
    try:
        return await git(repository, "cat-file", "blob", name, extra_env=own)
    except GitError:
        return None
