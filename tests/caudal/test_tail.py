"""`caudal tail`: what happens, line by line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from caudal import Caudal
from tests.caudal.office import Office
from tests.servers.caudal import run_caudal
from tests.servers.processes import PATIENCE, end, spawn

ROOT = Path(__file__).parents[2]


def follow(office: Office, log: Path, *options: str) -> subprocess.Popen[bytes]:
    environ = {"CAUDAL_URL": office.url, "CAUDAL_TOKEN": office.bot, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return spawn([sys.executable, "-m", "server", "tail", f"record:{office.deal}", *options], log, environ=environ)


@pytest.mark.parametrize("options", [[], ["--json"]])
async def test_each_event_is_a_line_until_it_is_interrupted(office: Office, tmp_path: Path, options: list[str]) -> None:
    log = tmp_path / "tail.log"
    program = follow(office, log, *options)
    async with Caudal(office.url, office.ana) as ana:

        async def shown() -> bool:
            """It starts from now, whenever that is: something has to happen until it shows."""
            await ana.call("message.publish", {"text": "Hello", "about": [office.deal]})
            return "entry.added" in log.read_text()

        while not await shown():
            assert program.poll() is None, log.read_text()
    program.send_signal(signal.SIGINT)
    code = program.wait(PATIENCE)
    end(program)

    lines = log.read_text().splitlines()
    assert code == 0
    if options:
        event = json.loads(lines[0])
        assert (event["name"], event["data"]["entry"]["text"]) == ("entry.added", "Hello")
    else:
        assert "entry.added" in lines[0]


def test_a_wrong_token_or_channel_is_one_clear_line(office: Office, tmp_path: Path) -> None:
    stranger = run_caudal("tail", "mine", "--url", office.url, "--token", "caudal_unknown", data=tmp_path)
    lost = run_caudal("tail", "nonsense", "--url", office.url, "--token", office.bot, data=tmp_path)

    for done, word in ((stranger, "token"), (lost, "channel")):
        assert done.returncode == 2
        assert word in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
