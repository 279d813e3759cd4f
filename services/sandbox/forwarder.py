"""Stand-alone program of the guest: `forwarder.py PORT SOCKET -- COMMAND…`; runs on every supported Python.

A child listens on 127.0.0.1 and copies each connection to the job's unix socket; this process becomes the command.
It ends with the sandbox. It must not import anything of the product.
"""

import asyncio
import os
import signal
import socket
import sys

CHUNK = 65536


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction until its end, then close that half."""
    try:
        while True:
            data = await reader.read(CHUNK)
            if not data:
                break
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except (ConnectionError, OSError):
        writer.close()


async def serve(listener: socket.socket, path: str) -> None:
    """Connect every accepted client to the proxy's socket."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream_reader, upstream_writer = await asyncio.open_unix_connection(path)
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, upstream_writer), copy(upstream_reader, writer))
        upstream_writer.close()
        writer.close()

    await asyncio.start_server(handle, sock=listener)
    while True:
        await asyncio.sleep(3600)


def forward(listener: socket.socket, path: str) -> None:
    """Run the copying loop in the child, silent and deaf to the terminal's signals."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(serve(listener, path))


def main() -> None:
    """Listen before the command starts, so that its first connection cannot come too early."""
    port, path, separator = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    command = sys.argv[4:]
    if separator != "--" or not command:
        sys.exit(64)
    listener = socket.socket()
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    if os.fork() == 0:
        try:
            forward(listener, path)
        finally:
            os._exit(1)
    listener.close()
    try:
        os.execvp(command[0], command)
    except OSError as problem:
        sys.stderr.write(f"{command[0]}: {problem.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main()
