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

/** Gives a reaction, or takes it back. @param {Entry} entry @param {string} emoji @param {Attempt} attempt */
export function toggle(entry, emoji, attempt) {
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

/** A menu whose panel comes when it is opened. @param {string} name @param {string} className @param {HTMLElement} summary @param {(panel: HTMLElement, panels: typeof import("./entry-panels.js")) => void} fill */
function menu(name, className, summary, fill) {
  const panel = h("div", { class: "menu__panel" });
  const details = h("details", { class: className, name, ontoggle: async () => {
    if (!details.open) return;
    fill(panel, await import("./entry-panels.js"));
  } }, summary, panel);
  return details;
}

/** @param {Entry} entry @param {Attempt} attempt */
const palette = (entry, attempt) => menu("react", "menu palette", h("summary", { class: "button button--quiet button--small", "aria-label": t("act.react"), title: t("act.react"), "data-act": "react" }, icon("react")),
  (panel, { fillPalette }) => fillPalette(panel, entry, attempt));

/** @param {import("../why.js").Reason} reason */
const short = ({ rule, ref }) => t(`why.${rule}`, { kind: ref ? t(`kind.${ref.kind}`) : "" });

/** @param {Entry} entry @param {(text: string) => Node} word @param {Attempt} attempt @param {boolean} line */
function why(entry, word, attempt, line) {
  const all = reasons(entry);
  const question = line ? `${t("why.question")} ${short(all[0])}` : t("why.question");
  return menu("why", line ? "menu" : "menu push", h("summary", { class: "button button--quiet button--small", title: question, "data-act": "why" }, icon("eye"), line ? visuallyHidden(question) : word(short(all[0]))),
    (panel, { fillWhy }) => fillWhy(panel, all, attempt));
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
