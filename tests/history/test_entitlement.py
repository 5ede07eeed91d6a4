"""The judge's rule for notifications: what a replay shows of one is drawn as of then, not as it was told."""

from __future__ import annotations

import pytest

from tests.history.entitlement import Entitlement, Window
from tests.history.journal import History, Json, Row, Standing

ANA = 1
BELL = 30
"""The id of a notification."""
READERS = frozenset({"deal:user:1"})


def personal(position: int, name: str, data: Json) -> Row:
    """An event for Ana alone, about entry 7 if it shows a notification."""
    entry = 7 if "notification" in data else None
    return Row(position, position * 1000, name, "personal", 2, entry, audience=frozenset({ANA}), data=data)


def shows(position: int, name: str, comment: int | None = None) -> Row:
    """An event with the notification, of a comment or of the entry itself."""
    return personal(position, name, {"notification": {"id": BELL, "comment": comment, "records": []}, "unread": 1})


def gone(position: int, comment: int) -> Row:
    """A comment was deleted."""
    data: Json = {"entry": 7, "comment": comment}
    return Row(position, position * 1000, "comment.removed", "stream", 2, 7, principals=READERS, data=data)


def judge(*rows: Row) -> Entitlement:
    """Ana before these events."""
    told = {row.position: row for row in rows}
    return Entitlement(History(rows=told, head=max(told), standings={ANA: Standing("own")}))


NEW = "notification.added"
ANEW = "notification.changed"


@pytest.mark.parametrize("name", [NEW, ANEW])
def test_a_notification_goes_from_replays_with_its_comment(name: str) -> None:
    row = shows(1, name, comment=9)

    ana = judge(row, gone(2, comment=9))

    assert ana.must(ANA, row, Window(1, 1))
    assert ana.may(ANA, row, Window(1, 2))
    assert not ana.must(ANA, row, Window(1, 2))
    assert not ana.may(ANA, row, Window(2, 2))


@pytest.mark.parametrize("name", [NEW, ANEW])
def test_a_notification_that_was_renewed_is_owed_though_the_comment_it_was_of_is_gone(name: str) -> None:
    row = shows(1, name, comment=9)

    ana = judge(row, shows(2, NEW, comment=10), gone(3, comment=9))

    assert ana.must(ANA, row, Window(1, 3))
    assert ana.may(ANA, row, Window(3, 3))


def test_a_renewal_is_itself_gone_with_its_own_comment() -> None:
    renewal = shows(2, NEW, comment=10)

    ana = judge(shows(1, NEW, comment=9), renewal, gone(3, comment=10))

    assert not ana.may(ANA, renewal, Window(3, 3))


def test_to_read_differently_is_no_renewal() -> None:
    row = shows(1, NEW, comment=9)

    ana = judge(row, shows(2, ANEW, comment=9), gone(3, comment=9))

    assert not ana.may(ANA, row, Window(3, 3))


@pytest.mark.parametrize("name", [NEW, ANEW])
def test_a_notification_that_was_taken_away_is_not_shown_again(name: str) -> None:
    row = shows(1, name)
    removal = personal(2, ANEW, {"notifications": [BELL], "removed": True, "unread": 0})

    ana = judge(row, removal)

    assert not ana.may(ANA, row, Window(2, 2))
    assert ana.must(ANA, removal, Window(2, 2))


def test_what_was_read_is_told_as_it_was_though_its_comment_is_gone() -> None:
    read = personal(2, ANEW, {"notifications": [BELL], "read": True, "unread": 0})

    ana = judge(shows(1, NEW, comment=9), read, gone(3, comment=9))

    assert ana.must(ANA, read, Window(2, 3))
    assert ana.may(ANA, read, Window(3, 3))
