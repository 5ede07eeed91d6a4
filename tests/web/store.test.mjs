import assert from "node:assert/strict";
import { test } from "node:test";

import { apply, initial } from "../../web/js/store.js";

const entry = (id, fields = {}) => ({ id, type: "message", added: id, bumped: id, at: id, records: [], recipients: [], mentions: [], comments: { count: 0, last: [] }, reactions: [], mine: true, ...fields });
const event = (position, name, data, more = {}) => ({ type: "event", position, at: position, name, mine: true, data, ...more });
const run = (state, ...frames) => frames.reduce(apply, state);
const open = (channel = "mine", record = null) => apply(initial(), { type: "page.open", key: "k", channel, record });
const snapshot = (entries, position, next = null) => ({ type: "page.feed", key: "k", answer: { epoch: "e", position, entries, next } });
const hold = { type: "page.hold", held: true };
const added = (position, one, more) => event(position, "entry.added", { entry: one }, more);

test("an old snapshot and the events after it give a fresh snapshot", () => {
  const comment = { id: 9, entry: 1, text: "hi" };
  const commented = entry(1, { bumped: 5, comments: { count: 1, last: [comment] } });
  const live = run(open(), snapshot([entry(2), entry(1)], 2),
    added(3, entry(3)),
    event(4, "entry.removed", { entry: 2 }),
    event(5, "comment.added", { entry: commented, comment }),
    event(6, "reaction.changed", { entry: 3, reactions: [{ emoji: "👍", users: [1] }] }));

  const fresh = run(open(), snapshot([commented, entry(3, { reactions: [{ emoji: "👍", users: [1] }] })], 6));

  assert.deepEqual(live.feed.ids, fresh.feed.ids);
  assert.deepEqual([...live.entries].sort(), [...fresh.entries].sort());
});

test("applying an event twice changes nothing", () => {
  const comment = { id: 9, entry: 1, text: "hi" };
  const frames = [added(3, entry(3)), event(4, "comment.added", { entry: entry(1, { bumped: 4, comments: { count: 1, last: [comment] } }), comment }), event(5, "entry.removed", { entry: 3 })];
  const start = run(open(), snapshot([entry(1)], 2), { type: "page.thread", entry: 1, comments: [] });
  const once = run(start, ...frames);

  const twice = run(once, ...frames);

  assert.deepEqual(twice.feed.ids, once.feed.ids);
  assert.deepEqual(twice.threads, once.threads);
});

test("nothing moves while someone reads: new and bumped entries wait", () => {
  const start = run(open(), snapshot([entry(2), entry(1)], 2), hold);

  const state = run(start, added(3, entry(3)), event(4, "entry.changed", { entry: entry(1, { bumped: 4 }) }));

  assert.deepEqual(state.feed.ids, [2, 1]);
  assert.deepEqual(state.feed.waiting, [3, 1]);
});

test("what waits comes in, in order, when it is let in", () => {
  const start = run(open(), snapshot([entry(2), entry(1)], 2), hold, added(3, entry(3)), event(4, "entry.changed", { entry: entry(1, { bumped: 4 }) }));

  const state = apply(start, { type: "page.release" });

  assert.deepEqual(state.feed.ids, [1, 3, 2]);
  assert.deepEqual(state.feed.waiting, []);
});

test("a waiting entry that is removed no longer counts", () => {
  const state = run(open(), snapshot([entry(1)], 1), hold, added(2, entry(2)), event(3, "entry.removed", { entry: 2 }));

  assert.deepEqual(state.feed.waiting, []);
  assert.equal(state.entries.has(2), false);
});

test("an entry that is not mine leaves Mine, and stays in All", () => {
  const changed = event(2, "entry.changed", { entry: entry(1, { mine: undefined }) }, { mine: false });

  const mine = run(open("mine"), snapshot([entry(1)], 1), changed);
  const all = run(open("all"), snapshot([entry(1)], 1), changed);

  assert.deepEqual(mine.feed.ids, []);
  assert.deepEqual(all.feed.ids, [1]);
});

test("a record's stream takes only entries about it, by creation", () => {
  const about = (id, fields) => entry(id, { records: [{ record: 42, kind: "deal" }], ...fields });

  const state = run(open("record:42", 42), snapshot([about(2), about(1)], 2),
    added(3, entry(3)), added(4, about(4)), event(5, "entry.changed", { entry: about(1, { bumped: 5 }) }));

  assert.deepEqual(state.feed.ids, [4, 2, 1]);
});

test("a change of an entry older than what is loaded is left to its page", () => {
  const state = run(open(), snapshot([entry(8), entry(7)], 8, 7), event(9, "entry.changed", { entry: entry(3) }));

  assert.equal(state.entries.has(3), false);
});

