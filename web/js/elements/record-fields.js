// The fields of the five kinds of record as a person fills them in (PRODUCT §3), for new records, editing and the facts.
// `main` fields stand in the window of a new record. Adding a field is one entry here and its texts.
import { t } from "../i18n.js";
import { session } from "../session.js";
import { sourceChoices, stageChoices } from "./editors.js";

/** Kinds and where they are listed. @type {Record<string, string>} */
export const LISTS = { lead: "leads", deal: "deals", contact: "contacts", company: "companies", quote: "quotes" };

/** @typedef {import("./editors.js").Field & {main?: boolean, link?: boolean}} RecordField */

/** @returns {RecordField} */
const field = (name, type, more = {}) => ({ name, type, label: t(`record.${name}`), ...more });
const main = { main: true };
const types = (...names) => [["", "–"], ...names.map((name) => [name, t(`record.type.${name}`)])];

const title = (label = "record.title") => field("title", "line", { required: true, main: true, label: t(label) });
const stage = (kind) => field("stage", "numeric", { main: true, choices: stageChoices(kind) });
const amount = () => [field("amount", "money", main), field("currency", "select", { main: true, choices: currencies() })];
const points = () => [field("phones", "points", main), field("emails", "points", main)];
const link = (name, kind) => field(name, "records", { link: true, kind, max: 1, main: true });
const links = (name, kind) => field(name, "records", { link: true, kind, main: true });
const last = () => [
  field("responsible", "users", { required: true, max: 1, main: true }), field("source", "select", { choices: sourceChoices() }),
  field("opened", "flag"), field("comments", "text", { rows: 3 }),
];

const person = () => [field("first_name", "line", main), field("last_name", "line", main), field("job_title", "line")];

/** Euro, dollar and what the portal counts in; other currencies come with records that have them. */
function currencies() {
  return [...new Set([session.portal.currency, "EUR", "USD", "GBP", "MXN", "CLP", "COP", "ARS", "PEN"])].map((code) => [code, code]);
}

/** @type {Record<string, () => RecordField[]>} */
export const RECORD_FIELDS = {
  lead: () => [title(), ...person(), field("company_title", "line", main), ...points(), ...amount(), stage("lead"), ...last()],
  deal: () => [
    title(), link("company", "company"), links("contacts", "contact"), ...amount(), stage("deal"), field("probability", "percent"),
    field("begin_date", "date"), field("close_date", "date", main), link("lead", "lead"), ...last(),
  ],
  contact: () => [
    title("record.name"), ...person(), links("companies", "company"), ...points(),
    field("type", "select", { choices: types("client", "supplier", "partner", "other") }), field("birthday", "date"), ...last(),
  ],
  company: () => [
    title("record.name"), field("type", "select", { main: true, choices: types("client", "supplier", "competitor", "partner", "other") }),
    field("industry", "line", main), ...points(), field("web", "line", main), field("employees", "number"), field("revenue", "money"),
    field("currency", "select", { choices: currencies() }), field("my_company", "flag"), ...last(),
  ],
  quote: () => [
    title(), link("company", "company"), links("contacts", "contact"), link("deal", "deal"), ...amount(), field("tax", "money"), stage("quote"),
    field("issue_date", "date", main), field("close_date", "date", main), link("lead", "lead"), field("terms", "text", { rows: 3 }), ...last(),
  ],
};

/** What a record holds in a field, as an editor takes it. @param {any} record @param {RecordField} field */
export function fieldValue(record, field) {
  if (field.link) return record.links?.[field.name] ?? null;
  const value = record[field.name] ?? null;
  return field.name === "stage" ? (value?.stage ?? null) : value;
}
