"""What a guest sees: folders, binds, own account files, environment. Shared by every local provider."""

import os
import shutil
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.sandbox.port import Interpreter, Phase
from services.sandbox.volume import Volume

GUEST_UID = 1000
GUEST_GID = 1000
PROXY_PORT = 3128
HOME = "/tmp"
KIT = "/opt/iama"
SOCKET_FOLDER = "/run/iama"
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
FORWARDER = Path(__file__).with_name("forwarder.py")

_FOLDERS = (
    *("proc", "dev", "sys", "tmp", "usr", "workspace", "deps", "out", "tools", "cache"),
    *("etc/ssl/certs", "etc/alternatives", "opt/iama", "run/iama", "var/tmp"),
)
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_FOREIGN_PACKAGES = (
    "lib/python3/dist-packages",
    "local/lib/python3*/dist-packages",
    "local/lib/python3*/site-packages",
)


@dataclass(frozen=True, slots=True)
class Bind:
    """A host folder or file at a guest path."""

    source: Path
    target: str
    writable: bool = False


def certificate_bundle() -> Path | None:
    """Return the host's effective CA file, or None."""
    places = ssl.get_default_verify_paths()
    candidates = [os.environ.get("SSL_CERT_FILE"), places.cafile, CA_BUNDLE, "/etc/pki/tls/certs/ca-bundle.crt"]
    return next((Path(item) for item in candidates if item and Path(item).is_file()), None)


def _account_files(uid: int, gid: int) -> dict[str, str]:
    root_user, root_group = ("root:x:0:0:root:/:/usr/sbin/nologin\n", "root:x:0:\n") if uid else ("", "")
    return {
        "passwd": f"{root_user}guest:x:{uid}:{gid}:guest:{HOME}:/bin/sh\n",
        "group": f"{root_group}guest:x:{gid}:\n",
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "hostname": "sandbox\n",
        "resolv.conf": "",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    }


def prepare_root(volume: Volume, interpreter: Interpreter, mount_points: Sequence[str], uid: int, gid: int) -> None:
    """Fill the session's skeleton root and kit: folders to mount on, account files, certificates, helper programs."""
    root = volume.path("rootfs")
    for folder in (*_FOLDERS, *(point.lstrip("/") for point in mount_points)):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name in _MERGED:
        host = Path("/") / name
        if host.is_symlink():
            (root / name).symlink_to(host.readlink())
        elif host.is_dir():
            (root / name).mkdir(exist_ok=True)
    for name, text in _account_files(uid, gid).items():
        (root / "etc" / name).write_text(text, encoding="ascii")
    for source, target in ((certificate_bundle(), CA_BUNDLE), (Path("/etc/ld.so.cache"), "/etc/ld.so.cache")):
        if source is not None and source.is_file():
            shutil.copyfile(source, root / target.lstrip("/"))
    _prepare_kit(volume, interpreter)


def _prepare_kit(volume: Volume, interpreter: Interpreter) -> None:
    kit = volume.path("guest")
    (kit / "bin").mkdir()
    for name in ("python", "python3", f"python{'.'.join(interpreter.version.split('.')[:2])}"):
        (kit / "bin" / name).symlink_to(interpreter.executable)
    shutil.copyfile(FORWARDER, kit / "forwarder.py")
    (kit / "uv").touch()
    volume.path("tools").joinpath("uv").symlink_to(f"{KIT}/uv")


def uv_binary() -> Path | None:
    """Return the installed `uv` program, or None."""
    try:
        from uv import find_uv_bin
    except ImportError:
        found = shutil.which("uv")
        return Path(found) if found else None
    return Path(find_uv_bin())


def interpreter_mounts(interpreter: Interpreter) -> list[str]:
    """Return the extra mount point an interpreter outside `/usr` needs."""
    return [] if interpreter.prefix in ("/usr", "/usr/local") else [interpreter.prefix]


def foreign_package_folders(interpreter: Interpreter) -> list[str]:
    """Return folders with the host's own Python packages; each is covered by an empty folder."""
    own = Path(interpreter.prefix).glob("lib/python3*/site-packages")
    found = [path for pattern in _FOREIGN_PACKAGES for path in Path("/usr").glob(pattern)]
    return sorted({str(path) for path in (*found, *own)})


def binds_of(volume: Volume, interpreter: Interpreter, phase: Phase, extra: Sequence[Path]) -> list[Bind]:
    """Return the binds of one phase in mount order; `extra` are host folders shown read-only at the same path."""
    online = phase.net == "allowlist"
    binds = [Bind(Path("/usr"), "/usr")]
    binds += [Bind(Path("/") / name, f"/{name}") for name in _MERGED if _is_real_folder(Path("/") / name)]
    if Path("/etc/alternatives").is_dir():
        binds.append(Bind(Path("/etc/alternatives"), "/etc/alternatives"))
    binds += [Bind(Path(point), point) for point in interpreter_mounts(interpreter)]
    binds += [
        Bind(volume.path("workspace"), "/workspace", writable=True),
        Bind(volume.path("deps"), "/deps", writable=phase.may_write_deps),
        Bind(volume.path("out"), "/out", writable=True),
        Bind(volume.path("tools"), "/tools"),
        Bind(volume.path("guest"), KIT),
    ]
    if (program := uv_binary()) is not None:
        binds.append(Bind(program, f"{KIT}/uv"))
    if online:
        binds += [Bind(volume.path("cache"), "/cache", writable=True), Bind(volume.path("sock"), SOCKET_FOLDER)]
        binds += [Bind(folder, str(folder)) for folder in extra]
    return binds


def _is_real_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def environment_of(phase: Phase, index_variables: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a phase: fixed values, package settings when online, the caller's on top."""
    fixed = {
        "PATH": f"{KIT}/bin:/deps/bin:/tools:/usr/local/bin:/usr/bin:/bin",
        "HOME": HOME,
        "TMPDIR": HOME,
        "USER": "guest",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": "/deps",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }
    return {**fixed, **(_online_environment(index_variables) if phase.net == "allowlist" else {}), **phase.env}


def _online_environment(index_variables: Mapping[str, str]) -> dict[str, str]:
    proxy = f"http://127.0.0.1:{PROXY_PORT}"
    certificates = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"), CA_BUNDLE)
    proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"), proxy)
    return {
        **certificates,
        **proxies,
        "UV_PYTHON": f"{KIT}/bin/python",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_CACHE_DIR": "/cache",
        "UV_LINK_MODE": "copy",
        "UV_NO_PROGRESS": "1",
        "PIP_NO_INPUT": "1",
        "PIP_CACHE_DIR": "/cache",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **index_variables,
    }


def command_of(phase: Phase) -> list[str]:
    """Return the argv to start: in online phases the forwarder comes first and then becomes the command."""
    if phase.net == "deny":
        return list(phase.argv)
    start = [
        f"{KIT}/bin/python",
        "-I",
        "-S",
        f"{KIT}/forwarder.py",
        str(PROXY_PORT),
        f"{SOCKET_FOLDER}/proxy.sock",
        "--",
    ]
    return [*start, *phase.argv]
