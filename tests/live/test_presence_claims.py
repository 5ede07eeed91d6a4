"""Claims over a real Redis-compatible server."""

from __future__ import annotations

import asyncio

import pytest

from server.domain.words import RecordId
from server.errors import Unavailable
from server.live.presence_claims import Claims
from tests.servers.redis import Redis

DEAL, LEAD = RecordId(42), RecordId(43)
ANA: dict[str, object] = {"user": 1, "name": "Ana"}
LUIS: dict[str, object] = {"user": 11, "name": "Luis"}


async def test_the_first_has_it_until_it_is_given_back(redis_url: str) -> None:
    here, there = Claims(redis_url, "test"), Claims(redis_url, "test")

    first = await here.take(DEAL, ANA, "calling")
    second = await there.take(DEAL, LUIS, "mine")
    assert first.person == second.person == ANA
    assert (second.stamp, second.word, second.until) == (first.stamp, "calling", first.until)

    assert (await there.give_back(DEAL, LUIS)).person == ANA
    given_back = await here.give_back(DEAL, ANA)
    third = await there.take(DEAL, LUIS, "mine")
    assert given_back.person is None
    assert third.person == LUIS
    assert first.stamp < given_back.stamp < third.stamp


async def test_of_many_at_once_one_has_it(redis_url: str) -> None:
    people: list[dict[str, object]] = [{"user": number, "name": "?"} for number in range(1, 21)]

    claims = await asyncio.gather(*(Claims(redis_url, "test").take(DEAL, each, "mine") for each in people))

    assert len({claim.stamp for claim in claims}) == 1
    assert all(claim.person == claims[0].person for claim in claims)


async def test_renewing_lasts_longer_and_says_something_else(redis_url: str) -> None:
    claims = Claims(redis_url, "test")
    first = await claims.take(DEAL, ANA, "calling")

    again = await claims.take(DEAL, ANA, "writing")

    assert again.stamp > first.stamp
    assert again.until >= first.until
    assert [claim and claim.word for claim in await claims.read([DEAL, LEAD])] == ["writing", None]


async def test_a_claim_ends_by_itself(redis_url: str) -> None:
    claims = Claims(redis_url, "test", lasts=50)
    await claims.take(DEAL, ANA, "calling")

    async with asyncio.timeout(5):
        while (await claims.read([DEAL]))[0] is not None:
            await asyncio.sleep(0.01)

    assert (await claims.take(DEAL, LUIS, "mine")).person == LUIS


async def test_portals_do_not_see_each_others_claims(redis_url: str) -> None:
    await Claims(redis_url, "one").take(DEAL, ANA, "calling")

    assert (await Claims(redis_url, "two").take(DEAL, LUIS, "mine")).person == LUIS


async def test_without_redis_nothing_is_decided(redis: Redis) -> None:
    claims = Claims(redis.url, "test")
    await asyncio.to_thread(redis.hang)

    with pytest.raises(Unavailable):
        await claims.take(DEAL, ANA, "calling")

    await asyncio.to_thread(redis.resume)
    await asyncio.to_thread(redis.stop)
    with pytest.raises(Unavailable):
        await claims.read([DEAL])
