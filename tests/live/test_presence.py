"""The state machine of presence, case by case: who is shown, what is told again, which of two messages counts."""

from __future__ import annotations

from server.domain.words import EntryId, RecordId
from server.live.presence import HEARTBEAT, NOTHING, SHOWN_MAX, TYPING, VIEWING, Presence, Shown
from server.live.presence_letters import LETTER_ROOM, Letter, State, Typing, pack, unpack
from tests.live.letters import ANA, DEAL, LASTS, LEAD, LUIS, claimed, person, tell, users


def test_a_person_with_two_screens_is_one_viewer_until_both_leave() -> None:
    node = Presence("a")
    node.view("one", ANA, DEAL)
    node.view("two", ANA, DEAL)
    assert node.shown(DEAL, 0.0) == Shown((ANA,))

    node.leave("one")
    assert node.shown(DEAL, 0.0) == Shown((ANA,))

    node.view("two", ANA, None)
    assert node.shown(DEAL, 0.0) == NOTHING


def test_a_viewer_who_goes_on_to_another_record_leaves_the_first() -> None:
    node = Presence("a")
    node.view("one", ANA, DEAL)

    node.view("one", ANA, LEAD)

    assert (node.shown(DEAL, 0.0), node.shown(LEAD, 0.0)) == (NOTHING, Shown((ANA,)))


def test_typing_ends_when_it_is_not_said_again() -> None:
    node = Presence("a")
    node.type("one", ANA, EntryId(7), [DEAL], 0.0)
    node.type("one", ANA, EntryId(7), [DEAL], 4.0)

    assert node.shown(DEAL, 4.0 + TYPING - 0.1).typing == ((7, ANA),)
    assert node.shown(DEAL, 4.0 + TYPING) == NOTHING
    node.unshown.clear()
    node.pass_time(4.0 + TYPING)
    assert list(node.unshown) == [DEAL]


def test_a_node_that_is_heard_no_more_takes_its_people_along() -> None:
    one, two = Presence("a"), Presence("b")
    one.view("one", ANA, DEAL)
    two.hear(tell(one, 0.0), 0.0)

    two.pass_time(VIEWING - 0.1)
    assert users(two.shown(DEAL, VIEWING - 0.1)) == [1]

    two.unshown.clear()
    two.pass_time(VIEWING)
    assert two.shown(DEAL, VIEWING) == NOTHING
    assert list(two.unshown) == [DEAL]
    two.unshown.clear()
    assert two.is_idle


def test_a_node_tells_again_what_holds_and_only_once_in_a_while() -> None:
    node = Presence("a")
    node.view("one", ANA, DEAL)
    assert len(tell(node, 0.0).states) == 1

    assert tell(node, HEARTBEAT - 0.1).states == ()
    assert [state.record for state in tell(node, HEARTBEAT).states] == [DEAL]


def test_an_old_message_does_not_bring_back_who_has_left() -> None:
    one, two = Presence("a"), Presence("b")
    one.view("one", ANA, DEAL)
    late = tell(one, 0.0)
    one.leave("one")
    two.hear(tell(one, 1.0), 1.0)

    two.hear(late, 2.0)

    assert two.shown(DEAL, 2.0) == NOTHING


def test_the_newer_of_two_claims_counts_in_whatever_order_they_come() -> None:
    node = Presence("a")
    node.claimed(claimed(2, LUIS), 0.0)
    node.claimed(claimed(1, ANA), 0.0)
    assert node.shown(DEAL, 0.0).claim == claimed(2, LUIS)

    node.claimed(claimed(3, None), 0.0)
    node.claimed(claimed(2, LUIS), 0.0)
    assert node.shown(DEAL, 0.0).claim is None


def test_a_claim_that_was_forgotten_goes_unless_a_newer_one_is_known() -> None:
    node = Presence("a")
    node.claimed(claimed(1), 0.0)

    node.checked(DEAL, 1, claimed(1), 1.0)
    assert node.shown(DEAL, 1.0).claim == claimed(1)
    node.claimed(claimed(2, LUIS), 1.0)
    node.checked(DEAL, 1, None, 1.0)
    assert node.shown(DEAL, 1.0).claim == claimed(2, LUIS)

    node.checked(DEAL, 2, None, 1.0)
    assert node.shown(DEAL, 1.0) == NOTHING


def test_who_took_a_claim_tells_it_again_as_long_as_it_holds_and_nobody_else_does() -> None:
    one, two = Presence("a"), Presence("b")
    one.claimed(claimed(1), 0.0, here=True)
    two.hear(tell(one, 0.0), 0.0)
    two.unshown.clear()

    assert tell(one, HEARTBEAT - 0.1).claims == ()
    again = tell(one, HEARTBEAT)
    assert again.claims == (claimed(1, left=LASTS - HEARTBEAT),)
    assert tell(two, HEARTBEAT).claims == ()

    assert tell(one, LASTS).claims == ()
    assert (one.shown(DEAL, LASTS), one.untold) == (NOTHING, {})


def test_a_claim_whose_first_message_was_lost_is_seen_with_the_next() -> None:
    one, two = Presence("a"), Presence("b")
    one.claimed(claimed(1), 0.0, here=True)
    tell(one, 0.0)

    two.hear(tell(one, HEARTBEAT), HEARTBEAT)

    assert two.shown(DEAL, HEARTBEAT).claim == claimed(1, left=LASTS - HEARTBEAT)


def test_of_a_crowd_some_are_shown() -> None:
    node = Presence("a")
    for user in range(1, 3 * SHOWN_MAX):
        node.view(user, person(user), DEAL)

    assert users(node.shown(DEAL, 0.0)) == list(range(1, SHOWN_MAX + 1))


def test_a_long_letter_goes_in_several_messages_and_says_the_same() -> None:
    states = tuple(State(RecordId(n), (ANA, LUIS), (Typing(EntryId(n), ANA, 6.0),)) for n in range(1, 1_000))
    letter = Letter("a", 1, states, tuple(claimed(n) for n in range(10)))

    messages = list(pack(letter))
    read = [found for message in messages if (found := unpack(message))]

    assert max(map(len, messages)) <= LETTER_ROOM
    assert tuple(state for part in read for state in part.states) == states
    assert tuple(claim for part in read for claim in part.claims) == letter.claims


def test_what_is_no_letter_is_not_read() -> None:
    for message in (b"", b"\xc1", b"\x93\x01\x02\x03", next(pack(Letter("a", 1, (State(DEAL, ({"name": "?"},)),))))):
        assert unpack(message) is None
