"""Sessions of every provider that works here: the guest's view, building, testing, and the ways guests misbehave."""

import asyncio
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from services.sandbox.errors import PhaseRefusedError, SandboxUnavailableError
from services.sandbox.port import MEBIBYTE, Exit, Limits, LogChunk, Phase, SandboxSpec
from services.sandbox.process_tree import holders
from services.sandbox.providers.local import LocalProvider, LocalSession
from tests.services.sandbox.conftest import python, run

pytestmark = pytest.mark.slow


class TestGuestView:
    async def test_shows_its_own_world_and_nothing_of_the_host(
        self, session: LocalSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgres://secret-of-the-host")
        seen = await python(
            session,
            "import os, pathlib\n"
            "print(os.getcwd(), os.environ['HOME'], open('/etc/resolv.conf').read() == '')\n"
            "print([line.split(':')[0] for line in open('/etc/passwd')])\n"
            "everything = [pathlib.Path(f'/proc/{name}/environ').read_bytes() for name in (1, 'self')]\n"
            "print('secret-of-the-host' in str(everything) or 'DATABASE_URL' in os.environ)\n"
            "print(sorted(os.listdir('/')))\n"
            "print([name for name in ('/root/.ssh', '/home', '/etc/shadow', '/var/lib') if os.path.exists(name)])\n",
        )
        lines = seen.text.splitlines()
        assert lines[0] == "/workspace /tmp True"
        assert "guest" in lines[1] and "sync" not in lines[1]
        assert lines[2] == "False"
        assert {"workspace", "deps", "out", "tools", "tmp"} <= set(eval(lines[3]))
        assert lines[4] == "[]"

    async def test_runs_files_that_were_put(self, session: LocalSession) -> None:
        await session.put({"pkg/__init__.py": b"VALUE = 41\n"})
        await session.put({"helper.py": b"import pkg\nprint(pkg.VALUE + 1)\n"}, dest="tools")
        seen = await run(session, ["python", "/tools/helper.py"], env={"PYTHONPATH": "/workspace"})
        assert (seen.text, seen.exit.code) == ("42\n", 0)

    async def test_returns_results_but_follows_no_link(self, session: LocalSession) -> None:
        await python(
            session,
            "import os\n"
            "open('/out/report.xml', 'w').write('<ok/>')\n"
            "os.symlink('/etc/passwd', '/out/link.xml'); os.symlink('/', '/out/all'); os.mkfifo('/out/pipe.xml')\n",
        )
        assert await session.collect(["out/**"]) == {"out/report.xml": b"<ok/>"}

    async def test_gives_no_write_access_to_tools_packages_or_system(self, session: LocalSession) -> None:
        seen = await python(
            session,
            "for place in ('/usr/x', '/tools/x', '/deps/x', '/opt/iama/x', '/etc/x', '/x'):\n"
            "    try:\n        open(place, 'w'); print('WROTE', place)\n"
            "    except OSError:\n        pass\n"
            "open('/workspace/x', 'w'); open('/out/x', 'w'); open('/tmp/x', 'w')\n",
        )
        assert (seen.text, seen.exit.code) == ("", 0)

    async def test_has_no_third_party_package_of_the_host(self, session: LocalSession) -> None:
        seen = await run(session, ["python", "-c", "import pytest"])
        assert "ModuleNotFoundError" in seen.text

    async def test_passes_the_exit_status_and_says_when_a_command_is_missing(self, session: LocalSession) -> None:
        assert (await run(session, ["python", "-c", "raise SystemExit(7)"])).exit.code == 7
        missing = await run(session, ["no-such-program"])
        assert missing.exit.code != 0 and not missing.exit.timed_out

    async def test_refuses_a_phase_without_a_command(self, session: LocalSession) -> None:
        with pytest.raises(PhaseRefusedError):
            await run(session, [])
        with pytest.raises(PhaseRefusedError):
            await run(session, ["a\0b"])


class TestBuildThenTest:
    async def test_installs_through_the_proxy_and_tests_without_a_network(self, session: LocalSession) -> None:
        await session.put({"test_it.py": b"import iniconfig\ndef test_it():\n    assert iniconfig\n"})
        built = await run(session, ["uv", "pip", "install", "--target", "/deps", "pytest"], net="allowlist")
        assert built.exit.code == 0, built.text
        assert built.attempts and all(attempt.allowed for attempt in built.attempts)
        tested = await run(session, ["python", "-m", "pytest", "-q", "-p", "no:cacheprovider"])
        assert "1 passed" in tested.text and tested.exit.code == 0
        statement = session.attestation()
        assert [phase["net"] for phase in statement["phases"]] == ["allowlist", "deny"]
        assert len(statement["phases"][0]["egress_log_sha256"]) == 64

    async def test_makes_a_virtual_environment(self, session: LocalSession) -> None:
        made = await run(session, ["uv", "venv", "/deps/venv"], net="allowlist")
        assert made.exit.code == 0, made.text
        seen = await run(session, ["/deps/venv/bin/python", "-c", "import sys; print(sys.prefix)"])
        assert seen.text == "/deps/venv\n"

    async def test_reaches_nothing_but_package_hosts_while_building(self, session: LocalSession) -> None:
        seen = await python(
            session,
            "import socket\n"
            "def ask(text):\n"
            "    s = socket.create_connection(('127.0.0.1', 3128), 5)\n"
            "    s.sendall(b'CONNECT ' + text + b' HTTP/1.1\\r\\n\\r\\n'); return s.recv(12)[9:12].decode()\n"
            "print(ask(b'example.invalid:443'), ask(b'169.254.169.254:80'))\n"
            "for target in (('192.0.2.1', 443), ('169.254.169.254', 80)):\n"
            "    try:\n        socket.create_connection(target, 3); print('OPEN')\n"
            "    except OSError:\n        print('closed')\n",
            net="allowlist",
        )
        assert seen.text == "403 403\nclosed\nclosed\n"
        assert {(attempt.host, attempt.allowed) for attempt in seen.attempts} >= {("example.invalid", False)}


class TestMisbehaviour:
    async def test_network_attempts_fail_and_are_reported_where_the_provider_can_see_them(
        self, session: LocalSession
    ) -> None:
        seen = await python(
            session,
            "import socket\n"
            "targets = ((2, 1, ('192.0.2.9', 443)), (10, 1, ('2001:db8::9', 80)), (2, 2, ('192.0.2.53', 53)))\n"
            "for family, kind, target in targets:\n"
            "    try:\n"
            "        s = socket.socket(family, kind); s.settimeout(3)\n"
            "        s.connect(target) if kind == 1 else s.sendto(b'x', target); print('OPEN')\n"
            "    except OSError:\n        print('closed')\n",
        )
        assert seen.text == "closed\n" * 3
        if session.provider_name == "gvisor":
            assert {(attempt.host, attempt.port) for attempt in seen.attempts} >= {
                ("192.0.2.9", 443),
                ("192.0.2.53", 53),
            }
        assert not any(attempt.allowed for attempt in seen.attempts)

    async def test_a_memory_bomb_is_killed(self, session: LocalSession) -> None:
        limits = Limits(memory_bytes=192 * MEBIBYTE)
        seen = await python(session, "x = []\nwhile True: x.append(bytearray(1 << 22))", limits=limits)
        assert seen.limits == ["memory"] and seen.exit.code != 0 and not seen.exit.timed_out

    async def test_a_fork_bomb_ends_at_the_deadline_with_nothing_left(self, session: LocalSession) -> None:
        program = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n"
        seen = await python(session, program, limits=Limits(processes=48), deadline_seconds=3.0)
        assert seen.exit.timed_out and seen.exit.seconds < 15
        assert session.last_phase()["processes_gone"] and not holders(session.ref)

    async def test_filling_the_disk_ends_the_phase(self, session: LocalSession) -> None:
        program = (
            "import itertools\n"
            "for number in itertools.count():\n"
            "    open(f'/workspace/{number}', 'wb').write(bytes(1 << 20))\n"
        )
        limits = Limits(disk_bytes=64 * MEBIBYTE)
        seen = await python(session, program, limits=limits, deadline_seconds=40.0)
        assert "disk" in seen.limits and not seen.exit.timed_out

    async def test_one_file_cannot_grow_past_its_bound(self, session: LocalSession) -> None:
        program = (
            "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nopen('/out/x', 'wb').write(bytes(9 << 20))\n"
        )
        seen = await python(session, program, limits=Limits(file_bytes=8 * MEBIBYTE))
        assert "File too large" in seen.text

    async def test_endless_output_is_cut_at_the_cap(self, session: LocalSession) -> None:
        seen = await python(session, "while True: print('x' * 999)", output_cap_bytes=200_000)
        assert seen.limits == ["output"] and seen.exit.seconds < 20
        assert len(seen.text) == 200_000

    async def test_output_arrives_live_and_harmless(self, session: LocalSession) -> None:
        program = "import time\nprint('first\\x1b[31m\\x00', flush=True)\ntime.sleep(2)\nprint('last')"
        moments: list[tuple[str, float]] = []
        async with aclosing(session.run(Phase("test", ["python", "-S", "-c", program]))) as events:
            async for event in events:
                if isinstance(event, LogChunk):
                    moments.append((event.text, time.monotonic()))
        assert "".join(text for text, _ in moments) == "first\ufffd[31m\ufffd\nlast\n"
        assert moments[-1][1] - moments[0][1] > 1.5

    async def test_a_process_deaf_to_signals_is_killed_on_time(self, session: LocalSession) -> None:
        program = (
            "import signal, time\nfor s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)\nwhile True: time.sleep(9)"
        )
        seen = await python(session, program, deadline_seconds=1.5)
        assert seen.exit == Exit(137, True, seen.exit.seconds) and 1.4 < seen.exit.seconds < 8

    async def test_a_daemon_left_behind_is_gone_with_the_phase(self, session: LocalSession) -> None:
        await run(session, ["sh", "-c", "setsid nohup sleep 300 >/dev/null 2>&1 & echo started"])
        assert session.last_phase()["processes_gone"] and not holders(session.ref)

    async def test_a_reader_that_leaves_early_kills_the_guest(self, session: LocalSession) -> None:
        async with aclosing(session.run(Phase("test", ["sh", "-c", "echo on; sleep 300"]))) as events:
            async for _ in events:
                break
        assert not holders(session.ref)
        assert session.last_phase()["exit"] is None

    async def test_a_cancelled_task_kills_the_guest(self, session: LocalSession) -> None:
        task = asyncio.create_task(run(session, ["sleep", "300"]))
        await asyncio.sleep(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not holders(session.ref)

    async def test_dangerous_sockets_and_calls_are_refused(self, session: LocalSession) -> None:
        seen = await python(
            session,
            "import ctypes, socket\n"
            "for family, kind in ((40, 1), (17, 3), (2, 3)):\n"
            "    try:\n        socket.socket(family, kind); print('OPEN', family, kind)\n"
            "    except OSError:\n        pass\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "calls = (('mount', (b'x', b'/out', b'tmpfs', 0, None)), ('reboot', (0,)), ('chroot', (b'/out',)),\n"
            "         ('sethostname', (b'x', 1)), ('settimeofday', (b'0' * 16, None)))\n"
            "for name, arguments in calls:\n"
            "    if getattr(libc, name)(*arguments) == 0: print('ALLOWED', name)\n",
        )
        assert seen.text == ""


class TestAttach:
    async def test_another_object_goes_on_with_the_same_volume(
        self, provider: LocalProvider, session: LocalSession
    ) -> None:
        await python(session, "open('/out/kept', 'w').write('1')")
        again = await provider.attach(session.ref)
        assert again.interpreter == session.interpreter
        assert await again.collect(["out/*"]) == {"out/kept": b"1"}
        assert (await python(again, "print(open('/out/kept').read())")).text == "1\n"

    async def test_refuses_two_phases_at_once(self, provider: LocalProvider, session: LocalSession) -> None:
        again = await provider.attach(session.ref)
        async with aclosing(session.run(Phase("test", ["sh", "-c", "echo on; sleep 60"]))) as events:
            async for _ in events:
                with pytest.raises(SandboxUnavailableError):
                    await run(again, ["true"])
                break

    async def test_a_wiped_session_is_gone(self, provider: LocalProvider) -> None:
        session = await provider.open(SandboxSpec("job"))
        evidence = await session.wipe()
        assert evidence.verified, evidence.checks
        assert await session.wipe() == evidence
        with pytest.raises(SandboxUnavailableError):
            await provider.attach(session.ref)

    async def test_two_sessions_do_not_see_each_other(self, provider: LocalProvider, session: LocalSession) -> None:
        other = await provider.open(SandboxSpec("other"))
        try:
            await other.put({"secret.txt": b"of the other"})
            seen = await run(session, ["sh", "-c", "ls -R /workspace /deps /out /tools /run /opt 2>/dev/null"])
            assert "secret" not in seen.text
            assert not Path(provider.root / session.ref / "workspace/secret.txt").exists()
        finally:
            await other.wipe()
