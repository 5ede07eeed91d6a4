"""Entries with all that hangs from them, and the order in which everything happened.

A position stands for one act: the making of an entry, a comment, a reaction, a completion. They are given at the end,
by time, as if each had been an event of its own; those events themselves were trimmed long ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from server.demo.world import Made, Person, World
from server.domain.access import Action
from server.domain.entries import TYPES, EntryFacts, Part, principals
from server.domain.filters import searchable
from server.domain.text import parse_mentions
from server.domain.words import JsonObject, Millis, RecordId, UserId
from server.store.schema import comments, entries, entry_people, entry_records, reactions, recipients

EMOJI = ("👍", "🎉", "👏", "❤️", "🙌", "😄", "👀", "✅")


@dataclass(frozen=True, slots=True)
class Told:
    """One entry that was made: its row, who wrote it, what it is about, who sees it."""

    row: JsonObject
    author: Person
    records: Sequence[Made]
    readers: Sequence[Person]
    parts: set[tuple[int, str]]

    @property
    def id(self) -> int:
        """The entry's id."""
        return int(str(self.row["id"]))

    @property
    def at(self) -> Millis:
        """When it was made."""
        return int(str(self.row["at"]))


@dataclass(slots=True)
class Stream:
    """The stream of the demo company."""

    world: World
    _acts: list[tuple[Millis, int, JsonObject, bool]] = field(default_factory=list)
    """Each with its moment, its turn among those of the same moment, its entry, and whether it bumps the entry."""

    def tell(
        self,
        type: str,
        author: Person,
        at: Millis,
        records: Sequence[Made],
        *,
        people: Iterable[tuple[Person, Part]] = (),
        text: str = "",
        subject: Made | None = None,
        change: JsonObject | None = None,
        activity: int | None = None,
        search: str | None = None,
    ) -> Told:
        """Makes an entry."""
        rows = self.world.rows
        values: JsonObject = {"type": type, "author_id": author.id, "at": at, "added": 0, "bumped": 0, "text": text}
        values |= {"search": searchable(text) if search is None else search, "comment_count": 0, "change": change}
        values |= {"subject_id": subject and subject.id, "activity_id": activity}
        number = rows.add(entries, **values)
        for sort, record in enumerate(records):
            rows.add(entry_records, entry_id=number, record_id=record.id, sort=sort)
        involved = {(author.id, Part.AUTHOR), *((person.id, part) for person, part in people)}
        involved |= {(user, Part.MENTIONED) for user in parse_mentions(text).users}
        told = Told(rows.of(entries)[-1], author, records, self._readers(type, involved, records, subject), set())
        self._take_part(told, involved)
        self._act(at, told, bumps=True)
        return told

    def _readers(
        self, type: str, people: set[tuple[UserId, Part]], records: Sequence[Made], subject: Made | None
    ) -> list[Person]:
        about = {RecordId(record.id): record.owned for record in records}
        facts = EntryFacts(TYPES[type], frozenset(people), about, None if subject is None else RecordId(subject.id))
        sees = principals(facts)
        return [person for person in self.world.people if not person.access.held(Action.READ).isdisjoint(sees)]

    def _take_part(self, told: Told, people: Iterable[tuple[UserId, Part]]) -> None:
        for user, part in sorted(people):
            if (user, str(part)) not in told.parts:
                told.parts.add((user, str(part)))
                self.world.rows.add(entry_people, entry_id=told.id, user_id=user, part=str(part))

    def _act(self, at: Millis, told: Told, *, bumps: bool) -> None:
        self._acts.append((at, len(self._acts), told.row, bumps))

    def address(self, told: Told, chips: Iterable[JsonObject]) -> None:
        """Writes the chips of To."""
        for sort, chip in enumerate(chips):
            self.world.rows.add(recipients, entry_id=told.id, sort=sort, **chip)

    def comment(self, told: Told, author: Person, at: Millis, text: str) -> None:
        """Comments an entry, which moves it to the top."""
        self.world.rows.add(comments, entry_id=told.id, author_id=author.id, at=at, text=text)
        told.row["comment_count"] = int(str(told.row["comment_count"])) + 1
        self._take_part(told, ((user, Part.MENTIONED) for user in parse_mentions(text).users))
        for record in told.records:
            record.touch(at, author.id)
        self._act(at, told, bumps=True)

    def react(self, told: Told, person: Person, at: Millis, emoji: str) -> None:
        """Adds a reaction."""
        self.world.rows.add(reactions, entry_id=told.id, user_id=person.id, emoji=emoji, at=at)
        self._act(at, told, bumps=False)

    def live(self, told: Told, at: Millis) -> None:
        """Moves an entry to the top: its activity was completed."""
        self._act(at, told, bumps=True)

    def place(self) -> int:
        """Gives every act its position, by time; the last one. Ids follow the same order only by chance."""
        self._acts.sort(key=lambda act: act[:2])
        for position, (_, _, row, bumps) in enumerate(self._acts, start=1):
            if row["added"] == 0:
                row["added"] = position
            if bumps:
                row["bumped"] = position
        return len(self._acts)
