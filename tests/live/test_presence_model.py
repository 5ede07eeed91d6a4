"""The state machine of presence: two nodes whose messages are lost, late and doubled, against what is really so."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.domain.words import EntryId, RecordId
from server.live.presence import HEARTBEAT, NOTHING, TYPING, VIEWING, Presence, Shown
from server.live.presence_letters import Letter, pack, unpack
from tests.live.letters import DEAL, LASTS, LEAD, claimed, person, tell, users

RECORDS = (DEAL, LEAD)
ABOUT = {EntryId(7): {DEAL}, EntryId(8): {DEAL, LEAD}}
LATE = 5.0  # s that a message is under way at most


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
