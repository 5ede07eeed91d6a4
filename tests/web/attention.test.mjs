// Counting what waits by events gives what the server would count anew.
import assert from "node:assert/strict";
import { test } from "node:test";

import { attend, attending, unseenCount } from "../../web/js/attention.js";
import { apply, initial } from "../../web/js/store.js";

const ME = 7;
const OTHER = 8;
const entry = (id, bumped, more = {}) => ({ id, added: bumped, bumped, bumped_by: OTHER, folded: false, records: [], ...more });
const event = (position, name, data, more = {}) => ({ type: "event", position, name, mine: true, data, ...more });
const start = (entries = [], more = {}) => attending({ position: 10, seen: 5, unseen: entries.length, entries, ...more }, 0);
const run = (state, ...frames) => frames.reduce((now, frame) => attend(now, frame, ME), state);

test("an entry of mine by somebody else is unseen, once, however often it lives", () => {
  const state = run(start(), event(11, "entry.added", { entry: entry(1, 11) }), event(12, "comment.added", { entry: entry(1, 12, { added: 11 }), comment: {} }));

  assert.equal(unseenCount(state), 1);
});

test("my own act, a folded entry and one that is not of mine are not unseen", () => {
  const state = run(
    start([{ entry: 4, bumped: 9 }]),
    event(11, "entry.added", { entry: entry(1, 11, { bumped_by: ME }) }),
    event(12, "entry.added", { entry: entry(2, 12, { folded: true }) }),
    event(13, "entry.added", { entry: entry(3, 13) }, { mine: false }),
    event(14, "comment.added", { entry: entry(4, 14, { added: 3, bumped_by: ME }), comment: {} }),
  );

  assert.equal(unseenCount(state), 0);
});

test("what another device has seen is seen here, and an older device changes nothing", () => {
  const known = start([{ entry: 1, bumped: 8 }, { entry: 2, bumped: 6 }]);

  const state = run(known, event(11, "read.changed", { seen: 7, unseen: 1 }), event(12, "read.changed", { seen: 6, unseen: 2 }));

  assert.deepEqual([...state.unseen.keys()], [1]);
  assert.equal(state.seen, 7);
});

test("an entry that is removed is no longer unseen", () => {
  const state = run(start([{ entry: 1, bumped: 8 }]), event(11, "entry.removed", { entry: 1 }));

  assert.deepEqual([unseenCount(state), state.stale], [0, false]);
});

test("events that were in the snapshot, and doubled ones, change nothing", () => {
  const added = event(11, "entry.added", { entry: entry(1, 11) });
  const state = run(start(), event(10, "entry.added", { entry: entry(9, 10) }), added, event(12, "entry.removed", { entry: 1 }), added);

  assert.equal(unseenCount(state), 0);
});

for (const name of ["follow.changed", "record.locked", "record.unlocked", "access.changed"])
  test(`after ${name} the server is asked again`, () => assert.ok(run(start(), event(11, name, {})).stale));

test("after a reset the server is asked again", () => assert.ok(run(start(), { type: "reset", reason: "access" }).stale));

test("with more unseen entries than were listed it counts on, and asks when an unknown one lives again", () => {
  const known = start([{ entry: 1, bumped: 9 }], { unseen: 3 });
  const added = run(known, event(11, "entry.added", { entry: entry(2, 11) }));

  assert.deepEqual([unseenCount(added), added.stale], [4, false]);
  assert.ok(run(added, event(12, "comment.added", { entry: entry(5, 12, { added: 2 }), comment: {} })).stale);
  assert.deepEqual(unseenCount(run(added, event(12, "read.changed", { seen: 9, unseen: 1 }))), 1);
  assert.ok(run(added, event(12, "read.changed", { seen: 7, unseen: 2 })).stale);
});

test("the number of unread notifications is what the last event says", () => {
  const state = run(start(), event(11, "notification.added", { notification: {}, unread: 2 }), event(12, "notification.changed", { notifications: [1], read: true, unread: 1 }));

  assert.equal(state.unread, 1);
});

test("a mark shows on the card, stays through events of the entry, and goes when it is taken off", () => {
  const card = entry(1, 3);
  const shown = apply(apply(initial(), { type: "page.open", key: "a", channel: "mine" }), { type: "page.feed", key: "a", answer: { epoch: "e", position: 3, next: null, entries: [{ ...card, mine: true }] } });

  const marked = apply(shown, event(4, "read.changed", { unread: { entry: 1, marked: true }, unseen: 0 }));
  const changed = apply(marked, event(5, "entry.changed", { entry: card }));
  const read = apply(changed, event(6, "read.changed", { unread: { entry: 1, marked: false }, unseen: 0 }));

  assert.deepEqual([shown, marked, changed, read].map((state) => state.entries.get(1).unread), [undefined, true, true, undefined]);
});
