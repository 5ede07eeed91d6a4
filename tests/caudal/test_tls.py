"""The client through TLS: with an authority of one's own, and never to a server that nobody vouches for."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path

import pytest

from caudal import Caudal
from tests.caudal.bot import START, positions
from tests.caudal.fake import Fake, serving
from tests.conftest import missing
from tests.servers.certificates import Certificates, find_openssl, make_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if not find_openssl():
        missing("there is no openssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def secure_fake(certificates: Certificates, no_wait: None) -> AsyncIterator[Fake]:
    async with serving(certificates.for_server()) as fake:
        yield fake


def client(fake: Fake, context: ssl.SSLContext | None, *, patience: float = 30.0) -> Caudal:
    assert fake.url.startswith("https://")
    return Caudal(fake.url, "secret", encoding="json", patience=patience, context=context)


async def test_socket_and_lists_go_through_tls(secure_fake: Fake, certificates: Certificates) -> None:
    secure_fake.answers.append((HTTPStatus.OK, {}, {"entries": []}))

    async with client(secure_fake, certificates.for_client()) as c:
        stream = c.subscribe("mine", since=START)
        await stream.open()
        peer = await secure_fake.peer()
        await peer.follow()
        await peer.event(6)
        assert await positions(stream, 1) == [6]
        peer.cut()
        second = await secure_fake.peer()
        assert (await second.follow())["position"] == 6

        assert await c.get("/stream", scope="mine") == {"entries": []}
        assert peer.authorization == "Bearer secret"


def of_nobody(_: Certificates, __: Path) -> ssl.SSLContext | None:
    """What a client trusts that is told nothing."""
    return None


def of_another_authority(_: Certificates, folder: Path) -> ssl.SSLContext:
    """An authority, and not the one of the server."""
    return make_certificates(folder).for_client()


@pytest.mark.parametrize("trust", [of_nobody, of_another_authority])
async def test_a_server_that_nobody_vouches_for_is_told_nothing(
    secure_fake: Fake,
    certificates: Certificates,
    tmp_path: Path,
    trust: Callable[[Certificates, Path], ssl.SSLContext | None],
) -> None:
    async with client(secure_fake, trust(certificates, tmp_path), patience=0.3) as c:
        with pytest.raises(TimeoutError):
            await c.get("/me")
        with pytest.raises(TimeoutError):
            await c.call("comment.add", {})

    assert (secure_fake.tries, secure_fake.asked) == (0, [])


async def test_a_server_with_the_certificate_of_another_is_told_nothing(tmp_path: Path, no_wait: None) -> None:
    certificates = make_certificates(tmp_path, "DNS:elsewhere.example.com")

    async with (
        serving(certificates.for_server()) as fake,
        client(fake, certificates.for_client(), patience=0.3) as c,
    ):
        with pytest.raises(TimeoutError):
            await c.get("/me")
        with pytest.raises(TimeoutError):
            await c.call("comment.add", {})

    assert (fake.tries, fake.asked) == (0, [])
