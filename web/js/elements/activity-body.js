/** What a card shows of a task, meeting, call or e-mail: its facts, and what can be done with it from here. */

import { moveActivity } from "../activities.js";
import { button, h, icon } from "../dom.js";
import { dayTime, leaf, span, time } from "../format.js";
import { t } from "../i18n.js";
import { isOverdue } from "../kinds.js";
import { renderText } from "../markdown.js";
import { session } from "../session.js";
import { openWindow } from "../windows.js";

/**
 * @typedef {import("../types.d.ts").Entry} Entry
 * @typedef {import("../types.d.ts").Activity} Activity
 */

/** A state as icon and word, beside the title. @param {Entry} entry @param {number} now @returns {HTMLElement | null} */
export function tagOf(entry, now) {
  const { activity, type } = entry;
  const tag = (/** @type {string} */ tone, /** @type {string} */ name, /** @type {string} */ text) => h("span", { class: "tag", "data-tone": tone }, icon(name, "s"), text);
  if (type === "accepted") return tag("good", "check", t("tag.accepted"));
  if (type === "declined") return tag("attention", "close", t("tag.declined"));
  if (!activity) return null;
  if (activity.unprocessed) return tag("incoming", "call-missed", t("tag.unprocessed"));
  if (activity.status === "completed" && type !== "email") return tag("good", "check", t("tag.completed"));
  if (isOverdue(entry, now)) return tag("attention", "overdue", t("tag.overdue", { span: span(now - Number(activity.deadline)) }));
  return null;
}

/** @param {string} name @param {Node | string} text @param {string} [tone] */
const fact = (name, text, tone) => h("span", { class: tone ? "mid tone" : "mid", "data-tone": tone }, icon(name), typeof text === "string" ? capital(text) : text);

/** A fact stands alone, so it begins as a sentence does. @param {string} text */
const capital = (text) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/** @param {Activity} activity @returns {(Node | null)[]} */
function facts(activity) {
  const { type, start, end, deadline, place, phone, reminder, checklist, priority, important, result, responsible, email, direction } = activity;
  const late = activity.status === "planned" && deadline != null && deadline < Date.now();
  const when = start != null && type !== "task" ? (end && type === "meeting" ? t("fact.from_to", { from: dayTime(start), to: time(end) }) : dayTime(start)) : null;
  const done = checklist.filter((step) => step.done).length;
  return [
    type === "task" && deadline != null ? fact(late ? "overdue" : "clock", t(late ? "fact.was_due" : "fact.due", { when: dayTime(deadline) }), late ? "attention" : undefined) : null,
    when && type !== "email" ? fact("clock", when) : null,
    place ? fact("pin", place) : null,
    phone ? fact(direction === "in" ? "call-in" : "call-out", phone) : null,
    reminder != null && activity.status === "planned" ? fact("bell", t("fact.reminder", { count: reminder })) : null,
    checklist.length ? fact("task", t("fact.steps", { done, count: checklist.length })) : null,
    priority === "high" || important ? fact("alert", t("fact.important"), "attention") : null,
    type === "task" && !session.isMe(responsible.user) ? fact("contact", responsible.name) : null,
    email?.from && direction !== "in" ? fact("email-out", email.from) : null,
    result ? fact("check", result, "good") : null,
  ];
}

/**
 * @param {Entry} entry
 * @param {(work: Promise<any>) => void} attempt  shows what went wrong
 * @returns {Node[]}
 */
export function activityBody(entry, attempt) {
  const activity = /** @type {Activity} */ (entry.activity);
  const open = activity.status !== "completed" && activity.type !== "email";
  const move = (/** @type {"complete" | "reopen"} */ verb) => attempt(moveActivity(activity.id, verb));
  const subject = h("h4", { class: "entry__subject" }, h("button", { type: "button", class: "entry__open", onclick: () => openWindow("activity", { id: activity.id }) }, activity.subject || t("activity.no_subject")));
  const row = facts(activity).filter(Boolean);
  const text = activity.type === "email" ? activity.email?.body : activity.description;
  const content = h("div", null, subject, text ? h("div", { class: "entry__clip soft" }, renderText(text.slice(0, 600), entry.mentions)) : null, row.length ? h("p", { class: "entry__facts cluster fine soft" }, row) : null);
  const acts = open && mayMove(activity) ? h("div", { class: "cluster" },
    button(t("act.complete"), { class: "button button--small", onclick: () => move("complete"), "data-act": "complete" }, "check"),
    button(t("act.open"), { class: "button button--small button--quiet", onclick: () => openWindow("activity", { id: activity.id }) }, "expand")) : null;
  return [marked(activity, content, open, mayMove(activity) ? move : null), acts].filter((node) => node !== null);
}

/** Whoever may update one of its records, and whoever it is given to, may complete it; the service has the last word. @param {Activity} activity */
const mayMove = ({ responsible, author, records }) => session.isMe(responsible.user) || session.isMe(author?.user) || records.some((ref) => ref.record && session.may(ref.kind, "update"));

/** A task begins with its box, a meeting with its leaf of the calendar. @param {Activity} activity @param {HTMLElement} content @param {boolean} open @param {((verb: "complete" | "reopen") => void) | null} move  null: the reader may not */
function marked(activity, content, open, move) {
  if (activity.type === "task") {
    const label = t(open ? "act.complete_named" : "act.reopen_named", { subject: activity.subject });
    const box = h("button", { type: "button", class: "checkbox", role: "checkbox", "aria-checked": String(!open), "aria-disabled": move ? null : "true", "aria-label": label, title: move ? label : null, onclick: () => move?.(open ? "complete" : "reopen") }, icon("check", "s"));
    return h("div", { class: "with-mark" }, box, content);
  }
  if (activity.type === "meeting" && activity.start != null) {
    const { month, day, weekday } = leaf(activity.start);
    return h("div", { class: "with-mark" }, h("time", { class: "leaf", datetime: new Date(activity.start).toISOString() }, h("span", null, month), h("b", null, day), h("small", null, weekday)), content);
  }
  return content;
}
