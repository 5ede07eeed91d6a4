/** What each event of the log does to the page's state. Pure; used by store.js alone. */

/**
 * @typedef {import("./store.js").State} State
 * @typedef {import("./types.d.ts").Frame} Frame
 * @typedef {import("./types.d.ts").Entry} Entry
 * @typedef {import("./types.d.ts").Comment} Comment
 */

/** @type {Record<string, (state: State, data: any, frame: Frame) => State>} */
const EVENTS = {
  "entry.added": (state, { entry }, frame) => put(unsend(state, frame.ref), entry, frame),
  "entry.changed": (state, { entry }, frame) => put(state, entry, frame),
  "entry.removed": (state, { entry }) => drop(state, entry),
  "comment.added": (state, { entry, comment }, frame) => thread(put(state, entry, frame), entry.id, (all) => upsert(all, comment)),
  "comment.changed": (state, { entry, comment, comments }) => thread(patch(state, entry, { comments }), entry, (all) => swap(all, comment)),
  "comment.removed": (state, { entry, comment, comments }) => thread(patch(state, entry, { comments }), entry, (all) => all.filter((one) => one.id !== comment)),
  "reaction.changed": (state, { entry, reactions }) => patch(state, entry, { reactions }),
  "record.changed": rename,
  "record.locked": lock,
  "record.removed": lock,
  "user.changed": rename,
  "department.changed": rename,
  "read.changed": (state, { unread }) => (unread ? patch(state, unread.entry, { unread: unread.marked || undefined }) : state),
  "activity.changed": (state, { activity }) => patch(state, activity?.entry, { activity }),
};

/**
 * @param {State} state
 * @param {Frame} frame
 * @returns {State}
 */
export function applyEvent(state, frame) {
  const event = EVENTS[frame.name ?? ""];
  return event ? event(state, frame.data ?? {}, frame) : state;
}

/** Takes an entry in, if it belongs to the stream on screen. @param {State} state @param {Entry} entry @param {Frame} frame @returns {State} */
function put(state, entry, frame) {
  const { feed } = state;
  if (frame.matches === false) return drop(state, entry.id); // it no longer passes the filter
  const known = state.entries.get(entry.id);
  const whole = { ...entry, mine: frame.mine ?? entry.mine, ...(known?.unread && { unread: true }) };
  if (feed.status !== "ready" && !known) return state;
  if (!belongs(state, whole)) return known ? drop(state, entry.id) : state;
  if (!known && !withinReach(state, whole)) return state;
  const held = { ...state, entries: new Map(state.entries).set(entry.id, whole) };
  // What the reader did themselves stands there at once; a bump by it does not take the entry from under their hand.
  if (frame.own && !known && frame.name !== "entry.changed") return first(held, entry.id);
  if (frame.own && feed.held) return held;
  if (known && (known[feed.order] ?? 0) >= whole[feed.order]) return held;
  const waiting = [...feed.waiting.filter((id) => id !== entry.id), entry.id];
  return settle({ ...held, feed: { ...feed, waiting } });
}

/** @param {State} state @param {Entry} entry */
function belongs({ feed }, entry) {
  if (feed.channel === "mine") return entry.mine !== false;
  return feed.record == null || entry.records.some((ref) => ref.record === feed.record);
}

/** Older than what is loaded comes with its page, not by an event. @param {State} state @param {Entry} entry */
function withinReach({ feed, entries }, entry) {
  const last = entries.get(feed.ids[feed.ids.length - 1]);
  return feed.next == null || !last || entry[feed.order] >= last[feed.order];
}

/** Lets what waits come in, in order, unless someone is reading. @param {State} state @returns {State} */
export function settle(state) {
  const { feed } = state;
  if (feed.held || !feed.waiting.length) return state;
  const ids = [...new Set([...feed.ids, ...feed.waiting])];
  const at = (/** @type {number} */ id) => state.entries.get(id)?.[feed.order] ?? 0;
  return { ...state, feed: { ...feed, ids: ids.sort((a, b) => at(b) - at(a)), waiting: [] } };
}

/** The reader's own message stands first at once: it is their act. @param {State} state @param {number} id @returns {State} */
function first(state, id) {
  const { feed } = state;
  return { ...state, feed: { ...feed, ids: [id, ...feed.ids.filter((one) => one !== id)], waiting: feed.waiting.filter((one) => one !== id) } };
}

/** @param {State} state @param {string} [ref] @returns {State} */
function unsend(state, ref) {
  return ref && state.sending.some((one) => one.pending?.ref === ref) ? { ...state, sending: state.sending.filter((one) => one.pending?.ref !== ref) } : state;
}

