/** The foot of an entry: reactions, Comment, why I see it, Follow. */

import { api } from "../api.js";
import { h, icon, visuallyHidden } from "../dom.js";
import { number } from "../format.js";
import { t } from "../i18n.js";
import { person, session } from "../session.js";
import { followed, reasons } from "../why.js";

/**
 * @typedef {import("../types.d.ts").Entry} Entry
 * @typedef {(work: Promise<any>) => Promise<any>} Attempt
 */

/** The palette, with the key of each name. */
export const EMOJI = /** @type {Record<string, string>} */ ({ "👍": "thumbs_up", "❤️": "heart", "🎉": "party", "👏": "applause", "😄": "smile", "👀": "eyes" });

/**
 * @param {Entry} entry
 * @param {{attempt: Attempt, comment: () => void, line?: boolean, threaded?: boolean}} how
 * @returns {HTMLElement}
 */
export function entryFoot(entry, { attempt, comment, line = false, threaded = false }) {
  const word = (/** @type {string} */ text) => (line ? visuallyHidden(text) : h("span", { class: "button__word" }, text));
  const { count } = entry.comments;
  const shownCount = count > 0 && !threaded ? h("span", null, number(count)) : null;
  return h("footer", { class: "entry__foot cluster faint" },
    entry.reactions.filter(({ users }) => users.length).map((one) => reaction(entry, one, attempt)),
    palette(entry, attempt),
    h("button", { type: "button", class: "button button--quiet button--small", title: t("act.comment"), onclick: comment, "data-act": "comment" },
      icon("comment"), shownCount ? [visuallyHidden(t("act.comment")), shownCount] : word(t("act.comment"))),
    why(entry, word, attempt, line),
    follow(entry, word, attempt));
}

/** @param {Entry} entry @param {string} emoji @param {Attempt} attempt */
function toggle(entry, emoji, attempt) {
  const mine = entry.reactions.some((one) => one.emoji === emoji && one.users.includes(session.me.user));
  const path = `/entries/${entry.id}/reactions/${encodeURIComponent(emoji)}`;
  attempt(mine ? api.del(path) : api.put(path));
}

/** @param {Entry} entry @param {import("../types.d.ts").Reaction} one @param {Attempt} attempt */
function reaction(entry, { emoji, users }, attempt) {
  const names = users.map((id) => person(id)?.name).filter(Boolean).join(", ");
  const label = t("reaction.label", { name: EMOJI[emoji] ? t(`emoji.${EMOJI[emoji]}`) : emoji, count: users.length });
  return h("button", { type: "button", class: "reaction", "aria-pressed": users.includes(session.me.user), "aria-label": label, title: names, "data-act": `reaction ${emoji}`, onclick: () => toggle(entry, emoji, attempt) }, `${emoji} ${number(users.length)}`);
}

/** @param {Entry} entry @param {Attempt} attempt */
function palette(entry, attempt) {
  const choices = Object.entries(EMOJI).map(([emoji, name]) =>
    h("button", { type: "button", class: "icon-button", "aria-label": t(`emoji.${name}`), title: t(`emoji.${name}`), onclick: (/** @type {Event} */ event) => {
      /** @type {HTMLElement} */ (event.target).closest("details")?.removeAttribute("open");
      toggle(entry, emoji, attempt);
    } }, emoji));
  return h("details", { class: "menu palette", name: "react" },
    h("summary", { class: "button button--quiet button--small", "aria-label": t("act.react"), title: t("act.react"), "data-act": "react" }, icon("react")),
    h("div", { class: "menu__panel palette__panel" }, choices));
}

/** @param {import("../why.js").Reason} reason */
const short = ({ rule, ref }) => t(`why.${rule}`, { kind: ref ? t(`kind.${ref.kind}`) : "" });

/** @param {Entry} entry @param {(text: string) => Node} word @param {Attempt} attempt @param {boolean} line */
function why(entry, word, attempt, line) {
  const all = reasons(entry);
  const rows = all.map((reason) => h("li", { class: "spread" },
    h("span", null, reason.ref ? t(`why.long.${reason.rule}`, { title: reason.ref.title }) : t(`why.long.${reason.rule}`)),
    reason.rule === "responsible" ? h("span", { class: "faint" }, t("why.by_right")) : null,
    reason.rule === "following" ? h("button", { type: "button", class: "link", onclick: () => attempt(session.follow(Number(reason.ref?.record), null)) }, t("follow.stop")) : null));
  const question = line ? `${t("why.question")} ${short(all[0])}` : t("why.question");
  return h("details", { class: line ? "menu" : "menu push", name: "why" },
    h("summary", { class: "button button--quiet button--small", title: question, "data-act": "why" }, icon("eye"), line ? visuallyHidden(question) : word(short(all[0]))),
    h("div", { class: "menu__panel why__panel soft" }, h("p", null, h("strong", null, t("why.head"))), h("ul", { class: "stack-s" }, rows)));
}

/** Who is responsible follows by right and cannot stop. @param {Entry} entry @param {(text: string) => Node} word @param {Attempt} attempt */
function follow(entry, word, attempt) {
  const ref = followed(entry);
  if (!ref?.record) return null;
  const id = ref.record;
  const byRight = ref.responsible === session.me.user;
  const on = byRight || session.follows.has(id);
  const label = t(on ? "follow.on" : "follow.start");
  const title = byRight ? t("follow.by_right", { title: ref.title }) : t(on ? "follow.stop_named" : "follow.start_named", { title: ref.title });
  return h("button", { type: "button", class: "button button--quiet button--small", "aria-pressed": on, "aria-disabled": byRight ? "true" : null, title, "data-act": "follow",
    onclick: () => byRight || attempt(session.follow(id, on ? null : "everything")) }, icon("follow"), word(label));
}
