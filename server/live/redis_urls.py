"""What `REDIS_URL` may look like: one server, a master that Sentinels name, or a Cluster. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

FORMS = (
    "redis://host:6379/0, rediss://… with TLS, unix:///path, "
    "redis+sentinel://host:26379,host:26379/service or redis+cluster://host:6379,host:6379"
)
TLS_OPTIONS = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"})
UNIX_OPTIONS = frozenset({"db", "password"})
SENTINEL_OPTIONS = frozenset({"sentinel_user", "sentinel_password"})


class Layout(Enum):
    """How the server that carries the bus is found."""

    SINGLE = ""
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Host:
    """One address; `port` is the layout's usual one where none was written."""

    name: str
    port: int

    def __str__(self) -> str:
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


@dataclass(frozen=True, slots=True)
class RedisUrl:
    """A `REDIS_URL` in its parts. For a single server, `hosts` is empty where it is a Unix socket."""

    layout: Layout
    hosts: tuple[Host, ...]
    written: str
    scheme: str = "redis"
    """Of the data servers: `redis` or `rediss`."""
    login: str = ""
    """`user:password@` of the data servers, as it was written."""
    database: int = 0
    options: str = ""
    """`?name=value…` of a connection to a data server, or nothing."""
    service: str = ""
    """What the Sentinels call the master."""
    sentinel_login: str = ""

    @property
    def shown(self) -> str:
        """The addresses alone, for messages: never with a password."""
        return ",".join(map(str, self.hosts)) or urlsplit(self.written).path

    def at(self, host: Host) -> str:
        """The URL of one data server."""
        return f"{self.scheme}://{self.login}{host}/{self.database}{self.options}"

    def sentinel_at(self, host: Host) -> str:
        """The URL of one Sentinel."""
        return f"{self.scheme}://{self.sentinel_login}{host}/0{self.options}"


def parse_redis_url(text: str) -> RedisUrl:
    """Raises ValueError, with the accepted forms, for anything else; its message shows nothing of `text`."""
    try:
        return _unix(text) if text.startswith("unix:") else _servers(text)
    except ValueError:
        raise ValueError(f"must look like {FORMS}") from None


def _unix(text: str) -> RedisUrl:
    parts = urlsplit(text)
    options = dict(_options(parts.query, UNIX_OPTIONS))
    if parts.hostname or parts.path in ("", "/"):
        raise ValueError
    return RedisUrl(Layout.SINGLE, (), text, database=_number(options.get("db", "0")))


def _servers(text: str) -> RedisUrl:
    parts = urlsplit(text)
    scheme, _, layout = parts.scheme.partition("+")
    if scheme not in ("redis", "rediss"):
        raise ValueError
    kind = Layout(layout)
    login, at, hosts = parts.netloc.rpartition("@")
    path = [step for step in parts.path.split("/") if step]
    service = path.pop(0) if kind is Layout.SENTINEL and path else ""
    known = (TLS_OPTIONS if scheme == "rediss" else frozenset()) | (
        SENTINEL_OPTIONS if kind is Layout.SENTINEL else frozenset()
    )
    options = _options(parts.query, known)
    found = RedisUrl(
        kind,
        tuple(_host(host, 26379 if kind is Layout.SENTINEL else 6379) for host in hosts.split(",")),
        text,
        scheme=scheme,
        login=login + at,
        database=_number(path.pop(0)) if path else 0,
        options=_query([(name, value) for name, value in options if name in TLS_OPTIONS]),
        service=service,
        sentinel_login=_sentinel_login(dict(options)),
    )
    if path or parts.fragment or not _fits(found):
        raise ValueError
    return found


def _fits(url: RedisUrl) -> bool:
    match url.layout:
        case Layout.SINGLE:
            return len(url.hosts) == 1
        case Layout.SENTINEL:
            return bool(url.service)
        case Layout.CLUSTER:
            return url.database == 0  # a Cluster has no other


def _host(text: str, usual: int) -> Host:
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.path:
        raise ValueError
    return Host(parts.hostname, usual if parts.port is None else _positive(parts.port))


def _options(query: str, known: frozenset[str]) -> list[tuple[str, str]]:
    options = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    if not {name for name, _ in options} <= known:
        raise ValueError
    return options


def _query(options: list[tuple[str, str]]) -> str:
    return f"?{urlencode(options)}" if options else ""


def _sentinel_login(options: dict[str, str]) -> str:
    if "sentinel_password" not in options:
        return ""
    return f"{quote(options.get('sentinel_user', ''), safe='')}:{quote(options['sentinel_password'], safe='')}@"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError
    return int(text)


def _positive(port: int) -> int:
    if not port:
        raise ValueError
    return port
