"""The judge itself: a true history passes, and each lie told in it is found, by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.history.books import check_refs
from tests.history.checker import Anomaly, Checker
from tests.history.entitlement import Entitlement, Window
from tests.history.journal import (
    Answered,
    Asked,
    ClientJournal,
    Connected,
    Delivered,
    History,
    Json,
    Lost,
    Note,
    RightsChange,
    Row,
    Snapshot,
    Standing,
    Told,
    Write,
)

ANA, LUIS = 1, 2
DEAL = 42
READERS = frozenset({"deal:all", "deal:user:1"})


def row(position: int, name: str = "comment.added", **fields: object) -> Row:
    """An event about DEAL, which is Ana's, in her Mine."""
    ref: Json = {"record": DEAL, "kind": "deal", "title": "canary1x"}
    entry: Json = {
        "id": 7,
        "type": "message",
        "author": {"user": ANA},
        "subject": None,
        "records": [ref],
        "text": "hello",
    }
    event = Row(
        position=position,
        at=position * 1000,
        name=name,
        reach="stream",
        actor=ANA,
        entry=7,
        records=(DEAL,),
        principals=READERS,
        audience=frozenset({ANA}),
        readers={DEAL: READERS},
        data={"entry": entry, "comment": {"id": position}},
    )
    return replace(event, **fields)  # type: ignore[arg-type]


def got(position: int, name: str = "comment.added", **fields: object) -> Delivered:
    """The delivery of such an event to Ana, a moment later."""
    at, moment = position * 1000 + 5, position * 1000
    shown, canaries = frozenset({DEAL}), frozenset({1})
    note = Delivered(at, position, moment, name, True, ANA, True, shown, canaries)
    return replace(note, **fields)  # type: ignore[arg-type]


def session(*notes: Note, cursor: int = 0, channel: str = "all", filter: Json | None = None) -> list[Note]:
    """A connection that resumed from `cursor` when the log was there, and what came."""
    connected = Connected(0, "s", 0, "e", cursor)
    asked = Asked(1, 1, "resume", ((channel, filter or {}),), cursor)
    return [connected, asked, Answered(2, 1, cursor), *notes]


def history(*notes: Note, rows: Sequence[Row] = (), user: int = ANA, cursor: int = 0) -> History:
    """Five comments, and one client that had begun with a snapshot."""
    told = {each.position: each for each in (*(row(position) for position in range(1, 6)), *rows)}
    return History(
        rows=told,
        head=max(told),
        standings={ANA: Standing("own"), LUIS: Standing("none")},
        canaries={1: DEAL},
        clients=[ClientJournal("client", user, notes=[Snapshot(0, cursor), *notes])],
    )


def kinds(told: History) -> list[str]:
    """What the checker finds."""
    return [anomaly.kind for anomaly in Checker(told).check()]


ALL = [got(position) for position in range(1, 6)]


def test_a_true_history_has_no_anomaly() -> None:
    assert kinds(history(*session(*ALL))) == []


def test_a_cursor_over_a_loss_of_connection_has_no_anomaly() -> None:
    told = history(*session(*ALL[:2]), Lost(2500, 1006), *session(*ALL[2:], cursor=2))

    assert kinds(told) == []


LIES: dict[str, Callable[[], History]] = {
    "lost": lambda: history(*session(*ALL[:2], *ALL[3:])),
    "doubled": lambda: history(*session(*ALL[:3], ALL[2], *ALL[3:])),
    "disordered": lambda: history(*session(ALL[0], ALL[1], ALL[3], replace(ALL[2], at=4006), ALL[4])),
    "phantom": lambda: history(*session(*ALL[:4], replace(ALL[4], name="entry.added"))),
    "leaked": lambda: history(*session(*(replace(note, mine=False) for note in ALL)), user=LUIS),
    "mine": lambda: history(*session(*ALL[:4], replace(ALL[4], mine=False))),
    "uninvited": lambda: history(*session(*ALL, channel="record:9")),
    "incomplete": lambda: history(*session(*ALL[:4], replace(ALL[4], complete=False))),
    "matches": lambda: history(*session(*ALL[:4], replace(ALL[4], matches=False))),
    "reset": lambda: history(*session(*ALL, Told(5010, 5, "access"))),
    "stuck": lambda: history(*session(*ALL[:4])),
}


@pytest.mark.parametrize("kind", LIES)
def test_a_lie_is_found_by_its_name(kind: str) -> None:
    assert set(kinds(LIES[kind]())) >= {kind}


def test_a_checkpoint_beyond_what_was_sent_is_a_loss() -> None:
    told = history(*session(*ALL[:3], Told(5010, 5)))

    assert kinds(told) == ["lost", "lost"]


def test_an_event_behind_a_checkpoint_is_out_of_order() -> None:
    told = history(*session(*ALL[:4], Told(5010, 5), replace(ALL[4], at=5020)))

    assert "disordered" in kinds(told)


def test_a_loss_across_a_resume_is_found() -> None:
    told = history(*session(*ALL[:2]), Lost(2500, 1006), *session(*ALL[3:], cursor=2))

    assert kinds(told) == ["lost"]


def test_what_a_reset_skips_is_not_lost() -> None:
    change = row(
        3, "access.changed", reach="portal", entry=None, data={}, readers={}, records=(), principals=frozenset()
    )
    told = history(*session(ALL[0], Told(4005, 4, "access"), ALL[4]), rows=[change])

    assert kinds(told) == []


