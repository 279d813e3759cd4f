# ruff: noqa: PTH100, PTH103, PTH110, PTH112, PTH118, PTH120, PTH123, PTH109, UP031
# mypy: ignore-errors
"""Runs inside the sandbox, isolated and alone: one digest over every file below a folder.

Argument: the folder. Prints the SHA-256 over sorted paths and contents, bytecode caches left out.
"""

import hashlib
import os
import sys


def main():
    folder, digest = sys.argv[1], hashlib.sha256()
    names = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("__pycache__", ".pytest_cache")]
        names += [os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/") for name in files]
    for name in sorted(names):
        with open(os.path.join(folder, name), "rb") as stream:
            content = hashlib.sha256(stream.read()).hexdigest()
        digest.update(("%s\0%s\n" % (name, content)).encode())
    print("iama-tree " + digest.hexdigest())
    return 0


if __name__ == "__main__":
    sys.exit(main())
