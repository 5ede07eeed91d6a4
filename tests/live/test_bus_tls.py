"""The bus through TLS (`rediss://`): as good as without, and never with a server that nobody vouches for."""

from __future__ import annotations

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest

from server.domain.words import RecordId
from server.errors import Unavailable
from server.live.bus import check_bus
from server.live.presence_claims import Claims
from tests.conftest import missing
from tests.live.portal import make_event
from tests.live.test_bus import running, until
from tests.servers.certificates import Certificates, find_openssl, make_certificates
from tests.servers.tls_door import behind_tls


@pytest.fixture
def certificates(short_folder: Path) -> Certificates:
    if not find_openssl():
        missing("there is no openssl")
    return make_certificates(Path(tempfile.mkdtemp(dir=short_folder)))


@pytest.fixture
def socket(redis_url: str) -> Path:
    """Where the server is that speaks no TLS."""
    return Path(redis_url.removeprefix("unix://"))


def trusting(certificates: Certificates, port: int) -> str:
    return f"rediss://127.0.0.1:{port}/0?{urlencode({'ssl_ca_certs': certificates.authority})}"


async def test_events_go_through_tls_and_over_a_cut(socket: Path, certificates: Certificates) -> None:
    async with AsyncExitStack() as stack:
        async with behind_tls(socket, certificates) as port:
            url = trusting(certificates, port)
            one, _ = await stack.enter_async_context(running(url))
            other, ears = await stack.enter_async_context(running(url))
            await one.publish([make_event(1)])
            await until(lambda: ears.events)
        await until(lambda: not (one.healthy or other.healthy))

        await stack.enter_async_context(behind_tls(socket, certificates, port))
        await until(lambda: one.healthy and other.healthy)
        await one.publish([make_event(2)])

        await until(lambda: len(ears.events) == 2)
        assert ears.events == [make_event(1), make_event(2)]


async def test_claims_are_decided_through_tls(socket: Path, certificates: Certificates) -> None:
    async with behind_tls(socket, certificates) as port:
        claims = Claims(trusting(certificates, port), "p")

        taken = await claims.take(RecordId(42), {"user": 1, "name": "Ana"}, "calling")

        assert [claim and claim.stamp for claim in await claims.read([RecordId(42)])] == [taken.stamp]


async def test_a_server_that_nobody_vouches_for_is_not_trusted(socket: Path, certificates: Certificates) -> None:
    async with behind_tls(socket, certificates) as port:
        await check_bus(trusting(certificates, port))

        with pytest.raises(Unavailable, match="certificate"):
            await check_bus(f"rediss://127.0.0.1:{port}/0")


async def test_a_server_with_the_certificate_of_another_is_not_trusted(socket: Path, tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path, "DNS:elsewhere.example.com")

    async with behind_tls(socket, certificates) as port:
        with pytest.raises(Unavailable, match="certificate"):
            await check_bus(trusting(certificates, port))
