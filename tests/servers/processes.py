"""Child processes that never outlive the tests, and waiting for what they do."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

STEP = 0.01  # s between two looks at a condition
PATIENCE = 30.0  # s; a start on a loaded two-core machine takes a few
PR_SET_PDEATHSIG = 1  # prctl(2)


class NotYet(AssertionError):
    """What was waited for did not come to pass."""


def wait_until(condition: Callable[[], bool], what: str, *, patience: float = PATIENCE) -> None:
    """Looks until `condition()` holds. Raises NotYet, naming `what`, after `patience` seconds."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise NotYet(f"{what}: not within {patience} s")
        time.sleep(STEP)


def spawn(
    command: Sequence[str | Path], log: Path, *, user: int | None = None, environ: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Starts `command` in a group of its own, its output appended to `log`; on Linux it dies with its parent."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environ,
            user=user,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 (tests start no threads that fork)
        )


def end(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, *, patience: float = PATIENCE) -> None:
    """Sends `how` to the process, then SIGKILL if it does not listen, and in any case to what is left of its group."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
