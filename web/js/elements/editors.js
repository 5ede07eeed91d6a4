// One editor per type of field. An editor is a node and a `read` that gives the value as the API takes it.
// Adding a type of field is one entry here.
import { h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { session } from "../session.js";
import "./chip-picker.js";
import { dateValue, instant, timeValue } from "./moments.js";

/**
 * @typedef {{name: string, type: string, label: string, required?: boolean, choices?: [string, string][], kind?: string, max?: number,
 *   hint?: () => Node|string, rows?: number, placeholder?: string, wide?: boolean}} Field
 * @typedef {{node: HTMLElement, read: () => any, focus?: () => void, set?: (value: any) => void}} Editor
 */

const blank = (value) => (value === "" ? null : value);

/** @param {Record<string, unknown>} attributes */
const input = (id, attributes, value) => {
  const node = h("input", { class: "input", id, autocomplete: "off", ...attributes });
  node.value = value ?? "";
  return node;
};

const plain = (attributes, read = (value) => value) => (field, value, id) => {
  const node = input(id, { ...attributes, required: field.required, placeholder: field.placeholder }, value);
  return { node, read: () => read(node.value.trim()) };
};

const area = (field, value, id) => {
  const node = h("textarea", { class: "input", id, rows: field.rows ?? 3, placeholder: field.placeholder });
  node.value = value ?? "";
  return { node, read: () => node.value.trim() };
};

const select = (field, value, id) => {
  const node = h("select", { class: "input", id }, ...field.choices.map(([choice, word]) => h("option", { value: choice }, word)));
  node.value = String(value ?? "");
  return { node, read: () => blank(node.value) };
};

/** A choice among numbers: minutes, ids. */
const numeric = (field, value, id) => {
  const { node, read } = select(field, value, id);
  return { node, read: () => (read() === null ? null : Number(read())) };
};

const segments = (field, value, id) => {
  const radio = ([choice, word]) => h("label", {}, h("input", { type: "radio", name: id, value: choice, checked: choice === value }), word);
  const node = h("fieldset", { class: "segmented", id }, h("legend", { class: "visually-hidden" }, field.label), ...field.choices.map(radio));
  return { node, read: () => /** @type {HTMLInputElement|null} */ (node.querySelector("input:checked"))?.value ?? null };
};

const flag = (field, value, id) => {
  const box = h("input", { type: "checkbox", id, checked: Boolean(value) });
  return { node: h("label", { class: "check mid" }, box, field.label), read: () => box.checked };
};

/** Chips: `to` turns the chosen items into what the API wants; a field for one gives it alone, unless it is `always` a list. */
const chips = (purpose, to, always = false) => (field, value, id) => {
  const picker = h("c-chip-picker", {
    class: "input input--chips", purpose, "for-id": id, label: field.label, kind: field.kind, max: field.max,
  });
  picker.items = Array.isArray(value) ? value : [value];
  return { node: picker, read: () => (field.max === 1 && !always ? to(picker.items[0]) ?? null : picker.items.map(to).filter((value) => value != null)), focus: () => picker.focus() };
};

const dateTime = (field, value, id) => {
  const date = input(id, { type: "date", "aria-label": t("field.date"), required: field.required }, dateValue(value));
  const time = input(`${id}-time`, { type: "time", "aria-label": t("field.time") }, timeValue(value));
  const set = (at) => {
    date.value = dateValue(at);
    time.value = timeValue(at);
  };
  return { node: h("div", { class: "inputs cluster" }, date, time), read: () => instant(date.value, time.value), set };
};

/** A start and an end on the same day, or over midnight when the end is the earlier time. */
const span = (field, value, id) => {
  const [start, end] = value ?? [null, null];
  const date = input(id, { type: "date", "aria-label": t("field.date"), required: true }, dateValue(start));
  const from = input(`${id}-from`, { type: "time", "aria-label": t("field.starts"), required: true }, timeValue(start));
  const to = input(`${id}-to`, { type: "time", "aria-label": t("field.ends") }, timeValue(end));
  const DAY = 86_400_000; // ms
  const read = () => {
    const begins = instant(date.value, from.value);
    const ends = to.value ? instant(date.value, to.value) : null;
    return [begins, begins !== null && ends !== null && ends < begins ? ends + DAY : ends];
  };
  return { node: h("div", { class: "inputs cluster" }, date, from, h("span", { class: "soft" }, t("field.until")), to), read };
};

/** Phones or addresses, separated by commas; a label is kept with its value. */
const points = (field, value, id) => {
  const known = new Map((value ?? []).map((point) => [point.value, point.label]));
  const node = input(id, { type: "text", inputmode: field.name === "emails" ? "email" : "tel" }, [...known.keys()].join(", "));
  const read = () => node.value.split(/[,;]/).map((part) => part.trim()).filter(Boolean).map((part) => ({ label: known.get(part) ?? "work", value: part }));
  return { node, read };
};

const checklist = (field, value) => {
  const rows = h("div", { class: "stack-s" });
  /** @type {Map<Element, {box: HTMLInputElement, text: HTMLInputElement}>} */
  const steps = new Map();
  const add = (item = { text: "", done: false }) => {
    const box = h("input", { type: "checkbox", checked: item.done, "aria-label": t("field.done") });
    const text = input(null, { type: "text", "aria-label": t("field.step") }, item.text);
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && (event.key !== "Backspace" || text.value)) return;
      event.preventDefault();
      if (event.key === "Enter") return add().focus();
      steps.get(row.previousElementSibling ?? row)?.text.focus();
      row.remove();
    });
    const row = h("div", { class: "mid" }, box, text);
    steps.set(row, { box, text });
    rows.append(row);
    return text;
  };
  for (const item of value ?? []) add(item);
  const more = h("button", { class: "button button--quiet button--small", type: "button", onclick: () => add().focus() }, icon("plus"), t("field.add_step"));
  const read = () => [...rows.children].flatMap((row) => steps.get(row) ?? []).map(({ box, text }) => ({ text: text.value.trim(), done: box.checked })).filter((step) => step.text);
  return { node: h("div", { class: "stack-s" }, rows, h("div", {}, more)), read };
};

