"""Reads connection attempts from gVisor's system call log: no device exists, yet every try is written down."""

import re
from collections.abc import Iterator
from pathlib import Path

from services.sandbox.port import NetAttempt

MAX_ATTEMPTS = 1000
READ_BYTES = 1 << 20

_CALL = re.compile(r"(?:connect|sendto|sendmsg|sendmmsg)\(.*?Family: AF_INET6?, Addr: ([0-9a-fA-F.:]+), Port: (\d+)")


class AttemptLog:
    """Follows the log folder of one phase and returns each distinct address and port once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._positions: dict[Path, int] = {}
        self._seen: set[tuple[str, int]] = set()

    def read(self) -> list[NetAttempt]:
        """Return attempts that were not returned before; at most 1,000 in all."""
        fresh: list[NetAttempt] = []
        for line in self._new_lines():
            match = _CALL.search(line)
            if match is None or len(self._seen) >= MAX_ATTEMPTS:
                continue
            target = (match.group(1), int(match.group(2)))
            if target not in self._seen and not is_own_address(target[0]):
                self._seen.add(target)
                fresh.append(NetAttempt(target[0], target[1], allowed=False))
        return fresh

    def _new_lines(self) -> Iterator[str]:
        for path in sorted(self._folder.glob("*.boot*")):
            with path.open("rb") as file:
                file.seek(self._positions.get(path, 0))
                data = file.read(READ_BYTES)
            complete = data.rfind(b"\n") + 1 or len(data)
            self._positions[path] = self._positions.get(path, 0) + complete
            yield from data[:complete].decode("utf-8", "replace").splitlines()


def is_own_address(address: str) -> bool:
    """Say whether an address is the guest's own loopback, which leads nowhere."""
    return address.startswith("127.") or address in ("::1", "0:0:0:0:0:0:0:1")
