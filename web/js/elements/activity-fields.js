// The fields of the four types of activity (PRODUCT §4), how a wire activity fills them, and what is sent.
// Adding a type is one entry here and its texts.
import { t } from "../i18n.js";
import { h } from "../dom.js";
import { session } from "../session.js";
import { defaultDeadline, daysLater, nextHour } from "./moments.js";

const HOUR = 3_600_000; // ms

const field = (name, type, more = {}) => ({ name, type, label: t(`activity.${name}`), ...more });
const words = (prefix, names) => names.map((name) => [name, t(`${prefix}.${name}`)]);

const SUBJECT = () => field("subject", "line", { required: true });
const RESPONSIBLE = () => field("responsible", "users", { required: true, max: 1 });
const DESCRIPTION = (label = "activity.description") => field("description", "text", { rows: 2, label: t(label) });
const IMPORTANT = () => field("important", "flag");
const REMINDER = () => field("reminder", "numeric", { choices: [["", t("activity.remind.none")], ...[5, 15, 60, 1440].map((minutes) => [String(minutes), t(`activity.remind.${minutes}`)])] });
const RECORDS = (hint) => field("records", "records", { label: t("activity.about"), hint: hint && (() => t(hint)) });
const REPEAT = () => field("repeat", "select", { choices: [["", t("activity.repeat.none")], ...["DAILY", "WEEKLY", "MONTHLY"].map((rule) => [`FREQ=${rule}`, t(`activity.repeat.${rule.toLowerCase()}`)])] });

/** Buttons under the deadline that put it where it mostly goes. @param {import("./form.js").Form} form */
function quickDeadlines(form) {
  const hour = nextHour(Date.now());
  const link = ([key, at]) => h("button", { class: "link", type: "button", onclick: () => form.editor("deadline")?.set?.(at) }, t(key));
  const [today, tomorrow, week] = [["day.today", hour], ["activity.tomorrow", daysLater(hour, 1)], ["activity.next_week", daysLater(hour, 7)]].map(link);
  return h("span", {}, today, " · ", tomorrow, " · ", week);
}

/** @type {Record<string, () => import("./editors.js").Field[]>} */
export const ACTIVITY_FIELDS = {
  task: () => [
    SUBJECT(), DESCRIPTION(), RESPONSIBLE(), field("participants", "users"),
    field("deadline", "moment", { hint: quickDeadlines }),
    field("priority", "segments", { choices: words("activity.priority", ["low", "normal", "high"]) }),
    field("checklist", "checklist"), RECORDS("activity.task_records_hint"), REMINDER(),
  ],
  meeting: () => [
    SUBJECT(), field("when", "span", { required: true }), field("place", "line"), field("with", "parties"), RECORDS(),
    DESCRIPTION(), RESPONSIBLE(), REPEAT(), REMINDER(), IMPORTANT(),
  ],
  call: () => [
    SUBJECT(), field("direction", "segments", { choices: words("activity.direction", ["out", "in"]) }),
    field("with", "parties", { max: 1 }), field("phone", "phone"), field("start", "moment", { required: true, label: t("activity.when") }),
    RECORDS(), DESCRIPTION("activity.notes"), RESPONSIBLE(), REMINDER(), IMPORTANT(), field("result", "line"),
  ],
  email: () => [
    field("direction", "segments", { choices: words("activity.mailed", ["out", "in"]) }),
    field("from", "line", { required: true }), field("to", "addresses"), field("cc", "addresses"), field("bcc", "addresses"),
    SUBJECT(), field("body", "text", { rows: 6, wide: true, placeholder: t("activity.body") }), RECORDS(),
  ],
};

const addressChips = (addresses = []) => addresses.map((email) => (typeof email === "string" ? { email } : email));

/**
 * The values of a form: of an activity that is there, or the defaults of a new one.
 * @param {any} activity @param {number} [now]
 */
export function activityValues(activity, now = Date.now()) {
  const { email } = activity;
  if (activity.id) {
    const mail = email && { from: email.from, to: addressChips(email.to), cc: addressChips(email.cc), bcc: addressChips(email.bcc), body: email.body };
    return { ...activity, when: [activity.start, activity.end], ...mail };
  }
  const start = activity.type === "task" ? null : nextHour(now);
  return {
    responsible: session.me, priority: "normal", direction: "out", deadline: defaultDeadline(now), start,
    when: [start, start && start + HOUR], from: session.me.email, ...activity,
  };
}

/**
 * What is sent for a form's values. `responsible` and the others are ids already.
 * @param {string} type @param {Record<string, any>} values
 */
export function activityBody(type, values) {
  const { when, from, to, cc, bcc, body, ...rest } = values;
  if (when) [rest.start, rest.end] = when;
  if (type === "email") rest.email = { from, to, cc, bcc, body };
  return { type, ...rest };
}
