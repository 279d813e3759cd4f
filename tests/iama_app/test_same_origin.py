"""One build answers on any host and port, and never echoes a forged host."""

import pytest

from iama_app.same_origin import rewrite

CHUNK = b'const e={EVENT:"ws://localhost:3000/_event",PING:"http://localhost:3000/ping"}'


class TestRewrite:
    def test_takes_the_visitors_host(self) -> None:
        body = rewrite(CHUNK, {b"host": b"iama.example:8443"}, "http")
        assert b"ws://iama.example:8443/_event" in body and b"http://iama.example:8443/ping" in body

    def test_follows_an_encrypting_proxy(self) -> None:
        body = rewrite(CHUNK, {b"host": b"iama.example", b"x-forwarded-proto": b"https"}, "http")
        assert b"wss://iama.example/_event" in body and b"https://iama.example/ping" in body

    @pytest.mark.parametrize("host", [b"", b'evil"});alert(1)', b"a/b", b"a b"])
    def test_leaves_the_chunk_alone_for_a_malformed_host(self, host: bytes) -> None:
        assert rewrite(CHUNK, {b"host": host}, "http") == CHUNK
