// One activity as a row: a box to complete it, what and about what, and when it is due.
import { dueness } from "../activities.js";
import { h, icon } from "../dom.js";
import { deadline } from "../format.js";
import { t } from "../i18n.js";
import { session } from "../session.js";
import { openWindow } from "../windows.js";
import { chipText } from "./chip.js";

/** What stands under the subject: records, but not the one whose page this is, people, and who does it. @param {any} activity @param {number|null} here */
function context({ records, with: parties = [], responsible }, here) {
  const names = [...records, ...parties].filter(({ record }) => !here || record !== here).map((item) => (item.locked ? t("chip.locked", { kind: t(`chip.${item.kind}`) }) : chipText(item)));
  if (responsible && (here || !session.isMe(responsible.user))) names.push(responsible.name);
  return [...new Set(names)].slice(0, 3).join(" · ");
}

/**
 * @param {any} activity
 * @param {{onComplete: (activity: any) => void, now?: number, here?: number|null}} how  `here`: the record whose page this is
 */
export function activityRow(activity, { onComplete, now = Date.now(), here = null }) {
  const { id, subject, status, type } = activity;
  const done = status === "completed";
  const due = done ? "later" : dueness(activity.deadline, now);
  const label = t(done ? "activity.reopen_named" : "activity.complete_named", { subject });
  const at = done ? activity.completed_at : activity.deadline;
  return h("div", { class: "row", "data-activity": id, "data-done": done },
    h("button", { class: "checkbox", type: "button", role: "checkbox", "aria-checked": String(done), "aria-label": label, title: label, onclick: () => onComplete(activity) }, icon("check", "s")),
    h("div", {},
      h("button", { class: "truncate row__link", type: "button", onclick: () => openWindow("activity", { id }) }, subject),
      h("span", { class: "truncate fine faint" }, context(activity, here) || t(`activity.type.${type}`))),
    at !== null && h("time", { class: due === "overdue" ? "nowrap fine tone" : "nowrap fine soft", "data-tone": due === "overdue" ? "attention" : null, datetime: new Date(at).toISOString() }, deadline(at, now)));
}

/** The word over a group of rows. @param {string} due @param {"h2"|"h3"} [level] */
export const dueHead = (due, level = "h3") => h(level, { class: `block__group mid finer ${due === "overdue" ? "tone" : "faint"}`, "data-tone": due === "overdue" ? "attention" : null },
  icon({ overdue: "overdue", today: "clock" }[due] ?? "calendar"), t(`activity.${due}`));
