"""Who is told of what, and why; what counts as unseen."""

from __future__ import annotations

import pytest

from server.domain.access import Access, Action, Level, Principals
from server.domain.attention import (
    REASONS,
    Means,
    Reader,
    Reason,
    due,
    is_unseen,
    of_change,
    of_comment,
    of_handover,
    of_message,
)
from server.domain.entries import Part
from server.domain.words import Kind, UserId

ANA, LUIS, EVA = UserId(1), UserId(2), UserId(3)
ALL_DEALS: Principals = frozenset({"deal:all"})


def reader(user: UserId, type: str = "person", level: Level = Level.ALL, **means: Means) -> Reader:
    said = {Reason(name): value for name, value in means.items()}
    return Reader(type, Access(user, grants={(Kind.DEAL, Action.READ): level}), said)


def test_every_reason_has_a_row() -> None:
    assert set(REASONS) == set(Reason)


def test_whoever_is_addressed_and_mentioned_is_told_once_as_addressed() -> None:
    parts = {ANA: {Part.AUTHOR}, LUIS: {Part.ADDRESSED, Part.MENTIONED}, EVA: {Part.MENTIONED}}

    assert of_message(parts) == {LUIS: Reason.ADDRESSED, EVA: Reason.MENTIONED}


def test_a_comment_tells_those_who_take_part_and_a_mention_is_the_stronger_reason() -> None:
    assert of_comment([ANA, LUIS], [LUIS, EVA]) == {
        ANA: Reason.COMMENT,
        LUIS: Reason.MENTIONED,
        EVA: Reason.MENTIONED,
    }


def test_a_handover_tells_both_sides_and_none_when_nothing_changes_hands() -> None:
    assert of_handover(ANA, LUIS) == {ANA: Reason.RELIEVED, LUIS: Reason.RESPONSIBLE}
    assert of_handover(None, LUIS) == {LUIS: Reason.RESPONSIBLE}
    assert of_handover(ANA, ANA) == {}


@pytest.mark.parametrize(
    ("type", "wanted"),
    [
        ("stage", {LUIS: Reason.STAGE}),
        ("accepted", {LUIS: Reason.STAGE}),
        ("declined", {LUIS: Reason.STAGE}),
        ("responsible", {ANA: Reason.RELIEVED, LUIS: Reason.RESPONSIBLE}),
        ("amount", {}),
    ],
)
def test_a_change_tells_by_its_type(type: str, wanted: dict[UserId, Reason]) -> None:
    assert of_change(type, ANA, LUIS) == wanted


def test_nobody_is_told_of_their_own_act_or_of_what_they_may_not_read_or_when_they_do_not_exist() -> None:
    wanted = dict.fromkeys((ANA, LUIS, EVA, UserId(9)), Reason.COMMENT)
    readers = {ANA: reader(ANA), LUIS: reader(LUIS), EVA: reader(EVA, level=Level.OWN)}

    assert due(wanted, ANA, readers, ALL_DEALS) == {LUIS: Reason.COMMENT}


def test_a_reason_that_is_off_tells_nobody_and_the_others_stay() -> None:
    readers = {LUIS: reader(LUIS, comment=Means.OFF), EVA: reader(EVA, comment=Means.MAIL)}

    assert due(dict.fromkeys(readers, Reason.COMMENT), ANA, readers, ALL_DEALS) == {EVA: Reason.COMMENT}
    assert due({LUIS: Reason.MENTIONED}, ANA, readers, ALL_DEALS) == {LUIS: Reason.MENTIONED}


def test_bots_are_told_only_when_they_are_addressed_and_walls_never() -> None:
    readers = {LUIS: reader(LUIS, "bot"), EVA: reader(EVA, "wall")}

    told = {reason for reason in Reason if due(dict.fromkeys(readers, reason), ANA, readers, ALL_DEALS)}

    assert told == {Reason.ADDRESSED}
    assert due(dict.fromkeys(readers, Reason.ADDRESSED), ANA, readers, ALL_DEALS) == {LUIS: Reason.ADDRESSED}


@pytest.mark.parametrize(
    ("bumped", "by", "unseen"), [(8, LUIS, True), (8, None, True), (7, LUIS, False), (6, LUIS, False), (8, ANA, False)]
)
def test_unseen_is_what_lived_since_by_somebody_else(bumped: int, by: UserId | None, unseen: bool) -> None:
    assert is_unseen(bumped, by, ANA, seen=7) is unseen
