// The page and the shared vectors. The page speaks JSON only; the MessagePack side is held by the tests in Python.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";

import { Live } from "../../web/js/live.js";
import { apply, initial } from "../../web/js/store.js";

const read = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf-8"));
const frames = read("frames");
const ops = read("ops");

class Socket extends EventTarget {
  readyState = 1;
  sent = [];
  send(text) { this.sent.push(text); }
  close() { this.readyState = 3; }
  gets(text) { this.dispatchEvent(Object.assign(new Event("message"), { data: text })); }
}

function start(t) {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  t.after(() => mock.timers.reset());
  const socket = new Socket();
  const live = new Live({ cursor: () => ({ epoch: "5f2c9a", position: 991 }), open: () => socket });
  live.connect();
  return { live, socket };
}

for (const { name, value, json } of frames) {
  test(`the page reads: ${name}`, (t) => {
    const { live, socket } = start(t);
    const heard = [];
    live.addEventListener("frame", ({ detail }) => heard.push(detail));

    socket.gets(json);

    assert.deepEqual(heard, [value]);
  });
}

for (const { name, value } of frames.filter(({ value }) => value.type === "event" || value.type === "checkpoint")) {
  test(`the store stands at the position of: ${name}`, () => {
    assert.equal(apply(initial(), value).position, value.position);
  });
}

for (const { name, value, json } of ops) {
  test(`the page writes: ${name}`, (t) => {
    const { live, socket } = start(t);

    live.tell(value);

    assert.deepEqual(socket.sent, [json]);
  });
}

test("the page resumes with the fields of the vector", (t) => {
  const { live, socket } = start(t);
  const { value } = ops.find(({ name }) => name === "resume");
  live.watch(value.channels);

  socket.gets(frames[0].json);

  assert.deepEqual(JSON.parse(socket.sent[0]), value);
});
