/**
 * What the page knows: one pure reducer. `apply(state, frame)` takes a frame of /live, or an action of the page itself
 * (`page.*`), and gives the next state; it never touches the document. An old snapshot and the events after it
 * give a fresh snapshot; applying an event twice is harmless.
 */

import { applyEvent, settle } from "./events.js";

/**
 * @typedef {import("./types.d.ts").Frame} Frame
 * @typedef {import("./types.d.ts").Entry} Entry
 * @typedef {import("./types.d.ts").Comment} Comment
 *
 * @typedef {object} Feed  The stream on screen.
 * @property {string} key  which stream and filter; answers for another key come too late and are dropped
 * @property {string} channel  "mine", "all" or "record:42"
 * @property {number | null} record
 * @property {"bumped" | "added"} order
 * @property {number[]} ids  in the order on screen
 * @property {number[]} waiting  new and bumped entries behind the pill, in order of arrival
 * @property {boolean} held  whether someone is reading: then nothing may move
 * @property {string | number | null} next  cursor of older entries
 * @property {number} position  of the snapshot
 * @property {"loading" | "ready" | "failed"} status
 *
 * @typedef {object} State
 * @property {string | null} epoch
 * @property {number} position  the cursor: all events up to here are in
 * @property {Map<number, Entry>} entries
 * @property {Feed} feed
 * @property {Entry[]} sending  own messages on their way, newest first
 * @property {Map<number, Comment[]>} threads  entries whose earlier comments were opened
 * @property {Frame[]} recent  the last events, for snapshots that were read before them
 */

/** Events kept for snapshots that arrive late; more than a burst between asking and the answer. */
const RECENT = 400;

/** @returns {Feed} */
const emptyFeed = () => ({ key: "", channel: "", record: null, order: "bumped", ids: [], waiting: [], held: false, next: null, position: 0, status: "loading" });

/** @returns {State} */
export const initial = () => ({ epoch: null, position: 0, entries: new Map(), feed: emptyFeed(), sending: [], threads: new Map(), recent: [] });

/**
 * @param {State} state
 * @param {Frame} frame
 * @returns {State}
 */
export function apply(state, frame) {
  if (frame.type === "event") return remember(applyEvent(state, frame), frame);
  if (frame.type === "checkpoint") return { ...state, position: Math.max(state.position, frame.position ?? 0) };
  const action = ACTIONS[frame.type];
  return action ? action(state, frame) : state;
}

/** @param {State} state @param {Frame} frame @returns {State} */
function remember(state, frame) {
  const recent = state.recent.length >= RECENT ? state.recent.slice(-RECENT / 2) : state.recent;
  return { ...state, position: Math.max(state.position, frame.position ?? 0), recent: [...recent, frame] };
}

/** @type {Record<string, (state: State, frame: Frame) => State>} */
const ACTIONS = {
  /** {key, channel, record}: another stream is wanted; the old one goes at once. */
  "page.open": (state, { key, channel, record = null }) => ({
    ...state,
    entries: new Map(),
    threads: new Map(),
    sending: state.sending.filter((one) => one.pending?.state === "failed"),
    feed: { ...emptyFeed(), key, channel, record, order: record == null ? "bumped" : "added" },
  }),

  /** {key, answer}: the first page of a stream, `answer` as GET /stream gives it. */
  "page.feed": (state, { key, answer }) => {
    if (key !== state.feed.key) return state;
    const entries = new Map(answer.entries.map((/** @type {Entry} */ entry) => [entry.id, entry]));
    const feed = { ...state.feed, ids: [...entries.keys()], waiting: [], next: answer.next, position: answer.position, status: /** @type {const} */ ("ready") };
    const fresh = { ...snapshot(state, answer), entries, feed };
    return state.recent.filter((frame) => (frame.position ?? 0) > answer.position).reduce(applyEvent, fresh);
  },

  /** {key, answer}: older entries, at the end. */
  "page.older": (state, { key, answer }) => {
    if (key !== state.feed.key) return state;
    const entries = new Map(state.entries);
    for (const entry of answer.entries) if (!entries.has(entry.id)) entries.set(entry.id, entry);
    const known = new Set([...state.feed.ids, ...state.feed.waiting]);
    const ids = [...state.feed.ids, ...answer.entries.map((/** @type {Entry} */ entry) => entry.id).filter((/** @type {number} */ id) => !known.has(id))];
    const older = { ...state, entries, feed: { ...state.feed, ids, next: answer.next } };
    return state.recent.filter((frame) => (frame.position ?? 0) > answer.position).reduce(applyEvent, older);
  },

  /** {key}: the stream could not be loaded. */
  "page.failed": (state, { key }) => (key === state.feed.key ? { ...state, feed: { ...state.feed, status: "failed" } } : state),

  /** {held}: someone began or stopped reading. */
  "page.hold": (state, { held }) => settle({ ...state, feed: { ...state.feed, held } }),

  /** What waited comes in. */
  "page.release": (state) => settle({ ...state, feed: { ...state.feed, held: false } }),

  /** {entry}: an own message, shown before it is sent; `entry.pending.ref` is its client reference. */
  "page.sending": (state, { entry }) => ({ ...state, sending: [entry, ...state.sending.filter((one) => one.pending?.ref !== entry.pending.ref)] }),

  /** {ref, entry}: the answer to the post; the event says the same. */
  "page.sent": (state, { ref, entry }) => applyEvent(state, { type: "event", name: "entry.added", ref, mine: true, own: true, data: { entry } }),

  /** {ref, reason}: refused, or not reached. */
  "page.unsent": (state, { ref, reason }) => ({ ...state, sending: state.sending.map((one) => (one.pending?.ref === ref ? fail(one, reason) : one)) }),

  /** {ref}: taken back to the draft. */
  "page.dropped": (state, { ref }) => ({ ...state, sending: state.sending.filter((one) => one.pending?.ref !== ref) }),

  /** {entry, comments}: all comments of an entry, oldest first. */
  "page.thread": (state, { entry, comments }) => ({ ...state, threads: new Map(state.threads).set(entry, comments) }),

  /** {answer}: the place in the log of any other snapshot that is shown. */
  "page.snapshot": (state, { answer }) => snapshot(state, answer),

  /** The server's history is another one, or rights changed: what is known is no longer true. */
  "page.reload": (state) => ({ ...state, epoch: null, position: 0, recent: [] }),
};

/** @param {Entry} entry @param {string} reason @returns {Entry} */
const fail = (entry, reason) => ({ ...entry, pending: { .../** @type {import("./types.d.ts").Pending} */ (entry.pending), state: "failed", reason } });

/** Before anything was applied the cursor is the oldest snapshot on screen; later it only moves by events. @param {State} state @param {{epoch: string, position: number}} answer @returns {State} */
function snapshot(state, { epoch, position }) {
  if (state.epoch !== epoch) return { ...state, epoch, position };
  return state.recent.length ? state : { ...state, position: Math.min(state.position, position) };
}

/**
 * A state that can be watched. Listeners hear the state and the frame that made it.
 * @param {State} [state]
 */
export function createStore(state = initial()) {
  /** @type {Set<(state: State, frame: Frame) => void>} */
  const listeners = new Set();
  return {
    get state() {
      return state;
    },
    /** @param {(state: State, frame: Frame) => void} listener @returns {() => void} ends it */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** @param {Frame} frame */
    dispatch(frame) {
      state = apply(state, frame);
      for (const listener of [...listeners]) listener(state, frame);
    },
  };
}

export const store = createStore();