/** @param {State} state @param {number} id @returns {State} */
function drop(state, id) {
  if (!state.entries.has(id)) return state;
  const entries = new Map(state.entries);
  const threads = new Map(state.threads);
  entries.delete(id);
  threads.delete(id);
  const without = (/** @type {number[]} */ ids) => ids.filter((one) => one !== id);
  return { ...state, entries, threads, feed: { ...state.feed, ids: without(state.feed.ids), waiting: without(state.feed.waiting) } };
}

/** @param {State} state @param {number} id @param {Partial<Entry>} change @returns {State} */
function patch(state, id, change) {
  const old = state.entries.get(id);
  return old ? { ...state, entries: new Map(state.entries).set(id, { ...old, ...change }) } : state;
}

/** @param {State} state @param {number} id @param {(all: Comment[]) => Comment[]} change @returns {State} */
function thread(state, id, change) {
  const all = state.threads.get(id);
  return all ? { ...state, threads: new Map(state.threads).set(id, change(all)) } : state;
}

/** @param {Comment[]} all @param {Comment} comment */
const swap = (all, comment) => all.map((one) => (one.id === comment.id ? comment : one));

/** @param {Comment[]} all @param {Comment} comment */
const upsert = (all, comment) => (all.some((one) => one.id === comment.id) ? swap(all, comment) : [...all, comment]);

/** Closed or deleted: a lock in its place. @param {any} data @returns {(one: any) => any} */
function hide({ locked, removed = locked }) {
  return (one) => (one.record === removed && one.kind ? { kind: one.kind, locked: true } : one);
}

/** How events change whatever object stands for the record (whole ones, with a version, come whole), person or department they tell of. @type {Record<string, (data: any) => ((one: any) => any) | false>} */
const RENAMES = {
  "record.changed": ({ record: { record, title, responsible } }) => record && ((one) => (one.record === record && one.kind && !one.version ? { ...one, title, responsible: responsible?.user ?? null } : one)),
  "record.locked": hide,
  "record.removed": hide,
  "user.changed": ({ user }) => user && ((one) => (one.user === user.user && one.name ? { ...one, name: user.name } : one)),
  "department.changed": ({ department: whole }) => whole && ((one) => (one.department === whole.department && one.name && !one.user ? { ...one, name: whole.name } : one)),
};

/**
 * What is shown, with the names that hold since an event: the same value, if it names nothing in it.
 * @template T @param {T} value @param {Frame} frame @returns {T}
 */
export function renamed(value, { name, data }) {
  const change = RENAMES[name ?? ""]?.(data);
  return change ? walk(value, change) : value;
}

/** @param {State} state @param {any} _ @param {Frame} frame @returns {State} */
function rename(state, _, frame) {
  return { ...state, entries: renamed(state.entries, frame), threads: renamed(state.threads, frame), sending: renamed(state.sending, frame) };
}

/** Who lost a record sees a lock in its place; an entry that stood there by it alone goes (PRODUCT §2). @param {State} state @param {any} _ @param {Frame} frame @returns {State} */
function lock(state, _, frame) {
  const next = rename(state, _, frame);
  const lost = [...next.entries.values()].filter((entry) => entry !== state.entries.get(entry.id) && !stays(entry, frame.me));
  return lost.reduce((kept, { id }) => drop(kept, id), next);
}

/** A change is its subject's; the rest is for readers of any of its records, and for those who take part. @param {Entry} entry @param {number} me */
function stays({ type, subject, records, author, recipients, activity }, me) {
  if (type !== "message" && !activity) return !subject?.locked;
  const part = activity ? [author, activity.responsible] : [author, ...recipients];
  return records.some((ref) => !ref.locked) || part.some((one) => /** @type {any} */ (one)?.user === me);
}

/** Rebuilds only what a change touches. @template T @param {T} value @param {(object: any) => any} change @returns {T} */
function walk(value, change) {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Map) return /** @type {any} */ (new Map([...value].map(([key, one]) => [key, walk(one, change)])));
  if (Array.isArray(value)) {
    const fresh = value.map((one) => walk(one, change));
    return fresh.some((one, i) => one !== value[i]) ? /** @type {any} */ (fresh) : value;
  }
  const fresh = change(value);
  /** @type {any} */
  let result = fresh;
  for (const [key, part] of Object.entries(fresh)) {
    const walked = walk(part, change);
    if (walked !== part) result = { ...result, [key]: walked };
  }
  return result;
}
