// Who reads, and the directory, as events leave them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { session } from "../../web/js/session.js";

const [sales, trade] = [{ department: 1, name: "Sales", parent: null }, { department: 2, name: "Trade", parent: null }];
const [ana, luis] = [{ user: 1, name: "Ana", email: "ana@x.es", department: 1, active: true }, { user: 2, name: "Luis", email: "luis@x.es", department: 1, active: true }];
const me = { user: 1, name: "Ana", email: "ana@x.es", department: { department: 1, name: "Sales" }, theme: "light", time_zone: "UTC", notify: { comment: "bell", stage: "bell" }, follows: {} };
const told = (name, data) => {
  session.adopt(structuredClone(me), structuredClone({ users: [ana, luis], departments: [sales, trade] }));
  session.apply({ type: "event", name, data });
};

test("my own name, address and department are those of the directory", () => {
  told("user.changed", { user: { ...ana, name: "Ana B.", email: "b@x.es", department: 2 } });

  assert.deepEqual(session.me, { ...me, name: "Ana B.", email: "b@x.es", department: { department: 2, name: "Trade" } });
  assert.equal(session.portal.users.find(({ user }) => user === 1).name, "Ana B.");
});

test("who leaves their department has none", () => {
  told("user.changed", { user: { ...ana, department: null } });

  assert.equal(session.me.department, null);
});

test("another's name changes the directory alone", () => {
  told("user.changed", { user: { ...luis, name: "Luisa" } });

  assert.deepEqual(session.me, me);
  assert.deepEqual(session.portal.users.map(({ name }) => name), ["Ana", "Luisa"]);
});

test("my department is called as the directory calls it", () => {
  told("department.changed", { department: { ...sales, name: "Sales at home" } });

  assert.deepEqual(session.me.department, { department: 1, name: "Sales at home" });
  assert.equal(session.portal.departments.length, 2);
});

test("a preference that was changed on another device changes here, the others stay", () => {
  told("user.changed", { preferences: { theme: "dark", notify: { comment: "off" } } });

  assert.deepEqual(session.me, { ...me, theme: "dark", notify: { comment: "off", stage: "bell" } });
});

test("a record that is locked is followed no more, and its return asks once for what is followed", async (test) => {
  const asked = test.mock.method(session, "load", async () => {});
  test.mock.timers.enable({ apis: ["setTimeout"] });
  told("follow.changed", { follow: 42, level: "important" });

  session.apply({ type: "event", name: "record.locked", data: { locked: 42, kind: "deal" } });
  for (const record of [42, 43]) session.apply({ type: "event", name: "record.unlocked", data: { record: { record, kind: "deal" } } });
  test.mock.timers.tick(1_000);

  assert.equal(session.follows.size, 0);
  assert.equal(asked.mock.callCount(), 1);
});
