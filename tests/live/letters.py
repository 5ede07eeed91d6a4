"""What nodes tell each other of presence, as tests write and read it."""

from __future__ import annotations

from server.domain.words import RecordId, UserId
from server.live.presence import Presence, Shown
from server.live.presence_letters import Claimed, Letter, Person, user_of

DEAL, LEAD = RecordId(42), RecordId(43)
LASTS = 60.0  # s of a claim


def person(user: int) -> Person:
    """How others see somebody."""
    return {"user": user, "name": f"Person {user}"}


ANA, LUIS = person(1), person(2)


def claimed(stamp: int, holder: Person | None = ANA, *, left: float = LASTS) -> Claimed:
    """A claim of the deal, or that it was given back."""
    return Claimed(DEAL, stamp, left, holder, "calling" if holder else "", 1_000)


def tell(presence: Presence, now: float) -> Letter:
    """All that a node has to tell."""
    presence.pass_time(now)
    records = list(presence.untold)
    presence.untold.clear()
    return presence.letter(records, now)


def users(shown: Shown) -> list[UserId]:
    """Who is shown as viewing."""
    return [user_of(each) for each in shown.viewing]
