"""Reads the server name out of the first TLS message, so that a tunnel cannot carry another host's traffic."""

import struct

HANDSHAKE, CLIENT_HELLO, SERVER_NAME = 22, 1, 0
MAX_HELLO_BYTES = 16 * 1024


class NotTlsError(ValueError):
    """The bytes are no TLS client hello with a server name."""


def record_length(header: bytes) -> int:
    """Return the length of the record that a 5-byte header announces.

    Raises:
        NotTlsError: the header is not that of a handshake, or too long.
    """
    kind, major, _, length = struct.unpack("!BBBH", header)
    if kind != HANDSHAKE or major != 3 or not 4 < length <= MAX_HELLO_BYTES:
        raise NotTlsError("not a TLS handshake")
    return int(length)


def server_name(hello: bytes) -> str:
    """Return the host name of a client hello (the record's content, without its header).

    Raises:
        NotTlsError: malformed, not a client hello, or without a server name.
    """
    try:
        return _server_name(hello)
    except (struct.error, IndexError, UnicodeDecodeError) as problem:
        raise NotTlsError("malformed client hello") from problem


def _server_name(hello: bytes) -> str:
    if hello[0] != CLIENT_HELLO:
        raise NotTlsError("not a client hello")
    position = 4 + 2 + 32
    position += 1 + hello[position]
    position += 2 + struct.unpack_from("!H", hello, position)[0]
    position += 1 + hello[position]
    end = position + 2 + struct.unpack_from("!H", hello, position)[0]
    position += 2
    while position + 4 <= min(end, len(hello)):
        kind, length = struct.unpack_from("!HH", hello, position)
        if kind == SERVER_NAME:
            size = struct.unpack_from("!H", hello, position + 7)[0]
            return hello[position + 9 : position + 9 + size].decode("ascii")
        position += 4 + length
    raise NotTlsError("no server name")
