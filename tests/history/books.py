"""Whether the writers' journal, the log and the tables tell of the same writes: each acknowledged one once, none by half."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import cast

from tests.history.checker import Anomaly
from tests.history.journal import History, Write
from tests.history.logbook import Logbook

NAMES = {"message.publish": "entry.added", "comment.add": "comment.added"}


async def check_books(history: History, logbook: Logbook) -> list[Anomaly]:
    """All anomalies of writing."""
    found = [*check_refs(history), *(Anomaly("hole", "the log", 0, gap) for gap in logbook.gaps)]
    found += [Anomaly("hole", "the log", gap, "no event has this position") for gap in _holes(history)]
    found += [_of_table(why) for why in [*await _halves(history, logbook), *await _texts(history, logbook)]]
    return found


def _of_table(why: str) -> Anomaly:
    return Anomaly("half", "the tables", 0, why)


def _holes(history: History) -> Iterator[int]:
    return (p for p in range(history.floor + 1, history.head + 1) if p not in history.rows)


def check_refs(history: History) -> Iterator[Anomaly]:
    """Every write that makes something bears a mark of its own, which its event bears too."""
    found = Counter((row.ref, row.name) for row in history.rows.values())
    for write in history.writes:
        if write.action not in NAMES:
            continue
        times = found[write.ref, NAMES[write.action]]
        if write.outcome == "done" and times != 1:
            yield Anomaly("unwritten" if times == 0 else "rewritten", write.key, 0, f"{write.action}: {times} times")
        elif write.outcome == "refused" and times:
            yield Anomaly("half", write.key, 0, f"{write.action} was refused, and is in the log")
        elif times > 1:
            yield Anomaly("rewritten", write.key, 0, f"{write.action}: {times} times")


async def _halves(history: History, logbook: Logbook) -> list[str]:
    """Entries and comments that are in the tables without an event, or in the log alone."""
    added = {row.entry for row in history.rows.values() if row.name == "entry.added"}
    removed = {row.entry for row in history.rows.values() if row.name == "entry.removed"}
    entries = await logbook.select("SELECT id, comment_count FROM entries")
    there = {cast(int, row["id"]) for row in entries}
    counted = {
        cast(int, row["entry_id"]): row["n"]
        for row in await logbook.select("SELECT entry_id, count(*) AS n FROM comments GROUP BY entry_id")
    }
    wrong = [f"entry {id} is {where}" for id, where in _unequal(there, cast("set[int]", added - removed))]
    wrong += [
        f"entry {row['id']} counts {row['comment_count']} comments, and has {counted.get(cast(int, row['id']), 0)}"
        for row in entries
        if row["comment_count"] != counted.get(cast(int, row["id"]), 0)
    ]
    (head,) = await logbook.select("SELECT position FROM log_head")
    if head["position"] != history.head:
        wrong.append(f"the head says {head['position']}, the last event is at {history.head}")
    return wrong


def _unequal(there: set[int], told: set[int]) -> list[tuple[int, str]]:
    return [(id, "in the tables alone") for id in sorted(there - told)] + [
        (id, "in the log alone") for id in sorted(told - there)
    ]


async def _texts(history: History, logbook: Logbook) -> list[str]:
    """A text is what its author wrote last and was told is written, or something later that nobody was told of."""
    wrong: list[str] = []
    for table, verbs in (
        ("entries", ("message.publish", "message.edit", "message.delete")),
        ("comments", ("comment.add", "comment.edit", "comment.delete")),
    ):
        done: defaultdict[int, list[Write]] = defaultdict(list)
        for write in history.writes:
            if write.action in verbs and write.outcome != "refused":
                done[write.made if write.action == verbs[0] else write.target].append(write)
        found = await logbook.select(f"SELECT id, text FROM {table}")
        texts = {cast(int, row["id"]): cast(str, row["text"]) for row in found}
        gone = {cast(int, row.entry) for row in history.rows.values() if row.name == "entry.removed"}
        for id, writes in done.items():
            possible = _possible(writes)
            inside = table == "comments" and id not in texts  # it may have gone with its entry
            if id and texts.get(id) not in possible and not inside and id not in gone:
                wrong.append(
                    f"{table} {id} is {str(texts.get(id))[:40]!r}, of {[(w.action, w.outcome) for w in writes]}"
                )
    return wrong


def _possible(writes: Sequence[Write]) -> set[str | None]:
    """What may stand there; None: nothing, because it was deleted."""
    last = max((index for index, write in enumerate(writes) if write.outcome == "done"), default=0)
    return {None if write.action.endswith(".delete") else write.text for write in writes[last:]}
