/** The sentence of an entry: whole from the locale, with names, chips and values in its slots. */

import { h, icon } from "../dom.js";
import { money } from "../format.js";
import { has, t, tNodes } from "../i18n.js";
import { kindOf } from "../kinds.js";
import { session } from "../session.js";
import { chip, recipientChip } from "./chip.js";

/**
 * @typedef {import("../types.d.ts").Entry} Entry
 * @typedef {import("../types.d.ts").ChangeValue} ChangeValue
 */

/** Recipients in a title beyond these are a number. */
const FEW = 4;

/** @param {any} person @param {string} [you]  key of the word for the reader, which differs where it is not the subject @returns {HTMLElement} */
const name = (person, you = "person.you") => h("strong", null, person == null ? t("person.system") : session.isMe(person.user) ? t(you) : (person.name ?? t("person.unknown")));

/** Who acts in the sentence: whoever planned an activity, and then whoever did it. @param {Entry} entry */
export const actorOf = ({ activity, author }) => (activity && activity.type !== "email" && (activity.status === "completed" || activity.direction === "in") ? activity.responsible : author);

/** @param {any[]} all */
function chips(all) {
  const shown = all.slice(0, FEW).map((one) => recipientChip(one));
  return all.length > FEW ? [...shown, h("span", { class: "faint nowrap" }, t("entry.and_more", { count: all.length - FEW }))] : shown;
}

/**
 * The title of an entry as nodes for a cluster: words in spans, chips beside them.
 * @param {Entry} entry
 * @returns {Node[]}
 */
export function phrase(entry) {
  const { activity } = entry;
  const key = kindOf(entry).phrase(entry);
  const actor = actorOf(entry);
  const own = session.isMe(actor?.user) && has(`${key}.you`);
  const value = entry.change;
  return words(tNodes(own ? `${key}.you` : key, {
    who: name(actor),
    to: chips(activity?.email ? activity.email.to.map((email) => ({ email })) : entry.recipients),
    from: activity?.email?.from ?? "",
    with: activity ? chips(activity.with) : [],
    responsible: activity ? name(activity.responsible, "person.you_object") : "",
    subject: entry.subject ? chip(entry.subject) : entry.records[0] ? chip(entry.records[0]) : "",
    old: value ? shown(value.old) : "",
    new: value ? shown(value.new, true) : "",
    change: value ? change(value) : "",
    count: entry.import?.added ?? 0,
    what: entry.import ? h("strong", null, t(`kinds.count.${entry.import.kind}`, { count: entry.import.added })) : "",
    file: entry.import?.file ?? "",
  }));
}

/** Joins what stands between chips into one span each, so that a cluster's gaps are not taken for spaces. @param {Node[]} nodes */
function words(nodes) {
  /** @type {Node[]} */
  const found = [];
  /** @type {HTMLElement | null} */
  let run = null;
  for (const node of nodes) {
    if (node instanceof HTMLElement && /\b(chip|chip-pair|change|nowrap)\b/.test(node.className)) {
      found.push(node);
      run = null;
    } else if (run) run.append(node);
    else if (node.textContent?.trim()) found.push((run = h("span", null, node)));
  }
  return found;
}

/** Old → new. @param {{old: ChangeValue, new: ChangeValue}} value */
function change({ old, new: fresh }) {
  const to = h("ins", null, shown(fresh));
  if (old == null) return h("span", { class: "change mid" }, to);
  return h("span", { class: "change mid" }, h("del", null, shown(old)), icon("arrow"), h("span", { class: "visually-hidden" }, t("entry.becomes")), to);
}

/** @param {any} value @param {boolean} [strong] @returns {Node} */
function shown(value, strong = false) {
  if (value == null) return document.createTextNode(t("value.none"));
  if (typeof value === "object" && "user" in value) return strong ? name(value, "person.you_object") : document.createTextNode(session.isMe(value.user) ? t("person.you_object") : value.name);
  if (typeof value === "object" && "kind" in value && !("stage" in value)) return chip(value);
  const text = typeof value === "string" ? value : "amount" in value ? money(value.amount, value.currency) || t("value.none") : value.name;
  return document.createTextNode(text);
}
