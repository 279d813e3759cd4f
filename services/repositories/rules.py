"""Which source addresses are allowed, and how they are named (V2-FR-GH-006, decisions on Git safety)."""

import ipaddress
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from services.canon.errors import IamaError
from services.infra.paths import data_folder

LOCAL_ROOTS_VARIABLE = "IAMA_LOCAL_ROOTS"
EXTERNAL_VARIABLE = "IAMA_EXTERNAL"
ALLOW_PRIVATE_VARIABLE = "IAMA_ALLOW_PRIVATE_REMOTES"
_SCP_LIKE = re.compile(r"^(?:[A-Za-z0-9._-]+@)?(?P<host>[A-Za-z0-9.-]+):(?P<path>[^/\\:][^\\]*)$")
_REMOTE_SCHEMES = frozenset({"https", "ssh"})


@dataclass(frozen=True, slots=True)
class Source:
    """A checked address: `url` as Git takes it, a short `label`, the local folder if it is one."""

    url: str
    label: str
    local_path: Path | None = None


def check_source(url: str) -> Source:
    """Return the address in the form Git is given.

    Raises:
        IamaError: `GIT_URL_NOT_ALLOWED` for options, helpers, credentials, private hosts, folders outside the roots.
    """
    text = url.strip()
    if not text or text.startswith("-") or "::" in text or any(ord(character) < 33 for character in text):
        raise _refused("The address looks like an option, a transport helper or has blanks.")
    parts = urlsplit(text)
    if parts.scheme == "file":
        return _local(unquote(parts.path))
    if parts.scheme in _REMOTE_SCHEMES and parts.hostname and not parts.netloc.startswith("-"):
        if parts.password or (parts.scheme == "https" and parts.username):
            raise _refused("Credentials must not stand in the address.")
        return _remote(text, parts.hostname, parts.path)
    if not parts.scheme and text.startswith(("/", "~", ".")):
        return _local(text)
    matched = _SCP_LIKE.match(text)
    if matched:
        return _remote(text, matched["host"], matched["path"])
    raise _refused("Only https, ssh and file addresses are allowed.")


def local_roots() -> list[Path]:
    """Return the folders below which local repositories are allowed, the installation's own among them.

    None on a shared installation.
    """
    if os.environ.get(EXTERNAL_VARIABLE) == "1":
        return []
    configured = os.environ.get(LOCAL_ROOTS_VARIABLE)
    roots = configured.split(os.pathsep) if configured else [str(Path.home()), str(Path.cwd())]
    folders = [*(Path(root) for root in roots if root), data_folder() / "repositories"]
    return [folder.expanduser().resolve() for folder in folders]


def is_below_roots(path: Path) -> bool:
    """Tell whether a resolved path lies where local repositories are allowed."""
    return any(path == root or root in path.parents for root in local_roots())


def _local(text: str) -> Source:
    path = Path(text).expanduser().resolve()
    if not is_below_roots(path):
        raise _refused(f"Local repositories must lie below one of the folders in {LOCAL_ROOTS_VARIABLE}.")
    return Source(path.as_uri(), f"{path.parent.name}/{path.name}".strip("/"), path)


def _remote(url: str, host: str, path: str) -> Source:
    if host.startswith("-"):
        raise _refused("The host looks like an option.")
    if os.environ.get(ALLOW_PRIVATE_VARIABLE) != "1" and _is_private(host):
        raise _refused("The host is a private or local address.")
    label = path.strip("/").removesuffix(".git")
    return Source(url, "/".join(label.split("/")[-2:]) or host)


def _is_private(host: str) -> bool:
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)}
    except OSError:
        addresses = {host} if re.fullmatch(r"[0-9a-fA-F:.]+", host) else set()
    return host.lower() == "localhost" or any(not _is_global(str(address)) for address in addresses)


def _is_global(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.split("%")[0]).is_global
    except ValueError:
        return True


def _refused(sentence: str) -> IamaError:
    return IamaError("GIT_URL_NOT_ALLOWED", sentence=sentence)
