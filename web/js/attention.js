/**
 * What waits for the reader: unseen entries of Mine, marks, unread notifications; counted on by events from a snapshot.
 * Pure: `attend(state, frame, me)` gives the next state. It needs every event of the channel `mine`, without a filter.
 * `stale` says that events alone no longer tell: read `/stream/unseen` and `/notifications` again.
 */

/**
 * @typedef {import("./types.d.ts").Frame} Frame
 * @typedef {import("./types.d.ts").Entry} Entry
 *
 * @typedef {object} Attention
 * @property {number} position  all events up to here are in
 * @property {number} seen  position up to which Mine was seen, on whichever device
 * @property {Map<number, number>} unseen  entries with their places
 * @property {number} older  unseen entries that the snapshot only counted
 * @property {number} unread  notifications
 * @property {boolean} stale
 */

/** Which entries these bring into Mine, or take out of it, no event says. */
const ASK_AGAIN = new Set(["follow.changed", "record.locked", "record.unlocked", "access.changed"]);

/**
 * @param {{position: number, seen: number, unseen: number, entries: {entry: number, bumped: number}[]}} answer  GET /stream/unseen
 * @param {number} unread  of GET /notifications or /me
 * @returns {Attention}
 */
export function attending({ position, seen, unseen, entries }, unread) {
  return { position, seen, unseen: new Map(entries.map(({ entry, bumped }) => [entry, bumped])), older: unseen - entries.length, unread, stale: false };
}

/** The number on the Stream tab. @param {Attention} state */
export const unseenCount = ({ unseen, older }) => unseen.size + older;

/**
 * @param {Attention} state
 * @param {Frame} frame
 * @param {number} me  the reader
 * @returns {Attention}
 */
export function attend(state, frame, me) {
  if (frame.type === "reset") return { ...state, stale: true };
  if (frame.type !== "event" || (frame.position ?? 0) <= state.position) return state;
  return { ...after(state, frame.name ?? "", frame, me), position: frame.position ?? 0 };
}

/** @param {Attention} state @param {string} name @param {Frame} frame @param {number} me @returns {Attention} */
function after(state, name, { data, mine }, me) {
  if (ASK_AGAIN.has(name)) return { ...state, stale: true };
  if (name === "notification.added" || name === "notification.changed") return { ...state, unread: data.unread };
  if (name === "read.changed") return data.seen > state.seen ? seenUpTo(state, data.seen) : state;
  if (name === "entry.removed") return without(state, data.entry);
  return typeof data?.entry === "object" && data.entry ? place(state, data.entry, mine === true, me) : state;
}

/** @param {Attention} state @param {Entry} entry @param {boolean} mine @param {number} me @returns {Attention} */
function place(state, { id, added, bumped, bumped_by, folded }, mine, me) {
  if (!mine || folded || bumped <= state.seen || bumped_by === me) return without(state, id);
  // One that is not known may be among those that were only counted, unless this is its first life.
  const stale = state.stale || (state.older > 0 && !state.unseen.has(id) && added !== bumped);
  return { ...state, unseen: new Map(state.unseen).set(id, bumped), stale };
}

/** @param {Attention} state @param {number} id @returns {Attention} */
function without(state, id) {
  if (!state.unseen.has(id)) return state.older ? { ...state, stale: true } : state;
  const unseen = new Map(state.unseen);
  unseen.delete(id);
  return { ...state, unseen };
}

/** @param {Attention} state @param {number} seen @returns {Attention} */
function seenUpTo(state, seen) {
  const stale = state.stale || (state.older > 0 && seen < Math.min(...state.unseen.values()));
  return { ...state, seen, older: 0, unseen: new Map([...state.unseen].filter(([, bumped]) => bumped > seen)), stale };
}