test("events that came before their snapshot are applied to it", () => {
  const state = run(open(), added(3, entry(3)), snapshot([entry(1)], 2));

  assert.deepEqual(state.feed.ids, [3, 1]);
});

test("an answer for a stream that was left is dropped", () => {
  const state = run(open(), { ...snapshot([entry(1)], 1), key: "other" });

  assert.equal(state.feed.status, "loading");
});

test("older pages go to the end and bring nothing twice", () => {
  const state = run(open(), snapshot([entry(5), entry(4)], 5, 4), { type: "page.older", key: "k", answer: { epoch: "e", position: 5, entries: [entry(4), entry(3)], next: null } });

  assert.deepEqual(state.feed.ids, [5, 4, 3]);
});

test("an older page does not undo what an event said since", () => {
  const start = run(open(), snapshot([entry(5)], 5, 5), event(6, "entry.changed", { entry: entry(5, { text: "new" }) }));

  const state = apply(start, { type: "page.older", key: "k", answer: { epoch: "e", position: 5, entries: [entry(5, { text: "old" })], next: null } });

  assert.equal(state.entries.get(5).text, "new");
});

test("an own message is replaced by its event, by its reference, even while reading", () => {
  const sending = { type: "page.sending", entry: entry(0, { pending: { ref: "r", state: "sending" } }) };

  const state = run(open(), snapshot([entry(1)], 1), hold, sending, added(2, entry(2), { ref: "r", own: true }));

  assert.deepEqual(state.sending, []);
  assert.deepEqual(state.feed.ids, [2, 1]);
  assert.deepEqual(state.feed.waiting, []);
});

test("somebody else's reference does not put their entry under a reader", () => {
  const state = run(open(), snapshot([entry(1)], 1), hold, added(2, entry(2), { ref: "theirs" }));

  assert.deepEqual(state.feed.waiting, [2]);
});

test("an own comment does not take the entry from under the hand that wrote it", () => {
  const comment = { id: 9, entry: 1 };
  const bumped = entry(1, { bumped: 3, comments: { count: 1, last: [comment] } });

  const state = run(open(), snapshot([entry(2), entry(1)], 2), hold, event(3, "comment.added", { entry: bumped, comment }, { own: true }));

  assert.deepEqual([state.feed.ids, state.feed.waiting], [[2, 1], []]);
  assert.equal(state.entries.get(1).comments.count, 1);
});

test("a refused message stays with its reason until it is taken back", () => {
  const failed = run(open(), { type: "page.sending", entry: entry(0, { pending: { ref: "r", state: "sending" } }) }, { type: "page.unsent", ref: "r", reason: "error.unreachable" });

  assert.equal(failed.sending[0].pending.reason, "error.unreachable");
  assert.deepEqual(apply(failed, { type: "page.dropped", ref: "r" }).sending, []);
});

test("a changed title is changed wherever the record is mentioned", () => {
  const ref = { record: 42, kind: "deal", title: "Old", responsible: 1 };
  const start = run(open(), snapshot([entry(1, { records: [ref], mentions: [ref] }), entry(2)], 2));

  const state = apply(start, event(3, "record.changed", { record: { ...ref, title: "New", responsible: { user: 7, name: "Ana" }, opened: false } }));

  assert.deepEqual(state.entries.get(1).records[0], { ...ref, title: "New", responsible: 7 });
  assert.equal(state.entries.get(1).mentions[0].title, "New");
  assert.equal(state.entries.get(2), start.entries.get(2));
});

const [ana, luis] = [{ user: 1, name: "Ana" }, { user: 2, name: "Luis" }];
const sales = { department: 1, name: "Sales" };
const everywhere = (person, team, record) => ({
  author: person, recipients: [team, luis], records: [record], mentions: [person, record],
  activity: { id: 5, author: luis, responsible: person, participants: [person], records: [record], with: [record] },
  change: { old: luis, new: person }, comments: { count: 1, last: [{ id: 9, author: person, mentions: [record] }] },
});
const chip = { record: 42, kind: "deal", title: "Old", responsible: 1 };
const RENAMED = [
  ["person", "user.changed", { user: { ...ana, name: "Ana B.", department: 1, email: "a@b.c", active: true } }, [{ user: 1, name: "Ana B." }, sales, chip]],
  ["department", "department.changed", { department: { ...sales, name: "Trade", parent: null } }, [ana, { department: 1, name: "Trade" }, chip]],
  ["record", "record.changed", { record: { ...chip, title: "New", responsible: luis, version: 2 } }, [ana, sales, { ...chip, title: "New", responsible: 2 }]],
];
for (const [what, name, data, now] of RENAMED)
  test(`a ${what} that is renamed is renamed in every entry, thread and message on its way`, () => {
    const before = everywhere(ana, sales, chip);
    const after = everywhere(...now);
    const thread = { type: "page.thread", entry: 1, comments: before.comments.last };
    const sending = { type: "page.sending", entry: entry(0, { ...before, pending: { ref: "r" } }) };
    const start = run(open(), snapshot([entry(1, before), entry(2, { author: luis })], 2), thread, sending);

    const state = run(start, event(3, name, data), event(3, name, data));

    assert.deepEqual(state.entries.get(1), entry(1, after));
    assert.deepEqual(state.threads.get(1), after.comments.last);
    assert.deepEqual(state.sending[0].recipients, after.recipients);
    assert.equal(state.entries.get(2), start.entries.get(2));
  });

