"""The private server: there when asked for, restarted when it dies, shared, and gone with the service."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from server.errors import Unavailable
from server.live.bus import check_bus
from server.live.private import POLL, SOCKET_PATH_MAX, PrivateServer, find_program
from tests.live.test_bus import until

HOLD = """
import asyncio, sys
from pathlib import Path
from server.live.private import PrivateServer
async def main():
    server = PrivateServer(Path(sys.argv[1]))
    async with server:
        print(server.pid, flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def answered(url: str) -> None:
    """Waits for an answer: between bind(2) and listen(2) the socket exists and refuses."""
    async with asyncio.timeout(10):
        while True:
            with suppress(Unavailable):
                return await check_bus(url)
            await asyncio.sleep(POLL)


async def test_it_answers_on_a_socket_in_the_data_directory_and_ends_with_the_service(short_folder: Path) -> None:
    data = short_folder / "answers"
    server = PrivateServer(data)
    async with server as url:
        assert url == f"unix://{data / 'bus.sock'}"
        await check_bus(url)
        assert server.pid
        pid = server.pid

    assert not alive(pid)


async def test_it_is_restarted_when_it_dies(short_folder: Path) -> None:
    server = PrivateServer(short_folder / "restarted")
    async with server as url:
        first = server.pid
        assert first
        os.kill(first, signal.SIGKILL)

        await until(lambda: server.pid not in (None, first))
        await answered(url)


async def test_two_services_on_one_directory_share_it_and_the_second_takes_over(short_folder: Path) -> None:
    first, second = PrivateServer(short_folder / "shared"), PrivateServer(short_folder / "shared")
    async with first as url:
        await second.__aenter__()
        assert (first.pid is not None, second.pid) == (True, None)
    try:
        await until(lambda: second.pid)
        await answered(url)
    finally:
        await second.__aexit__(None, None, None)


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl(2)")
async def test_it_ends_with_a_service_that_is_killed(short_folder: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLD, short_folder / "killed"), stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout
    pid = int(await holder.stdout.readline())
    assert alive(pid)

    holder.kill()
    await holder.wait()

    await until(lambda: not alive(pid))


async def test_a_path_too_long_for_a_socket_is_served_from_a_temporary_folder(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(short_folder))
    data = short_folder / ("long" * 30)
    async with PrivateServer(data) as url, PrivateServer(data) as again:
        assert len(url.removeprefix("unix://")) <= SOCKET_PATH_MAX
        assert again == url
        assert Path(url.removeprefix("unix://")).parent.stat().st_mode & 0o077 == 0
        await check_bus(url)


async def test_a_machine_without_a_server_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(Unavailable, match=r"set REDIS_URL, install valkey-server"):
        find_program()


async def test_a_server_that_cannot_start_is_a_clear_error(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.live.private.find_program", lambda: "/bin/false")
    monkeypatch.setattr("server.live.private.START", 0.3)

    with pytest.raises(Unavailable, match=r"/bin/false did not start; see .*bus\.log"):
        async with PrivateServer(short_folder / "fails"):
            pass