def test_a_reset_begins_anew_even_below_the_cursor() -> None:
    change = row(
        2, "access.changed", reach="portal", entry=None, data={}, readers={}, records=(), principals=frozenset()
    )
    notes = session(Told(3005, 2, "access"), replace(ALL[2], at=3006), *ALL[3:], cursor=3)
    told = history(Connected(0, "s", 0, "e", 2), *notes[1:], rows=[change], cursor=3)

    assert kinds(told) == []


def test_a_channel_that_is_left_and_taken_again_before_the_reply_stays() -> None:
    left, taken = Asked(3, 2, "unsubscribe", (("record:42", {}),)), Asked(3, 3, "subscribe", (("record:42", {}),))
    told = history(*session(left, taken, Answered(4, 2, 0), Answered(4, 3, 0), *ALL, channel="record:42"))

    assert kinds(told) == []
    assert kinds(
        history(*session(left, taken, Answered(4, 2, 0), Answered(4, 3, 0), *ALL[1:], channel="record:42"))
    ) == ["lost"]


def test_a_record_shown_inside_an_event_leaks_by_itself() -> None:
    hidden = row(5, readers={DEAL: READERS, 43: frozenset({"lead:all"})})
    told = history(*session(*ALL[:4], got(5, shown=frozenset({DEAL, 43}))), rows=[hidden])

    assert kinds(told) == ["leaked"]


def test_a_title_leaks_wherever_it_stands() -> None:
    hidden = row(5, readers={DEAL: READERS, 43: frozenset({"lead:all"})})
    told = history(*session(*ALL[:4], got(5, canaries=frozenset({1, 2}))), rows=[hidden])
    told.canaries[2] = 43

    assert kinds(told) == ["leaked"]


def test_an_event_before_a_loss_of_rights_is_no_leak_and_one_after_it_is() -> None:
    moved = frozenset({"deal:all", "deal:user:2"})
    rows = [row(4, principals=moved, readers={DEAL: moved}, audience=frozenset({LUIS}))]
    rows.append(row(5, principals=moved, readers={DEAL: moved}, audience=frozenset({LUIS})))
    before = history(*session(*ALL[:3], Told(5010, 5)), rows=rows)
    after = history(*session(*ALL[:4], Told(5010, 5)), rows=rows)

    assert kinds(before) == []
    assert "leaked" in kinds(after)


def test_rights_that_change_on_the_way_make_an_event_allowed_and_not_owed() -> None:
    told = history(rows=[row(position) for position in range(6, 9)])
    told.rights.append(RightsChange(7, ANA, Standing("none")))
    truth, window = Entitlement(told), Window(6, 8)

    assert truth.may(ANA, told.rows[6], window)
    assert not truth.must(ANA, told.rows[6], window)
    assert not truth.may(ANA, told.rows[8], Window(8, 8))


def test_deleted_content_is_not_owed_and_may_not_be_replayed() -> None:
    removed = row(5, "entry.removed", data={"entry": 7}, readers={})
    told = history(rows=[removed])
    truth = Entitlement(told)

    assert not truth.must(ANA, told.rows[2], Window(2, 5))
    assert truth.may(ANA, told.rows[2], Window(2, 5))
    assert not truth.may(ANA, told.rows[2], Window(5, 5))


def test_a_filter_that_an_event_does_not_pass_owes_nothing() -> None:
    told = history(*session(Told(5010, 5), filter={"kind": ["task"]}))

    assert kinds(told) == []


@pytest.mark.parametrize(
    ("outcome", "refs", "kind"),
    [("done", 0, "unwritten"), ("done", 2, "rewritten"), ("open", 2, "rewritten"), ("refused", 1, "half")],
)
def test_a_write_is_in_the_log_as_often_as_its_answer_says(outcome: str, refs: int, kind: str) -> None:
    told = history(rows=[row(position, ref="w1") for position in range(1, 1 + refs)])
    told.writes.append(Write("1", ANA, "comment.add", ref="w1", outcome=outcome))

    found: list[Anomaly] = list(check_refs(told))

    assert [anomaly.kind for anomaly in found] == [kind]


@pytest.mark.parametrize(("outcome", "refs"), [("done", 1), ("open", 0), ("open", 1), ("refused", 0)])
def test_a_write_that_is_told_truly_is_no_anomaly(outcome: str, refs: int) -> None:
    told = history(rows=[row(position, ref="w1") for position in range(1, 1 + refs)])
    told.writes.append(Write("1", ANA, "comment.add", ref="w1", outcome=outcome))

    assert list(check_refs(told)) == []


def test_a_resume_may_be_answered_by_a_reset_for_what_a_reset_before_its_reply_told_already() -> None:
    changed = row(2, "access.changed", reach="portal", entry=None, records=(), principals=frozenset(), data={})
    begun: list[Note] = [
        Connected(4100, "s", 0, "e", 4),
        Asked(4101, 8, "resume", (("all", {}),), 1),
        Told(4102, 4, "access"),
    ]
    told = history(
        *session(ALL[0]), Lost(1500, 1006), *begun, Answered(5003, 8, 5), Told(5004, 5, "access"), rows=[changed]
    )

    assert kinds(told) == []
