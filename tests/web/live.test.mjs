import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Live, backoff, isFinal, p99 } from "../../web/js/live.js";

class Socket extends EventTarget {
  readyState = 1;
  sent = [];
  send(text) { this.sent.push(JSON.parse(text)); }
  close() { this.readyState = 3; }
  gets(frame) { this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(frame) })); }
  lose(code) { this.readyState = 3; this.dispatchEvent(Object.assign(new Event("close"), { code })); }
}

const welcome = { type: "welcome", epoch: "e", position: 5, heartbeat: 20 };

function start(t, cursor = { epoch: "e", position: 5 }) {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  t.after(() => mock.timers.reset());
  const sockets = [];
  const known = { cursor };
  const live = new Live({ cursor: () => known.cursor, open: () => (sockets.push(new Socket()), sockets.at(-1)), random: () => 0.5 });
  live.connect();
  return { live, sockets, known };
}

test("the wait doubles, is jittered over its whole range, and ends at thirty seconds", () => {
  assert.deepEqual([0, 1, 2].map((attempt) => backoff(attempt, 1)), [2000, 4000, 8000]);
  assert.equal(backoff(40, 1), 30_000);
  assert.equal(backoff(40, 0), 1000);
});

test("the close code says whether to come back", () => {
  assert.deepEqual([1006, 4001, 4499, 4500, 4999].map(isFinal), [false, false, false, true, true]);
});

test("latency is the 99th percentile of the last minute", () => {
  const samples = [{ at: 0, ms: 9000 }, ...Array.from({ length: 200 }, (_, i) => ({ at: 70_000, ms: i }))];

  assert.equal(p99(samples, 100_000), 198);
  assert.equal(p99([], 0), null);
});

test("after the welcome it resumes from the cursor with its channels", (t) => {
  const { live, sockets } = start(t);
  live.watch([{ channel: "mine" }]);

  sockets[0].gets(welcome);

  assert.deepEqual(sockets[0].sent, [{ id: 1, op: "resume", epoch: "e", position: 5, channels: [{ channel: "mine" }] }]);
  assert.equal(live.state, "live");
});

test("without a snapshot it waits with the resume", (t) => {
  const { live, sockets, known } = start(t, null);
  sockets[0].gets(welcome);
  assert.deepEqual(sockets[0].sent, []);

  known.cursor = { epoch: "e", position: 8 };
  live.resume();

  assert.equal(sockets[0].sent[0].position, 8);
});

test("other channels are asked for one by one while it is connected", async (t) => {
  const { live, sockets } = start(t);
  live.watch([{ channel: "mine" }]);
  sockets[0].gets(welcome);

  const watched = live.watch([{ channel: "all", filter: { kind: ["task"] } }]);
  sockets[0].gets({ type: "reply", id: 3, ok: { position: 9 } });
  await watched;

  assert.deepEqual(sockets[0].sent.slice(1).map(({ op, channel, filter }) => [op, channel, filter]), [["unsubscribe", "mine", undefined], ["subscribe", "all", { kind: ["task"] }]]);
});

test("a lost connection is opened again and resumes from where it is then", (t) => {
  const { sockets, known, live } = start(t);
  sockets[0].gets(welcome);

  sockets[0].lose(4001);
  assert.equal(live.state, "reconnecting");
  known.cursor = { epoch: "e", position: 11 };
  mock.timers.tick(1500);
  sockets[1].gets(welcome);

  assert.equal(sockets[1].sent[0].position, 11);
  assert.equal(live.state, "live");
});

test("the pause that the server asked for is kept", (t) => {
  const { sockets } = start(t);
  sockets[0].gets(welcome);
  sockets[0].gets({ type: "bye", retry_ms: 1800 });

  sockets[0].lose(4001);
  mock.timers.tick(1799);
  assert.equal(sockets.length, 1);
  mock.timers.tick(1);

  assert.equal(sockets.length, 2);
});

test("a final close is the end", (t) => {
  const { live, sockets } = start(t);

  sockets[0].lose(4503);
  mock.timers.tick(120_000);

  assert.equal(live.state, "ended");
  assert.equal(sockets.length, 1);
});

test("silence counts as a lost connection", (t) => {
  const { live, sockets } = start(t);
  sockets[0].gets(welcome);

  mock.timers.tick(50_000);

  assert.equal(live.state, "reconnecting");
});

test("it gives a sign of life with every heartbeat", (t) => {
  const { sockets } = start(t);
  sockets[0].gets(welcome);

  mock.timers.tick(20_000);

  assert.deepEqual(sockets[0].sent.at(-1), { op: "ping" });
});

test("a replay does not count as latency", (t) => {
  const { live, sockets } = start(t);
  sockets[0].gets(welcome);
  mock.timers.tick(2_000);

  sockets[0].gets({ type: "event", position: 5, at: Date.now() - 1_400, name: "entry.removed", data: { entry: 1 } });
  assert.equal(live.latency(), null);
  sockets[0].gets({ type: "event", position: 6, at: Date.now() - 30, name: "entry.removed", data: { entry: 1 } });

  assert.equal(live.latency(), 30);
});
