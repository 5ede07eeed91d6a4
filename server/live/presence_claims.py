"""Claims, decided: "Ana is calling this client". One holder for each record, first come, over all nodes of a portal.

A claim is a key in Redis that ends by itself, and the only thing that decides; what nodes tell each other is a hint. It
is written and read by one script, so that nothing comes between. When Redis forgets everything, claims are forgotten.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import msgspec
from redis.exceptions import RedisError

from server.domain.words import Millis, RecordId
from server.errors import Unavailable
from server.live.connections import Answer, Command, connected
from server.live.presence_letters import Claimed, Person, user_of
from server.live.redis_nodes import finder
from server.live.redis_urls import parse_redis_url

LASTS: Millis = 5 * 60 * 1000  # a call, or a first answer; who needs longer claims again
TIMEOUT = 1.0  # s for Redis to decide
GIVEN_BACK = 25.0  # s that nodes remember it; longer than any message is under way

# A value is `stamp user {msgpack}`. The stamp is Redis' own time in microseconds, and grows from claim to claim.
_UNLESS_ANOTHERS = """
local held = redis.call('GET', KEYS[1])
local time = redis.call('TIME')
local stamp = time[1] * 1000000 + time[2]
if held then
  local was, user = string.match(held, '^(%d+) (%d+) ')
  if user ~= ARGV[1] then return {held, redis.call('PTTL', KEYS[1])} end
  stamp = math.max(stamp, was + 1)
end
"""
_TAKE = f"""{_UNLESS_ANOTHERS}
held = string.format('%.0f', stamp) .. ' ' .. ARGV[1] .. ' ' .. ARGV[2]
redis.call('SET', KEYS[1], held, 'PX', ARGV[3])
return {{held, tonumber(ARGV[3])}}
"""
_GIVE_BACK = f"""{_UNLESS_ANOTHERS}
if held then redis.call('DEL', KEYS[1]) end
return {{string.format('%.0f', stamp) .. ' 0 ', 0}}
"""


class Claims:
    """The claims of one portal. Everything raises Unavailable when Redis does not answer in time."""

    def __init__(self, url: str, portal: str, *, lasts: Millis = LASTS) -> None:
        self._prefix = f"caudal:{{{portal}}}:claim:"  # the braces keep it where the bus is, in a Cluster
        self._finder = finder(parse_redis_url(url), self._prefix)
        self._lasts = lasts

    async def take(self, record: RecordId, person: Person, word: str) -> Claimed:
        """Claims a record, or renews one's claim. Returns the claim that holds now: somebody else's, if it was first."""
        until = time.time_ns() // 1_000_000 + self._lasts
        told = msgspec.msgpack.encode((person, word, until))
        return await self._run(_TAKE, record, str(user_of(person)), told, str(self._lasts))

    async def give_back(self, record: RecordId, person: Person) -> Claimed:
        """Ends one's claim. Returns what holds now: nobody's, or somebody else's."""
        return await self._run(_GIVE_BACK, record, str(user_of(person)))

    async def read(self, records: Sequence[RecordId]) -> list[Claimed | None]:
        """The claims of some records as of now, in their order."""
        commands = [(verb, self._key(record)) for record in records for verb in ("GET", "PTTL")]
        answers = await self._ask(*commands) if commands else []
        return [
            _claim(record, [value, left]) if isinstance(value, bytes) else None
            for record, value, left in zip(records, answers[::2], answers[1::2], strict=True)
        ]

    async def _run(self, script: str, record: RecordId, *arguments: str | bytes) -> Claimed:
        (answer,) = await self._ask(("EVAL", script, "1", self._key(record), *arguments))
        claim = _claim(record, answer)
        if claim is None:
            raise Unavailable("Redis holds a claim that cannot be read")
        return claim

    async def _ask(self, *commands: Command) -> list[Answer]:
        try:
            async with asyncio.timeout(TIMEOUT), connected(await self._finder.find()) as connection:
                await connection.send(*commands)
                return [await connection.receive() for _ in commands]
        except (RedisError, OSError) as error:
            raise Unavailable("claims cannot be decided now") from error

    def _key(self, record: RecordId) -> str:
        return f"{self._prefix}{record}"


def _claim(record: RecordId, answer: Answer) -> Claimed | None:
    match answer:
        case [bytes() as value, int() as left]:
            stamp, _, rest = value.partition(b" ")
            _, _, told = rest.partition(b" ")
            try:
                if not told:
                    return Claimed(record, int(stamp), GIVEN_BACK)
                person, word, until = msgspec.msgpack.decode(told, type=tuple[dict[str, object], str, int])
                return Claimed(record, int(stamp), max(left, 0) / 1000, person, word, until)
            except (msgspec.MsgspecError, ValueError):
                return None
    return None
