"""A seccomp filter as raw BPF, generated here: what a shared-kernel guest may not ask of the kernel."""

import errno
import platform
import struct
from collections.abc import Sequence
from dataclasses import dataclass

LOAD_WORD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
OFFSET_NUMBER, OFFSET_ARCH, OFFSET_ARGUMENT = 0, 4, 16
X32_BIT = 0x40000000
TIOCSTI, TIOCLINUX = 0x5412, 0x541C

NAMESPACE_FLAGS = 0x7E020080
"""CLONE_NEW*: time, mount, cgroup, uts, ipc, user, pid and net namespaces."""

ALLOWED_FAMILIES = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; everything else (packet, vsock, alg, ...) is refused."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """Numbers of one machine type: audit id, syscalls refused with EPERM, and the ones whose arguments matter."""

    audit: int
    refused: Sequence[int]
    clone: int
    clone3: int
    socket: int
    socketpair: int
    ioctl: int
    has_x32: bool


_REFUSED_X86_64 = (
    101,  # ptrace
    *(134, 139, 153, 155, 156, 161, 163, 164, 165, 166, 167, 168, 169),  # uselib … reboot: old, root and mount calls
    *(170, 171, 172, 173, 174, 175, 176, 177, 178, 179, 180),  # host name, port i/o, modules, quota
    *(205, 211, 212, 216, 227, 236),  # thread areas, dcookies, remap_file_pages, clock_settime, vserver
    *(237, 238, 246, 248, 249, 250, 256, 272, 279),  # memory policy, kexec, keyctl family, unshare, move_pages
    *(298, 304, 305, 308, 310, 311, 312, 313, 320, 321, 323),  # perf, handles, setns, process_vm, bpf, …
    *(425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442),  # io_uring, new mount calls, pidfd_getfd, madvise
    *(443, 447, 448),  # quotactl_fd, memfd_secret, process_mrelease
)

_REFUSED_AARCH64 = (
    *(39, 40, 41, 51, 58, 60, 89, 92, 97, 104, 105, 106, 112, 117, 142, 161, 162, 170),
    *(217, 218, 219, 224, 225, 234, 235, 237, 238, 239, 241, 264, 265, 268, 270, 271, 272, 273, 280, 282, 294),
    *(425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442, 443, 447, 448),
)

ARCHITECTURES = {
    "x86_64": Architecture(0xC000003E, _REFUSED_X86_64, 56, 435, 41, 53, 16, True),
    "aarch64": Architecture(0xC00000B7, _REFUSED_AARCH64, 220, 435, 198, 199, 29, False),
}


def _statement(code: int, value: int) -> bytes:
    return struct.pack("<HBBI", code, 0, 0, value)


def _jump(code: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _return_errno(number: int) -> bytes:
    return _statement(RETURN, ERRNO | number)


def _refuse_call(number: int, error: int = errno.EPERM) -> bytes:
    return _jump(JUMP_EQUAL, number, 0, 1) + _return_errno(error)


def _when_call(number: int, body: bytes) -> bytes:
    """Run `body` for one syscall only; the body must load what it needs and end in a return on every path."""
    return _jump(JUMP_EQUAL, number, 0, len(body) // 8) + body


def _refuse_flags(argument: int, flags: int) -> bytes:
    return (
        _statement(LOAD_WORD, OFFSET_ARGUMENT + 8 * argument)
        + _jump(JUMP_BITS, flags, 0, 1)
        + _return_errno(errno.EPERM)
        + _statement(RETURN, ALLOW)
    )


def _refuse_values(argument: int, values: Sequence[int]) -> bytes:
    checks = b"".join(_jump(JUMP_EQUAL, value, len(values) - index, 0) for index, value in enumerate(values))
    load = _statement(LOAD_WORD, OFFSET_ARGUMENT + 8 * argument)
    return load + checks + _statement(RETURN, ALLOW) + _return_errno(errno.EPERM)


def _allow_values(argument: int, values: Sequence[int], error: int) -> bytes:
    checks = b"".join(_jump(JUMP_EQUAL, value, len(values) - index, 0) for index, value in enumerate(values))
    load = _statement(LOAD_WORD, OFFSET_ARGUMENT + 8 * argument)
    return load + checks + _return_errno(error) + _statement(RETURN, ALLOW)


def build_filter(machine: str | None = None) -> bytes:
    """Return the filter for a machine type (default: this one) as an array of `sock_filter`.

    Raises:
        KeyError: no filter is known for the machine type; such a guest must not start.
    """
    arch = ARCHITECTURES[machine or platform.machine()]
    program = _statement(LOAD_WORD, OFFSET_ARCH)
    program += _jump(JUMP_EQUAL, arch.audit, 1, 0) + _statement(RETURN, KILL_PROCESS)
    program += _statement(LOAD_WORD, OFFSET_NUMBER)
    if arch.has_x32:
        program += _jump(JUMP_AT_LEAST, X32_BIT, 0, 1) + _statement(RETURN, KILL_PROCESS)
    program += _refuse_call(arch.clone3, errno.ENOSYS)
    program += b"".join(_refuse_call(number) for number in arch.refused)
    program += _when_call(arch.clone, _refuse_flags(0, NAMESPACE_FLAGS))
    families = _allow_values(0, ALLOWED_FAMILIES, errno.EAFNOSUPPORT)
    program += _when_call(arch.socket, families) + _when_call(arch.socketpair, families)
    program += _when_call(arch.ioctl, _refuse_values(1, (TIOCSTI, TIOCLINUX)))
    return program + _statement(RETURN, ALLOW)
