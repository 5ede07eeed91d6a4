"""Following by itself: what one creates and comments on, for those who want it; never because of bots or imports."""

from __future__ import annotations

from server.domain.access import Action, Level
from server.domain.events import Name
from server.domain.words import Kind, RecordId, UserId
from tests.world import World


async def followed(world: World, user: UserId) -> dict[str, object]:
    """What somebody follows, by id of the record, with the level."""
    follows = (await world.do(user, "me.change"))["follows"]
    assert isinstance(follows, dict)
    return follows


async def comment(world: World, user: UserId, record: RecordId, author: UserId) -> None:
    """Somebody comments on a message of another about a record."""
    entry = (await world.do(author, "message.publish", text="hello", about=[record]))["id"]
    await world.do(user, "comment.add", entry=entry, text="yes")


async def test_whoever_wants_it_follows_what_they_create_also_after_handing_it_over(world: World) -> None:
    ana, luis = await world.user("Ana", follow_created=True), await world.user("Luis")

    deal = await world.record(ana, Kind.DEAL, responsible=luis)

    assert await followed(world, ana) == {str(deal): "everything"}
    assert world.events[-2].name == Name.FOLLOW_CHANGED
    assert [entry["type"] for entry in await world.stream(ana)] == ["added"]


async def test_whoever_wants_it_follows_what_they_comment_on(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", follow_commented=True)
    deal = await world.record(ana, Kind.DEAL)

    await comment(world, luis, deal, author=ana)
    await comment(world, luis, deal, author=ana)

    assert await followed(world, luis) == {str(deal): "everything"}


async def test_nobody_follows_who_did_not_ask_for_it(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis")

    deal = await world.record(ana, Kind.DEAL)
    await comment(world, luis, deal, author=ana)

    assert await followed(world, ana) == {}
    assert await followed(world, luis) == {}


async def test_a_level_that_was_chosen_stays(world: World) -> None:
    ana, luis = await world.user("Ana"), await world.user("Luis", follow_commented=True)
    deal = await world.record(ana, Kind.DEAL)
    await world.do(luis, "follow.set", record=deal, level="muted")

    await comment(world, luis, deal, author=ana)

    assert await followed(world, luis) == {str(deal): "muted"}


async def test_a_bot_never_follows_by_itself(world: World) -> None:
    bot = await world.user("Bot", type="bot", follow_created=True, follow_commented=True)

    deal = await world.record(bot, Kind.DEAL)
    await comment(world, bot, deal, author=bot)

    assert await followed(world, bot) == {}


async def test_what_may_not_be_read_is_not_followed(world: World) -> None:
    reads_deals = {(Kind.DEAL, Action.READ): Level.ALL}
    ana = await world.user("Ana")
    eva = await world.user("Eva", grants=reads_deals, follow_commented=True)
    deal, lead = await world.record(ana, Kind.DEAL), await world.record(ana, Kind.LEAD)
    entry = (await world.do(ana, "message.publish", text="hello", about=[deal, lead]))["id"]

    await world.do(eva, "comment.add", entry=entry, text="yes")

    assert await followed(world, eva) == {str(deal): "everything"}
