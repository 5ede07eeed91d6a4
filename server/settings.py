"""What an installation is told from outside: the environment, and a `.env` file in the working directory.

`VARIABLES` is the one list of settings; docs/operations.md explains each. Reading them creates the data directory and, the
first time, the secret in it. Nothing else reads the environment.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from server.errors import CaudalError
from server.live.redis_urls import parse_redis_url

LOG_LEVELS = ("debug", "info", "warning", "error")
SECRET_FILE = "secret"
SECRET_MIN = 32  # characters; shorter ones can be guessed from one signed cookie
POSTGRES = "postgresql+asyncpg"
SQLITE = "sqlite+aiosqlite"
DRIVERS = {"postgres": POSTGRES, "postgresql": POSTGRES, POSTGRES: POSTGRES, "sqlite": SQLITE, SQLITE: SQLITE}


class SettingsError(CaudalError):
    """A setting has a wrong value. The message is one line that begins with the setting's name."""

    code: ClassVar[str] = "settings"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one portal, all checked."""

    data: Path
    """The data directory: absolute, exists."""
    database_url: str
    """SQLAlchemy URL of an asynchronous driver: `sqlite+aiosqlite` or `postgresql+asyncpg`."""
    redis_url: str | None
    """None: the service starts a private server in the data directory."""
    host: str
    port: int
    url: str
    """The public address, without a slash at its end: `https://crm.example.com`."""
    secret: str
    """Signs cookies; at least 32 characters."""
    portal: str
    """Prefixes the channels of a Redis that several portals share."""
    log_level: str

    @property
    def secure(self) -> bool:
        """Whether the public address is https, so that cookies may insist on it."""
        return self.url.startswith("https://")


def _database(value: str) -> str:
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise SettingsError("DATABASE_URL is not a URL, like postgresql://user:password@host/name") from None
    if url.drivername not in DRIVERS:
        raise SettingsError(f"DATABASE_URL must begin with postgresql:// or sqlite://, not {url.drivername}://")
    return url.set(drivername=DRIVERS[url.drivername]).render_as_string(hide_password=False)


def _redis(value: str) -> str:
    try:
        parse_redis_url(value)
    except ValueError as error:
        raise SettingsError(f"REDIS_URL {error}") from None
    return value


def _split(value: str) -> SplitResult | None:
    """The parts of an address; None when it is none, or its port is no number."""
    try:
        parts = urlsplit(value)
        return parts if parts.port is None or parts.port else None
    except ValueError:
        return None


def _port(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 <= int(value) <= 65535):
        raise SettingsError(f"PORT must be a number from 0 to 65535, not {value!r}")
    return int(value)


def _url(value: str) -> str:
    parts = _split(value)
    if (
        parts is None
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.path.strip("/")
        or parts.query
    ):
        raise SettingsError("CAUDAL_URL must be an address without a path, like https://crm.example.com")
    return f"{parts.scheme}://{parts.netloc}"


def _secret(value: str) -> str:
    if len(value) < SECRET_MIN:
        raise SettingsError(f"CAUDAL_SECRET must have at least {SECRET_MIN} characters")
    return value


def _portal(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", value):
        raise SettingsError("CAUDAL_PORTAL must be 1 to 63 of a-z, 0-9, - and _, beginning with a letter or digit")
    return value


def _log_level(value: str) -> str:
    if value.lower() not in LOG_LEVELS:
        raise SettingsError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {value!r}")
    return value.lower()


Check = Callable[[str], str] | Callable[[str], int]

VARIABLES: Mapping[str, Check] = {
    "DATABASE_URL": _database,
    "REDIS_URL": _redis,
    "CAUDAL_DATA": str,
    "HOST": str,
    "PORT": _port,
    "CAUDAL_URL": _url,
    "CAUDAL_SECRET": _secret,
    "CAUDAL_PORTAL": _portal,
    "LOG_LEVEL": _log_level,
}


def read_settings(
    environ: Mapping[str, str] | None = None,
    *,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
) -> Settings:
    """The settings from `environ` (default: `.env` overridden by the process's environment); arguments win over both.

    An empty value counts as unset. Raises `SettingsError` for the first wrong value.
    """
    given = _environment() if environ is None else environ
    values = {name: check(given[name].strip()) for name, check in VARIABLES.items() if given.get(name, "").strip()}
    folder = _folder(data or Path(str(values.get("CAUDAL_DATA", "data"))))
    host = host or str(values.get("HOST", "127.0.0.1"))
    port = int(values.get("PORT", 8000)) if port is None else _port(str(port))
    return Settings(
        data=folder,
        database_url=str(values.get("DATABASE_URL", f"{SQLITE}:///{folder / 'caudal.sqlite3'}")),
        redis_url=str(values["REDIS_URL"]) if "REDIS_URL" in values else None,
        host=host,
        port=port,
        url=str(values.get("CAUDAL_URL", f"http://{_reachable(host)}:{port}")),
        secret=str(values["CAUDAL_SECRET"]) if "CAUDAL_SECRET" in values else _kept_secret(folder),
        portal=str(values.get("CAUDAL_PORTAL", "caudal")),
        log_level=str(values.get("LOG_LEVEL", "info")),
    )


def _environment() -> dict[str, str]:
    try:
        written = dotenv_values(".env")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env cannot be read: {error}") from None
    return {name: value for name, value in written.items() if value is not None} | dict(os.environ)


def _folder(path: Path) -> Path:
    path = path.expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"CAUDAL_DATA {path} cannot be used: {error.strerror}") from None
    return path


def _reachable(host: str) -> str:
    """A host to listen on, as one to visit: 0.0.0.0 is no address that a browser can open."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _kept_secret(folder: Path) -> str:
    """The secret of this data directory, made on first use; of two processes at once, both get the first one's."""
    path = folder / SECRET_FILE
    try:
        fresh = folder / f".{SECRET_FILE}.{os.getpid()}"
        if not path.exists():
            with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return _secret(path.read_text(encoding="ascii").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"CAUDAL_SECRET cannot be kept in {path}: {error}") from None
