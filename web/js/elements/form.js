// A form made of fields: labels, editors, hints, and errors said at the field they belong to.
import { h, icon, replace } from "../dom.js";
import { errorText } from "../errors.js";
import { editor } from "./editors.js";

/** @typedef {import("./editors.js").Field} Field */
/** @typedef {import("../errors.js").FieldError} FieldError */

let count = 0;

/**
 * What a form changed, by field name: only that is sent, so that nobody's other change is undone.
 * @param {Record<string, unknown>} before @param {Record<string, unknown>} after
 */
export function changes(before, after) {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])));
}

export class Form {
  /** @type {Map<string, {field: Field, editor: import("./editors.js").Editor, box: HTMLElement, error: HTMLElement}>} */
  #fields = new Map();

  /** @param {Field[]} fields @param {Record<string, unknown>} values */
  constructor(fields, values) {
    this.id = `form-${++count}`;
    this.nodes = fields.map((field) => this.#row(field, values[field.name]));
    this.problem = h("p", { class: "field__error mid fine", role: "alert", "data-tone": "attention", hidden: true });
    this.nodes.push(this.problem);
  }

  /** Every value by field name, as the API takes it. */
  read() {
    return Object.fromEntries([...this.#fields].map(([name, { editor }]) => [name, editor.read()]));
  }

  /** The editor of one field. @param {string} name */
  editor(name) {
    return this.#fields.get(name)?.editor;
  }

  /** Shows or hides a field. @param {string} name @param {boolean} shown */
  show(name, shown) {
    const box = this.#fields.get(name)?.box;
    if (box) box.hidden = !shown;
  }

  focus() {
    const [first] = this.#fields.values();
    this.#focus(first);
  }

  /** Says each error at its field, the others below, and goes to the first. @param {FieldError[]} errors */
  fail(errors) {
    this.clear();
    const loose = errors.filter((error) => !this.#say(error));
    this.problem.hidden = loose.length === 0;
    replace(this.problem, icon("alert", "s"), loose.map(errorText).join(" "));
    const first = errors.map((error) => this.#of(error)).find(Boolean);
    if (first) this.#focus(first);
  }

  /** The fields that must be filled and are not, as errors. */
  missing() {
    const empty = (value) => value === null || value === "" || (Array.isArray(value) && value.filter((one) => one !== null).length === 0);
    return [...this.#fields.values()].filter(({ field, editor }) => field.required && empty(editor.read())).map(({ field }) => ({ field: field.name, code: "required" }));
  }

  clear() {
    for (const { box, error } of this.#fields.values()) {
      error.hidden = true;
      box.querySelectorAll("[aria-invalid]").forEach((node) => node.removeAttribute("aria-invalid"));
    }
    this.problem.hidden = true;
  }

  #of({ field = "" }) {
    return this.#fields.get(field) ?? this.#fields.get(field.split(/[.[]/)[0]);
  }

  #say(error) {
    const found = this.#of(error);
    if (!found) return false;
    replace(found.error, icon("alert", "s"), errorText(error));
    found.error.hidden = false;
    for (const control of found.box.querySelectorAll("input, select, textarea")) {
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", found.error.id);
    }
    return true;
  }

  #focus(found) {
    if (found?.editor.focus) found.editor.focus();
    else (found?.box.querySelector("input:checked") ?? found?.box.querySelector("input, select, textarea, button"))?.focus();
  }

  #row(field, value) {
    const id = `${this.id}-${field.name}`;
    const made = editor(field, value, id);
    const error = h("p", { class: "field__error mid fine", id: `${id}-error`, "data-tone": "attention", hidden: true });
    const grouped = ["segments", "flag", "checklist"].includes(field.type);
    const label = h(grouped ? "span" : "label", { class: field.wide ? "visually-hidden" : "field__label", for: grouped ? null : id }, field.type === "flag" ? "" : field.label);
    const box = h("div", { class: field.wide ? "field field--stacked" : "field" }, label, h("div", {}, made.node), field.hint && h("small", {}, field.hint(this)), error);
    this.#fields.set(field.name, { field, editor: made, box, error });
    return box;
  }
}