test("a person and a department of the same number are not taken for each other", () => {
  const start = run(open(), snapshot([entry(1, { author: { ...ana, department: 2 }, recipients: [sales] })], 2));

  const state = run(start, event(3, "user.changed", { user: { user: 2, name: "L" } }), event(4, "department.changed", { department: { department: 2, name: "D" } }));

  assert.equal(state.entries.get(1), start.entries.get(1));
});

test("preferences, a removed department and a record that is locked rename nothing", () => {
  const start = run(open(), snapshot([entry(1, everywhere(ana, sales, chip))], 2));

  const state = run(start, event(3, "user.changed", { preferences: { theme: "dark" } }), event(4, "department.changed", { removed: 1 }), event(5, "record.changed", { record: { kind: "deal", locked: true } }));

  assert.equal(state.entries.get(1), start.entries.get(1));
});

test("an older entry that comes into Mine stands in its place, not at the top", () => {
  const start = run(open(), snapshot([entry(9), entry(3)], 9));

  const state = apply(start, event(10, "entry.changed", { entry: entry(5) }));

  assert.deepEqual(state.feed.ids, [9, 5, 3]);
});

test("the cursor is the oldest snapshot until events move it", () => {
  const start = run(open(), snapshot([entry(5)], 9), { type: "page.snapshot", answer: { epoch: "e", position: 7 } });

  assert.equal(start.position, 7);
  assert.equal(apply(start, { type: "checkpoint", position: 12 }).position, 12);
});

test("edited and removed comments change the entry and its open thread", () => {
  const [a, b] = [{ id: 1, entry: 1, text: "a" }, { id: 2, entry: 1, text: "b" }];
  const start = run(open(), snapshot([entry(1, { comments: { count: 2, last: [a, b] } })], 1), { type: "page.thread", entry: 1, comments: [a, b] });

  const state = run(start, event(2, "comment.changed", { entry: 1, comment: { ...b, text: "B" }, comments: { count: 2, last: [a, { ...b, text: "B" }] } }), event(3, "comment.removed", { entry: 1, comment: 1, comments: { count: 1, last: [{ ...b, text: "B" }] } }));

  assert.deepEqual(state.threads.get(1).map(({ text }) => text), ["B"]);
  assert.deepEqual(state.entries.get(1).comments, { count: 1, last: [{ ...b, text: "B" }] });
});

test("an activity that is taken away and comes back changed stands where it was", () => {
  const task = (subject) => entry(1, { type: "task", activity: { id: 5, entry: 1, subject } });
  const start = run(open(), snapshot([entry(2), task("Call")], 2));

  const state = run(start, event(3, "activity.removed", { activity: 5 }), event(4, "entry.removed", { entry: 1 }),
    event(5, "activity.changed", { activity: { id: 5, entry: 1, subject: "Call again" } }), event(6, "entry.changed", { entry: task("Call again") }));

  assert.deepEqual(state.feed.ids, [2, 1]);
  assert.equal(state.entries.get(1).activity.subject, "Call again");
});

test("a changed activity changes its entry", () => {
  const start = run(open(), snapshot([entry(1, { type: "task", activity: { id: 5, entry: 1, status: "planned" } })], 1));

  const state = apply(start, event(2, "activity.changed", { activity: { id: 5, entry: 1, status: "completed" } }));

  assert.equal(state.entries.get(1).activity.status, "completed");
});

test("an entry that no longer passes the filter leaves the stream", () => {
  const start = run(open(), snapshot([entry(2), entry(1)], 2));

  const state = apply(start, event(3, "entry.changed", { entry: entry(1, { text: "other" }) }, { matches: false }));

  assert.deepEqual(state.feed.ids, [2]);
  assert.equal(state.entries.has(1), false);
});

test("an entry that is not there and does not pass the filter stays away", () => {
  const start = run(open(), snapshot([entry(2)], 2));

  const state = apply(start, event(3, "entry.changed", { entry: entry(1, { bumped: 3 }) }, { matches: false }));

  assert.deepEqual(state.feed.ids, [2]);
});

// Rights

const [deal, lead] = [{ record: 42, kind: "deal", title: "Secret", responsible: 1 }, { record: 43, kind: "lead", title: "Open", responsible: 1 }];
const lock = { kind: "deal", locked: true };
const locked = (position, me = 7) => event(position, "record.locked", { locked: 42, kind: "deal" }, { me });
const by = (user) => ({ author: { user, name: `U${user}` } });

