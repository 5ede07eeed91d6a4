/** The filter of a stream as the address holds it: the query is the filter, so it can be kept and shared. Pure but for the clock. */

import { dayKey, dayStart } from "./format.js";

/**
 * @typedef {object} Choice
 * @property {"mine" | "all"} scope
 * @property {string[]} kinds
 * @property {number[]} authors
 * @property {string[]} recordKinds
 * @property {string} date  a preset, or ""
 * @property {string} from  "2026-11-01", or ""
 * @property {string} to  inclusive
 * @property {string} q
 */

export const ACTIVITIES = ["task", "meeting", "call", "email"];
export const RECORD_KINDS = ["lead", "deal", "contact", "company", "quote"];
const KINDS = ["message", "activity", ...ACTIVITIES, "change"];

/** Days back from today that a preset begins at. */
export const PRESETS = /** @type {Record<string, number>} */ ({ today: 0, yesterday: 1, week: 6, month: 29 });
const DAY = 86_400_000;
const DATE = /^\d{4}-\d\d-\d\d$/;

/** @param {URLSearchParams} query @returns {Choice} unknown values are dropped */
export function readFilter(query) {
  const date = (/** @type {string} */ name) => (DATE.test(query.get(name) ?? "") ? String(query.get(name)) : "");
  return {
    scope: query.get("scope") === "all" ? "all" : "mine",
    kinds: query.getAll("kind").filter((kind) => KINDS.includes(kind)),
    authors: query.getAll("author").map(Number).filter((id) => id > 0),
    recordKinds: query.getAll("record_kind").filter((kind) => RECORD_KINDS.includes(kind)),
    date: Object.hasOwn(PRESETS, query.get("date") ?? "") ? String(query.get("date")) : "",
    from: date("from"),
    to: date("to"),
    q: (query.get("q") ?? "").trim(),
  };
}

/** @param {Choice} choice @returns {string} with its "?", or "" */
export function writeFilter({ scope, kinds, authors, recordKinds, date, from, to, q }) {
  const query = new URLSearchParams();
  if (scope === "all") query.set("scope", scope);
  for (const kind of kinds) query.append("kind", kind);
  for (const author of authors) query.append("author", String(author));
  for (const kind of recordKinds) query.append("record_kind", kind);
  if (date) query.set("date", date);
  if (from) query.set("from", from);
  if (to) query.set("to", to);
  if (q) query.set("q", q);
  return query.size ? `?${query}` : "";
}

/**
 * The filter as the API and the socket take it; days begin at the reader's midnight.
 * @param {Choice} choice
 * @param {number} [now]
 * @returns {Record<string, any>} without the scope; empty when everything passes
 */
export function askFilter({ kinds, authors, recordKinds, date, from, to, q }, now = Date.now()) {
  const back = (/** @type {number} */ days) => dayStart(dayKey(dayStart(dayKey(now)) - days * DAY + DAY / 2));
  const after = (/** @type {string} */ key) => dayStart(dayKey(dayStart(key) + DAY * 1.5));
  const range = date ? { from: back(PRESETS[date]), to: date === "yesterday" ? back(0) : null } : { from: from ? dayStart(from) : null, to: to ? after(to) : null };
  const all = { kind: kinds, author: authors, record_kind: recordKinds, ...range, q };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => (Array.isArray(value) ? value.length : value != null && value !== "")));
}

/** @param {Choice} choice @returns {Choice} */
export const cleared = (choice) => ({ ...choice, kinds: [], authors: [], recordKinds: [], date: "", from: "", to: "", q: "" });
