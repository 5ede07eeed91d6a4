// The page's reducers over what the service told: `node equivalence.mjs told.json`. Prints what differs and fails.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { attend, attending, unseenCount } from "../../web/js/attention.js";
import { session } from "../../web/js/session.js";
import { apply, initial } from "../../web/js/store.js";

const told = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const failures = [];
/** Frames after which the page loads its stream anew (stream-feed.js). */
const reloads = ({ type, name }) => type === "reset" || name === "follow.changed" || name === "record.unlocked";
/** The page of a record that is locked goes as a whole (record-page.js). */
const leaves = (frame, { record }) => frame.name === "record.locked" && frame.data.locked === record;

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
/** As JSON: what is undefined is not there. */
const streamOf = ({ feed, entries }) => JSON.parse(JSON.stringify({ ids: feed.ids, entries: feed.ids.map((id) => entries.get(id)) }));

const byId = (one) => [...one].sort((a, b) => (a.user ?? a.department) - (b.user ?? b.department));
const followsOf = ({ follows }) => new Map(Object.entries(follows).map(([id, level]) => [Number(id), level]));
/** Who reads, and the directory; what waits is counted by attention.js. */
function who({ me, portal, follows }) {
  const { epoch, position, seen, unseen, notifications, follows: _, ...own } = me;
  return { own, users: byId(portal.users), departments: byId(portal.departments), follows: new Map([...follows].sort()) };
}

for (const { step, user, view, before, frames, after } of told) {
  const names = `${step} after ${frames.map(({ name, type }) => name ?? type)}`;
  let state = page(view, before.stream);
  for (const frame of frames) {
    const whole = { ...frame, me: user, own: frame.actor === user };
    state = apply(apply(state, whole), whole);
  }
  if (!frames.some((frame) => reloads(frame) || leaves(frame, view))) {
    check(names, streamOf(state), streamOf(page(view, after.stream)));
  }
  if (view.name !== "mine") continue;
  let attention = attending(before.unseen, before.notifications_unread);
  for (const frame of frames) attention = attend(attend(attention, frame, user), frame, user);
  session.adopt(structuredClone(before.me), structuredClone(before.portal));
  for (const frame of frames) session.apply(frame);
  if (!frames.some(({ type, name }) => type === "reset" || name === "record.unlocked")) check(`${names}, session`, who(session), who({ ...after, follows: followsOf(after.me) }));
  if (attention.stale) continue;
  const fresh = attending(after.unseen, after.notifications_unread);
  check(`${names}, unseen`, new Map([...attention.unseen].sort()), new Map([...fresh.unseen].sort()));
  check(`${names}, counts`, [unseenCount(attention), attention.seen], [unseenCount(fresh), fresh.seen]);
  check(`${names}, unread`, attention.unread, fresh.unread);
}

console.log(failures.join("\n\n"));
console.log(`${told.length} told, ${failures.length} differ`);
process.exitCode = failures.length ? 1 : 0;
