/** Who reads, and the directory of the portal: names of people, departments and stages. Kept current by events. */

import { api } from "./api.js";
import { renamed } from "./events.js";
import { useTimeZone } from "./format.js";

/**
 * @typedef {import("./types.d.ts").Me} Me
 * @typedef {import("./types.d.ts").Portal} Portal
 * @typedef {import("./types.d.ts").Ref} Ref
 */

/** Many records may change hands at once, ms. */
const GATHER = 150;

class Session extends EventTarget {
  /** @type {Me} Set by load(). */
  me = /** @type {any} */ (null);
  /** @type {Portal} Set by load(). */
  portal = /** @type {any} */ (null);
  /** @type {Map<number, import("./types.d.ts").Level>} Record id to level; without an entry it is not followed. */
  follows = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /** Loads me and the portal. Raises ApiError. */
  async load() {
    const [me, portal] = await Promise.all([api.get("/me"), api.get("/portal")]);
    this.adopt(me, portal);
  }

  /** @param {Me} me @param {Portal} portal */
  adopt(me, portal) {
    this.me = me;
    this.portal = portal;
    this.follows = new Map(Object.entries(me.follows ?? {}).map(([id, level]) => [Number(id), level]));
    useTimeZone(me.time_zone);
    this.changed();
  }

  /**
   * Takes what an event says about me, or about the directory.
   * @param {import("./types.d.ts").Frame} frame
   */
  apply(frame) {
    const { name, data } = frame;
    if (name === "follow.changed") {
      if (data.level) this.follows.set(data.follow, data.level);
      else this.follows.delete(data.follow);
      this.changed();
    } else if (name === "record.locked" || name === "record.removed") this.follows.delete(data.locked ?? data.removed);
    else if (name === "record.unlocked" || name === "settings.changed") this.reload();
    else if (name === "user.changed" || name === "department.changed") {
      const { user, department: whole, removed = whole?.department, preferences: { notify, ...said } = {} } = data;
      const { users, departments } = this.portal;
      if (user) this.portal.users = [...users.filter((one) => one.user !== user.user), user];
      else if (removed) this.portal.departments = [...departments.filter((one) => one.department !== removed), ...(whole ? [whole] : [])];
      this.me = { ...renamed(this.me, frame), ...said, notify: { ...this.me.notify, ...notify } };
      if (this.isMe(user?.user)) {
        const own = department(user.department);
        Object.assign(this.me, { email: user.email, department: own && { department: own.department, name: own.name } });
      }
      this.changed();
    }
  }

  /** My rights are others now. */
  reload() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.load().catch(() => {
      // The rights are the server's to enforce; what the page offers is put right by the next event or reload.
    }), GATHER);
  }

  /** Tells listeners of "change". */
  changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number | null | undefined} user */
  isMe(user) {
    return user != null && this.me?.user === user;
  }

  /** Whether some role of mine allows an action on records of a kind. @param {string} kind @param {string} action */
  may(kind, action) {
    return this.me?.may?.[kind]?.includes(action) ?? false;
  }

  /**
   * Follows or unfollows a record; the event that comes back says the same.
   * @param {number} record
   * @param {import("./types.d.ts").Level | null} level  null: unfollow
   */
  async follow(record, level) {
    const before = this.follows.get(record) ?? null;
    const show = (/** @type {import("./types.d.ts").Level | null} */ level) => this.apply({ type: "event", name: "follow.changed", data: { follow: record, level } });
    show(level);
    try {
      if (level) await api.put(`/records/${record}/follow`, { level });
      else await api.del(`/records/${record}/follow`);
    } catch (error) {
      show(before);
      throw error;
    }
  }
}

export const session = new Session();

/** @param {number | null | undefined} id */
export const person = (id) => session.portal?.users.find((one) => one.user === id) ?? null;

/** @param {number | null | undefined} id */
export const stage = (id) => session.portal?.stages.find((one) => one.stage === id) ?? null;

/** @param {number | null | undefined} id */
export const department = (id) => session.portal?.departments.find((one) => one.department === id) ?? null;
