// The page's reducers over what the service told: `node equivalence.mjs told.json`. Prints what differs and fails.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { attend, attending, unseenCount } from "../../web/js/attention.js";
import { apply, initial } from "../../web/js/store.js";

const told = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const failures = [];
/** Frames after which the page loads its stream anew (stream-feed.js). */
const reloads = (frame, me) =>
  frame.type === "reset" || ["follow.changed", "record.unlocked"].includes(frame.name) ||
  (frame.name === "comment.changed" && frame.data.comment.mentions.some((one) => one.user === me));

/** People and departments keep the names they had in entries on screen, until these are loaded anew. */
const RENAMES = ["user.changed", "department.changed"];
/** The page of a record that is locked goes as a whole (record-page.js). */
const leaves = (frame, { record }) => frame.name === "record.locked" && frame.data.locked === record;

/** Records without what they are called. */
const unlabelled = (value) => JSON.parse(JSON.stringify(value), (_, one) => {
  if (!one?.record || !one.kind) return one;
  const { title, responsible, ...rest } = one;
  return rest;
});

function check(what, shown, fresh) {
  try {
    assert.deepEqual(shown, fresh);
  } catch (error) {
    failures.push(`${what}: ${error.message}`);
  }
}

const page = (view, answer) => {
  const channel = { mine: "mine", filtered: "mine", all: "all" }[view.name] ?? `record:${view.record}`;
  const open = apply(initial(), { type: "page.open", key: "k", channel, record: view.record });
  return apply(open, { type: "page.feed", key: "k", answer });
};
const streamOf = (state) => ({ ids: state.feed.ids, entries: state.feed.ids.map((id) => state.entries.get(id)) });

for (const { step, user, view, before, frames, after, labels } of told) {
  const names = `${step} after ${frames.map(({ name, type }) => name ?? type)}`;
  let state = page(view, before.stream);
  for (const frame of frames) {
    const whole = { ...frame, me: user, own: frame.actor === user };
    state = apply(apply(state, whole), whole);
  }
  if (!frames.some((frame) => reloads(frame, user) || leaves(frame, view) || RENAMES.includes(frame.name))) {
    const show = labels ? (one) => one : unlabelled;
    check(names, show(streamOf(state)), show(streamOf(page(view, after.stream))));
  }
  if (view.name !== "mine") continue;
  let attention = attending(before.unseen, before.notifications_unread);
  for (const frame of frames) attention = attend(attend(attention, frame, user), frame, user);
  if (attention.stale) continue;
  const fresh = attending(after.unseen, after.notifications_unread);
  check(`${names}, unseen`, new Map([...attention.unseen].sort()), new Map([...fresh.unseen].sort()));
  check(`${names}, counts`, [unseenCount(attention), attention.seen], [unseenCount(fresh), fresh.seen]);
  // Who may no longer see an entry loses what stood in the bell for it, and is told of the entry alone.
  if (!frames.some(({ name }) => name === "entry.removed")) check(`${names}, unread`, attention.unread, fresh.unread);
}

console.log(failures.join("\n\n"));
console.log(`${told.length} told, ${failures.length} differ`);
process.exitCode = failures.length ? 1 : 0;
