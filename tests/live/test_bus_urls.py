"""The forms of `REDIS_URL`: what is understood, what is refused, and that no message shows a password."""

from __future__ import annotations

import pytest

from server.live.redis_urls import Host, Layout, RedisUrl, parse_redis_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("redis://localhost", "redis://localhost:6379/0"),
        ("redis://me:p%40ss@10.0.0.1:7000/3", "redis://me:p%40ss@10.0.0.1:7000/3"),
        ("rediss://:secret@[::1]:7000", "rediss://:secret@[::1]:7000/0"),
        (
            "rediss://redis.example.com?ssl_ca_certs=/etc/ca.pem",
            "rediss://redis.example.com:6379/0?ssl_ca_certs=%2Fetc%2Fca.pem",
        ),
    ],
)
def test_a_single_server(text: str, url: str) -> None:
    parsed = parse_redis_url(text)

    assert parsed.layout is Layout.SINGLE
    assert parsed.at(parsed.hosts[0]) == url


def test_a_unix_socket() -> None:
    parsed = parse_redis_url("unix:///run/redis.sock?db=2")

    assert (parsed.layout, parsed.hosts, parsed.shown) == (Layout.SINGLE, (), "/run/redis.sock")


def test_sentinels() -> None:
    parsed = parse_redis_url("redis+sentinel://me:hush@one:26380,[::1]/bus/4?sentinel_password=p%2Fw")

    assert (parsed.layout, parsed.service) == (Layout.SENTINEL, "bus")
    assert parsed.hosts == (Host("one", 26380), Host("::1", 26379))
    assert parsed.at(Host("master", 6380)) == "redis://me:hush@master:6380/4"
    assert parsed.sentinel_at(parsed.hosts[1]) == "redis://:p%2Fw@[::1]:26379/0"


def test_a_cluster() -> None:
    parsed = parse_redis_url("rediss+cluster://:hush@one,two:7001")

    assert (parsed.layout, parsed.hosts) == (Layout.CLUSTER, (Host("one", 6379), Host("two", 7001)))
    assert parsed.at(Host("three", 7002)) == "rediss://:hush@three:7002/0"


@pytest.mark.parametrize(
    "text",
    [
        "redis://me:hush@one,two/0",
        "redis://me:hush@/0",
        "redis://me:hush@host:0",
        "redis://me:hush@host:99999",
        "redis://me:hush@host:port",
        "redis://me:hush@host/zero",
        "redis://me:hush@host/0/1",
        "redis://me:hush@host?decode_responses=yes",
        "redis://me:hush@host?db=",
        "redis://me:hush@[::1",
        "redis://me:hush@host#0",
        "redis+ring://me:hush@host",
        "redis+sentinel://me:hush@host",
        "redis+sentinel://me:hush@host,/bus",
        "redis+sentinel://me:hush@host/bus/1/2",
        "redis+cluster://me:hush@host/2",
        "redis+cluster://me:hush@host,,host",
        "unix://me:hush@host",
        "unix:///",
        "unix:///run/redis.sock?db=zero",
        "http://me:hush@host",
        "hush",
        "",
    ],
)
def test_anything_else_is_refused_with_the_forms_and_without_a_password(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must look like redis://") as refusal:
        parse_redis_url(text)

    assert "hush" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_is_shown_has_no_password() -> None:
    shown: RedisUrl = parse_redis_url("redis+sentinel://me:hush@one:1,two:2/bus?sentinel_password=hush")

    assert shown.shown == "one:1,two:2"