/** Every entry that something of record 42 can stand in: before it is locked, and as a fresh snapshot has it for user 7. */
const told = [
  ["a message about it goes", entry(1, { ...by(1), records: [deal] }), null],
  ["a message about another one too stays", entry(1, { ...by(1), records: [deal, lead], mentions: [deal] }), { records: [lock, lead], mentions: [lock] }],
  ["one's own message stays", entry(1, { ...by(7), records: [deal] }), { records: [lock] }],
  ["a message to oneself stays", entry(1, { ...by(1), records: [deal], recipients: [{ user: 7 }, { ...deal, email: "a@b.c" }] }), { records: [lock], recipients: [{ user: 7 }, lock] }],
  ["a message to others goes", entry(1, { ...by(1), records: [deal], recipients: [{ user: 8 }] }), null],
  ["a change of it goes, whoever made it", entry(1, { ...by(7), type: "stage", subject: deal, records: [deal, lead] }), null],
  ["a change of another one stays", entry(1, { ...by(1), type: "client", subject: lead, records: [lead, deal], change: { old: null, new: deal } }), { records: [lead, lock], change: { old: null, new: lock } }],
  ["an activity goes", entry(1, { ...by(1), type: "task", records: [deal], activity: { id: 5, responsible: { user: 1 }, records: [deal], with: [] } }), null],
  ["an activity of one's own stays", entry(1, { ...by(1), type: "call", records: [deal], activity: { id: 5, responsible: { user: 7 }, records: [deal], with: [deal] } }), { records: [lock], activity: { id: 5, responsible: { user: 7 }, records: [lock], with: [lock] } }],
  ["a comment that mentions it", entry(1, { ...by(1), records: [lead], comments: { count: 1, last: [{ id: 9, mentions: [deal] }] } }), { comments: { count: 1, last: [{ id: 9, mentions: [lock] }] } }],
];

for (const [name, before, after] of told) {
  test(`when a record is locked, the snapshot and the event give a fresh snapshot: ${name}`, () => {
    const start = run(open("all"), snapshot([entry(2), before], 2));

    const live = apply(start, locked(3));

    const fresh = run(open("all"), snapshot(after ? [entry(2), { ...before, ...after }] : [entry(2)], 3));
    assert.deepEqual(live.feed.ids, fresh.feed.ids);
    assert.deepEqual([...live.entries], [...fresh.entries]);
    assert.ok(!JSON.stringify([...live.entries.values(), ...live.threads]).includes("Secret"));
  });
}

test("what waits behind the pill and what was opened of a locked record goes, too", () => {
  const comment = { id: 9, entry: 2, mentions: [deal] };
  const start = run(open("all"), snapshot([entry(2)], 2), hold, added(3, entry(3, { ...by(1), records: [deal] })), { type: "page.thread", entry: 2, comments: [comment] });

  const state = apply(start, locked(4));

  assert.deepEqual(state.feed.waiting, []);
  assert.deepEqual(state.threads.get(2), [{ ...comment, mentions: [lock] }]);
});

test("a snapshot that was read before a record was locked shows no more of it than one read after", () => {
  const early = snapshot([entry(1, { ...by(1), records: [deal] })], 2);

  const state = run(open("all"), snapshot([], 1), locked(3), early);

  assert.deepEqual(state.feed.ids, []);
});

test("a lock touches nothing else, and twice is once", () => {
  const start = run(open("all"), snapshot([entry(2, { records: [lead] }), entry(1, { ...by(7), records: [deal] })], 2));

  const once = apply(start, locked(3));
  const twice = apply(once, locked(3));

  assert.equal(once.entries.get(2), start.entries.get(2));
  assert.deepEqual([...twice.entries], [...once.entries]);
});

test("other rights: what is known is no base any more, and what is on screen stays until it is read anew", () => {
  const start = run(open("all"), snapshot([entry(1, { records: [deal] })], 2), added(3, entry(3)));

  const reset = apply(start, { type: "page.reload", reason: "access" });
  const fresh = apply(reset, snapshot([entry(3)], 4));

  assert.deepEqual([reset.epoch, reset.feed.ids], [null, [3, 1]]);
  assert.deepEqual([fresh.epoch, fresh.position, fresh.feed.ids], ["e", 4, [3]]);
});

test("an unlocked record changes nothing before its lists are read anew", () => {
  const start = run(open("all"), snapshot([entry(1, { ...by(7), records: [lock] })], 2));

  const state = apply(start, event(3, "record.unlocked", { record: deal }, { me: 7 }));

  assert.deepEqual([...state.entries], [...start.entries]);
  assert.equal(state.position, 3);
});
