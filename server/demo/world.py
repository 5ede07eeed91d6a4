"""The people and records of the demo company in memory, and the questions that making a year asks of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from server.demo.decks import Decks
from server.demo.rows import Rows
from server.demo.staff import Colleague
from server.domain.access import Access, Action, Owned, readers
from server.domain.words import JsonObject, Kind, Millis, UserId

DAY: Millis = 24 * 3_600_000
HOUR: Millis = 3_600_000
MINUTE: Millis = 60_000
YEAR: Millis = 365 * DAY


@dataclass(frozen=True, slots=True)
class Person:
    """A colleague with an id and what they may do."""

    id: UserId
    who: Colleague
    access: Access

    @property
    def language(self) -> str:
        """What they write in."""
        return self.who.language


@dataclass(slots=True)
class Made:
    """One record: its row, who decides about it, and what it is about. `contact` is the person one talks to there."""

    id: int
    kind: Kind
    owned: Owned
    row: JsonObject
    language: str
    created: Millis
    company: Made | None = None
    contact: Made | None = None
    email: str | None = None
    phone: str = ""
    first_name: str = ""
    firm_name: str = ""

    @property
    def title(self) -> str:
        """As the record is called now."""
        return str(self.row["title"])

    @property
    def firm(self) -> str:
        """The company's name, for texts."""
        return self.firm_name or (self.title if self.company is None else self.company.title)

    @property
    def spoken(self) -> str:
        """The first name of the person one talks to, for texts."""
        return self.first_name or (self.contact.first_name if self.contact else "")

    def touch(self, at: Millis, by: UserId) -> None:
        """Moves the last activity."""
        if at >= int(str(self.row["last_activity_at"])):
            self.row |= {"last_activity_at": at, "last_activity_by": by}

    def change(self, at: Millis, by: UserId) -> None:
        """Notes an edit."""
        self.row["version"] = int(str(self.row["version"])) + 1
        if at >= int(str(self.row["changed_at"])):
            self.row |= {"changed_at": at, "changed_by": by}


@dataclass(slots=True)
class World:
    """Everything that was made so far."""

    now: Millis
    rng: Random
    rows: Rows
    decks: Decks
    people: list[Person] = field(default_factory=list)
    records: list[Made] = field(default_factory=list)
    stages: dict[Kind, list[tuple[int, str]]] = field(default_factory=dict)
    """Ids and meanings, in their order."""
    pipeline: int = 0

    def of(self, *kinds: Kind) -> list[Made]:
        """The records of some kinds."""
        return [record for record in self.records if record.kind in kinds]

    def able(self, action: Action, *records: Made) -> list[Person]:
        """Who may do this to all of some records."""
        return [person for person in self.people if all(person.access.may(action, record.owned) for record in records)]

    def writer(self, *records: Made) -> Person:
        """Somebody who may update them all; mostly the responsible person of the first."""
        able = self.able(Action.UPDATE, *records)
        own = [person for person in able if person.id == records[0].owned.responsible]
        return own[0] if own and self.rng.random() < 0.65 else self.rng.choice(able)

    def other(self, people: Iterable[Person], *but: Person) -> Person | None:
        """Somebody else, if there is anybody."""
        left = [person for person in people if person not in but]
        return self.rng.choice(left) if left else None

    def moment(self, since: Millis, until: Millis, zone: str = "Europe/Madrid") -> Millis:
        """A moment of a working day between two others; near `until` rather than near `since`."""
        since = min(since, until - MINUTE)
        at = until - int((until - since) * self.rng.random() ** 1.25)
        local = datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone))
        if local.weekday() > 4:
            local = datetime.fromtimestamp((at - 2 * DAY) / 1000, UTC).astimezone(ZoneInfo(zone))
        hour, minute = self.rng.choice((8, 9, 9, 10, 10, 11, 11, 12, 13, 15, 16, 16, 17, 18)), self.rng.randrange(60)
        worked = local.replace(hour=hour, minute=minute, second=self.rng.randrange(60), microsecond=0)
        found = int(worked.timestamp() * 1000)
        return found if since <= found <= until else at

    def text(self, language: str, deck: str, about: Made, by: Person | None = None) -> str:
        """A text about a record, filled with its names; mentions somebody who can read it, or the responsible person."""
        readable = [p for p in self.people if not p.access.held().isdisjoint(readers(about.owned)) and p is not by]
        mentioned = self.rng.choice(readable)
        return self.decks.draw(
            language,
            deck,
            c=about.spoken or ("compras" if language == "es" else "purchasing"),
            co=about.firm,
            p=self.rng.choice(PRODUCTS),
            u=f"@{{{mentioned.id}}}",
            r=f"#{{{about.id}}}",
        )


PRODUCTS: Sequence[str] = ("L14", "C13", "W7", "Dock 4K Pro", "T4", "R2", "S12", "F100", "Wi-Fi 7", "M2")
"""Short names, as people use them in a sentence."""
