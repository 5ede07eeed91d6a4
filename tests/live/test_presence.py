"""The state machine of presence: two nodes whose messages are lost, late and doubled, against what is really so."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.domain.words import EntryId, RecordId, UserId
from server.live.presence import HEARTBEAT, NOTHING, SHOWN_MAX, TYPING, VIEWING, Presence, Shown
from server.live.presence_letters import LETTER_ROOM, Claimed, Letter, Person, State, Typing, pack, unpack, user_of

DEAL, LEAD = RecordId(42), RecordId(43)
RECORDS = (DEAL, LEAD)
ABOUT = {EntryId(7): {DEAL}, EntryId(8): {DEAL, LEAD}}
LATE = 5.0  # s that a message is under way at most
LASTS = 60.0  # s of a claim


def person(user: int) -> Person:
    return {"user": user, "name": f"Person {user}"}


ANA, LUIS = person(1), person(2)


def claimed(stamp: int, holder: Person | None = ANA, *, left: float = LASTS) -> Claimed:
    return Claimed(DEAL, stamp, left, holder, "calling" if holder else "", 1_000)


def tell(presence: Presence, now: float) -> Letter:
    """All that a node has to tell."""
    presence.pass_time(now)
    records = list(presence.untold)
    presence.untold.clear()
    return presence.letter(records, now)


def users(shown: Shown) -> list[UserId]:
    return [user_of(each) for each in shown.viewing]


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


@dataclass
class Node:
    """A node, what its sessions really do, and what is under way to the other: when it arrives, and what."""

    name: str
    presence: Presence
    viewing: dict[int, RecordId] = field(default_factory=dict)
    typing: dict[int, tuple[EntryId, float]] = field(default_factory=dict)
    post: list[tuple[float, Letter]] = field(default_factory=list)
    alive: bool = True


class TwoNodes(RuleBasedStateMachine):
    """Sessions 1–4 stand for screens of persons 1 and 2, on either node. Redis' claim is one variable."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.starts = 0
        self.stamp = 0
        self.claim: tuple[int, int, float] | None = None  # stamp, user, end
        self.nodes = [self.start(), self.start()]

    def start(self) -> Node:
        self.starts += 1
        return Node(f"n{self.starts}", Presence(f"n{self.starts}"))

    which = st.sampled_from([0, 1])
    session = st.integers(1, 4)

    @rule(which=which, session=session, record=st.sampled_from([None, *RECORDS]))
    def view(self, which: int, session: int, record: RecordId | None) -> None:
        node = self.nodes[which]
        node.presence.view(session, person(1 + session % 2), record)
        node.viewing.pop(session, None)
        if record is not None:
            node.viewing[session] = record

    @rule(which=which, session=session, entry=st.sampled_from([None, *ABOUT]))
    def type(self, which: int, session: int, entry: EntryId | None) -> None:
        node = self.nodes[which]
        node.presence.type(session, person(1 + session % 2), entry, ABOUT[entry] if entry else (), self.now)
        node.typing.pop(session, None)
        if entry is not None:
            node.typing[session] = (entry, self.now + TYPING)

    @rule(which=which, session=session)
    def leave(self, which: int, session: int) -> None:
        node = self.nodes[which]
        node.presence.leave(session)
        node.viewing.pop(session, None)
        node.typing.pop(session, None)

    @rule(which=which, user=st.sampled_from([1, 2]), taken=st.booleans())
    def claims(self, which: int, user: int, taken: bool) -> None:
        held = self.claim is not None and self.claim[2] > self.now
        if held and self.claim and self.claim[1] != user:
            return
        self.stamp += 1
        self.claim = (self.stamp, user, self.now + LASTS) if taken else None
        told = claimed(self.stamp, person(user)) if taken else claimed(self.stamp, None, left=VIEWING)
        self.nodes[which].presence.claimed(told, self.now, here=True)

    @rule()
    def redis_forgets(self) -> None:
        self.claim = None

    @rule(which=which)
    def crash(self, which: int) -> None:
        for _, letter in self.nodes[which].post:  # what it said arrives before another is there: that takes seconds
            self.nodes[1 - which].presence.hear(letter, self.now)
        self.nodes[which] = self.start()
        self.nodes[1 - which].presence.refresh()

    @rule(which=which, fates=st.lists(st.sampled_from(["lost", "late", "doubled", "fine"]), max_size=3))
    def tell(self, which: int, fates: list[str]) -> None:
        node = self.nodes[which]
        letter = tell(node.presence, self.now)
        for message in pack(letter):
            read = unpack(message)
            assert read is not None
            for fate in fates or ["fine"]:
                if fate != "lost":
                    node.post.append((self.now + (LATE if fate == "late" else 0.0), read))
                if fate == "doubled":
                    node.post.append((self.now + LATE / 2, read))

    @rule(which=which)
    def deliver(self, which: int) -> None:
        node, other = self.nodes[which], self.nodes[1 - which]
        for due, letter in [each for each in node.post if each[0] <= self.now]:
            other.presence.hear(letter, self.now)
            node.post.remove((due, letter))

    @rule(seconds=st.sampled_from([0.3, 2.0, 7.0, 26.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        for node in self.nodes:
            node.presence.pass_time(self.now)

    @rule()
    def settle(self) -> None:
        """No messages get lost for long enough, and both nodes know the truth."""
        for _ in range(int((VIEWING + LATE) / HEARTBEAT) + 2):
            self.now += HEARTBEAT
            for node in self.nodes:
                node.presence.pass_time(self.now)
                self.check(node)
            for which in (0, 1):
                self.tell(which, [])
                self.deliver(which)
        for node in self.nodes:
            self.check(node)
            for record in RECORDS:
                assert node.presence.shown(record, self.now) == self.truth(record, node)

    @invariant()
    def a_node_knows_its_own(self) -> None:
        for node in self.nodes:
            for record in RECORDS:
                own = {1 + session % 2 for session, viewed in node.viewing.items() if viewed == record}
                assert own <= set(users(node.presence.shown(record, self.now)))

    @invariant()
    def whatever_changes_is_marked(self) -> None:
        for node in self.nodes:
            if not (node.presence.unshown or node.viewing or node.typing) and node.presence.is_idle:
                assert all(node.presence.shown(record, self.now) == NOTHING for record in RECORDS)

    def check(self, node: Node) -> None:
        """What `presence_feed` does with the claims that are known."""
        for known, _ in list(node.presence.claims()):
            real = None
            if self.claim and self.claim[2] > self.now:
                stamp, user, end = self.claim
                real = claimed(stamp, person(user), left=end - self.now)
            node.presence.checked(DEAL, known.stamp, real, self.now)

    def truth(self, record: RecordId, node: Node) -> Shown:
        viewing = {1 + s % 2 for each in self.nodes for s, viewed in each.viewing.items() if viewed == record}
        typing = {
            (entry, 1 + s % 2)
            for each in self.nodes
            for s, (entry, end) in each.typing.items()
            if end > self.now and record in ABOUT[entry]
        }
        claim = node.presence.shown(record, self.now).claim
        if record == DEAL and self.claim and self.claim[2] > self.now and self.known():
            assert claim is not None and claim.stamp == self.claim[0]
        elif not (self.claim and self.claim[2] > self.now):
            assert claim is None
        return Shown(tuple(map(person, sorted(viewing))), tuple((e, person(u)) for e, u in sorted(typing)), claim)

    def known(self) -> bool:
        """Some node still knows the claim: who took it may have died before it told anybody."""
        return any(node.presence.shown(DEAL, self.now).claim for node in self.nodes)


TestTwoNodes = TwoNodes.TestCase
TestTwoNodes.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