/** `186.400,50` and `186,400.50` are the same amount: one or two digits behind the last sign are its cents. */
function amount(text) {
  const [, whole, cents] = /^(.*?)(?:[.,](\d{1,2}))?$/.exec(text.replace(/\s/g, "")) ?? [];
  return blank(whole.replace(/[.,](?=\d{3})/g, "") + (cents ? `.${cents}` : ""));
}

const number = (value) => (value === "" ? null : Number(value));

/** @type {Record<string, (field: Field, value: any, id: string) => Editor>} */
const EDITORS = {
  line: plain({ type: "text", maxlength: 255 }),
  phone: plain({ type: "tel", maxlength: 64 }),
  text: area,
  money: plain({ type: "text", inputmode: "decimal" }, amount),
  number: plain({ type: "number", min: 0, step: 1 }, number),
  percent: plain({ type: "number", min: 0, max: 100, step: 1 }, number),
  date: plain({ type: "date" }, blank),
  moment: dateTime,
  span,
  select,
  segments,
  numeric,
  flag,
  points,
  checklist,
  users: chips("user", (item) => item?.user),
  records: chips("about", (item) => item?.record),
  parties: chips("party", (item) => (item.user ? { user: item.user } : item.record ? { record: item.record } : null), true),
  addresses: chips("address", (item) => item?.email),
};

/** The editor of a field, filled with a value of the wire. @param {Field} field @param {unknown} value @param {string} id */
export const editor = (field, value, id) => EDITORS[field.type](field, value, id);

/** Stages of a kind as choices. @param {string} kind @returns {[string, string][]} */
export const stageChoices = (kind) => session.portal.stages.filter((stage) => stage.kind === kind).map((stage) => [String(stage.stage), stage.name]);

/** Sources of the portal as choices. @returns {[string, string][]} */
export const sourceChoices = () => [["", "–"], ...session.portal.sources.map(({ source, name }) => /** @type {[string, string]} */ ([source, name]))];
