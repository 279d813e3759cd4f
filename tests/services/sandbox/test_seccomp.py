"""The filter's decisions, run through a small evaluator of the classic BPF it uses."""

import errno
import struct

import pytest

from services.sandbox.seccomp import ALLOW, ARCHITECTURES, ERRNO, KILL_PROCESS, build_filter

X86 = 0xC000003E


def decide(program: bytes, number: int, arguments: tuple[int, ...] = (), audit: int = X86) -> int:
    """Return what the filter answers to one system call."""
    data = struct.pack("<IIQ6Q", number, audit, 0, *(*arguments, *([0] * (6 - len(arguments)))))
    position, accumulator = 0, 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("<HBBI", program, position * 8)
        position += 1
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
        elif code == 0x06:
            return int(value)
        else:
            test = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
            position += if_true if test else if_false


@pytest.fixture
def program() -> bytes:
    return build_filter("x86_64")


class TestFilter:
    @pytest.mark.parametrize("number", [0, 1, 9, 39, 59, 60, 202, 231, 257, 262])
    def test_allows_ordinary_calls(self, program: bytes, number: int) -> None:
        assert decide(program, number) == ALLOW

    @pytest.mark.parametrize(
        "number", [101, 165, 166, 155, 161, 164, 169, 175, 246, 250, 272, 298, 308, 310, 321, 323, 425, 428]
    )
    def test_refuses_dangerous_calls(self, program: bytes, number: int) -> None:
        assert decide(program, number) == ERRNO | errno.EPERM

    def test_kills_foreign_architectures_and_x32(self, program: bytes) -> None:
        assert decide(program, 1, audit=0x40000003) == KILL_PROCESS
        assert decide(program, 0x40000000 | 1) == KILL_PROCESS

    def test_hides_clone3_and_refuses_namespaces_in_clone(self, program: bytes) -> None:
        assert decide(program, 435) == ERRNO | errno.ENOSYS
        assert decide(program, 56, (0x10000000,)) == ERRNO | errno.EPERM
        assert decide(program, 56, (0x003D0F00,)) == ALLOW

    @pytest.mark.parametrize(("family", "answer"), [(1, ALLOW), (2, ALLOW), (10, ALLOW), (16, ALLOW)])
    def test_allows_plain_socket_families(self, program: bytes, family: int, answer: int) -> None:
        assert decide(program, 41, (family,)) == answer

    @pytest.mark.parametrize("family", [0, 3, 17, 38, 40, 44])
    def test_refuses_other_socket_families(self, program: bytes, family: int) -> None:
        assert decide(program, 41, (family,)) == ERRNO | errno.EAFNOSUPPORT
        assert decide(program, 53, (family,)) == ERRNO | errno.EAFNOSUPPORT

    def test_refuses_typing_into_a_terminal(self, program: bytes) -> None:
        assert decide(program, 16, (0, 0x5412)) == ERRNO | errno.EPERM
        assert decide(program, 16, (0, 0x5401)) == ALLOW

    def test_ends_every_path_for_every_call(self) -> None:
        for machine, arch in ARCHITECTURES.items():
            program = build_filter(machine)
            for number in range(600):
                assert decide(program, number, audit=arch.audit) in {
                    *(ALLOW, ERRNO | errno.EPERM, ERRNO | errno.ENOSYS, ERRNO | errno.EAFNOSUPPORT)
                }

    def test_has_no_filter_for_an_unknown_machine(self) -> None:
        with pytest.raises(KeyError):
            build_filter("vax")
