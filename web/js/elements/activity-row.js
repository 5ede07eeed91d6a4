// One activity as a row: a box to complete it, what and about what, and when it is due.
import { h, icon } from "../dom.js";
import { deadline } from "../format.js";
import { t } from "../i18n.js";
import { session } from "../session.js";
import { chipText } from "./chip.js";
import { dueness } from "./moments.js";
import { openWindow } from "./window-dock.js";

/** What stands under the subject: its records, else its people, else nothing. @param {any} activity */
function context({ records, with: parties = [], responsible }) {
  const names = [...records, ...parties].map((item) => (item.locked ? t("chip.locked", { kind: t(`chip.${item.kind}`) }) : chipText(item)));
  if (responsible && !session.isMe(responsible.user)) names.push(responsible.name);
  return names.slice(0, 3).join(" · ");
}

/**
 * @param {any} activity
 * @param {{onComplete: (activity: any) => void, now?: number}} how
 */
export function activityRow(activity, { onComplete, now = Date.now() }) {
  const { id, subject, status, type } = activity;
  const done = status === "completed";
  const due = done ? "later" : dueness(activity.deadline, now);
  const label = t(done ? "activity.reopen_named" : "activity.complete_named", { subject });
  const at = done ? activity.completed_at : activity.deadline;
  return h("div", { class: "row", "data-activity": id, "data-done": done },
    h("button", { class: "checkbox", type: "button", role: "checkbox", "aria-checked": String(done), "aria-label": label, title: label, onclick: () => onComplete(activity) }, icon("check", "s")),
    h("div", {},
      h("button", { class: "truncate row__link", type: "button", onclick: () => openWindow("activity", { id }) }, subject),
      h("span", { class: "truncate fine faint" }, context(activity) || t(`activity.type.${type}`))),
    at !== null && h("time", { class: due === "overdue" ? "nowrap fine tone" : "nowrap fine soft", "data-tone": due === "overdue" ? "attention" : null, datetime: new Date(at).toISOString() }, deadline(at, now)));
}

/** The word over a group of rows. @param {string} due */
export const dueHead = (due) => h("h3", { class: `block__group mid finer ${due === "overdue" ? "tone" : "faint"}`, "data-tone": due === "overdue" ? "attention" : null },
  icon({ overdue: "overdue", today: "clock" }[due] ?? "calendar"), t(`activity.${due}`));
