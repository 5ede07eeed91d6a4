// <c-record-facts>: what is known about a record, field by field. Who may, edits in place: press a value, Enter saves,
// Esc leaves it. Empty fields stay out of sight until the whole record is edited.
import { h, icon, replace } from "../dom.js";
import { has, t } from "../i18n.js";
import { date, money, number, stamp } from "../format.js";
import { session } from "../session.js";
import { openWindow } from "../windows.js";
import { chip } from "./chip.js";
import { Form } from "./form.js";
import { RECORD_FIELDS, fieldValue } from "./record-fields.js";

const IN_HEAD = ["title", "stage", "responsible", "amount", "currency", "probability", "close_date"];
const day = (text) => date(Date.parse(`${text}T12:00Z`));
const point = (scheme) => (record, points) => points.map(({ value }) => h("a", { class: "link", href: `${scheme}:${value}` }, value));

/** How some fields are shown; the others are their text. @type {Record<string, (record: any, value: any) => any>} */
const SHOWN = {
  phones: point("tel"),
  emails: point("mailto"),
  web: (record, value) => (/^https?:\/\//.test(value) ? h("a", { class: "link", href: value, rel: "noreferrer", target: "_blank" }, value) : value),
  revenue: (record, value) => money(value, record.currency),
  tax: (record, value) => money(value, record.currency),
  employees: (record, value) => number(value),
  begin_date: (record, value) => day(value),
  issue_date: (record, value) => day(value),
  close_date: (record, value) => day(value),
  birthday: (record, value) => day(value),
  source: (record, value) => session.portal.sources.find(({ source }) => source === value)?.name ?? value,
  type: (record, value) => (has(`record.type.${value}`) ? t(`record.type.${value}`) : value),
  opened: () => t("record.yes"),
  my_company: () => t("record.yes"),
};

export class RecordFacts extends HTMLElement {
  #editing = "";
  /** @type {any} */ #record = null;
  /** @type {any[]} */ #followers = [];

  /** @param {any} record whole @param {any[]} [followers] */
  show(record, followers = this.#followers) {
    this.#record = record;
    this.#followers = followers;
    if (!this.#editing) this.#render();
  }

  /** What is being edited ends: saved, left, or taken away. */
  end() {
    this.#editing = "";
    this.#render();
  }

  get #may() {
    return this.#record.may?.includes("update");
  }

  #render() {
    const { kind } = this.#record;
    const edit = this.#may && h("button", { class: "button button--quiet button--small push", type: "button", onclick: () => openWindow("record", { kind, record: this.#record }) }, icon("edit"), t("record.edit"));
    const rows = RECORD_FIELDS[kind]().filter(({ name }) => kind === "contact" || kind === "company" ? !["title", "responsible", "currency"].includes(name) : !IN_HEAD.includes(name));
    replace(this, h("section", { class: "block" },
      h("div", { class: "block__head mid" }, h("h2", {}, t(`record.about_${kind}`)), edit),
      h("dl", { class: "facts" }, rows.map((field) => this.#row(field)), this.#products(), this.#people(), this.#created())));
  }

  #row(field) {
    const value = fieldValue(this.#record, field);
    if (value === null || value === "" || value === false || (Array.isArray(value) && !value.length)) return null;
    const shown = field.link ? [value].flat().map((ref) => chip(ref)) : (SHOWN[field.name]?.(this.#record, value) ?? String(value));
    const edit = this.#may && h("button", { class: "icon-button icon-button--small facts__edit push", type: "button", "aria-label": t("record.edit_field", { field: field.label }), title: t("record.edit_field", { field: field.label }), onclick: () => this.edit(field.name) }, icon("edit", "s"));
    return h("div", { class: "facts__row", "data-field": field.name }, h("dt", {}, field.label), h("dd", { class: "cluster" }, shown, edit));
  }

  /** Opens one field for editing. @param {string} name */
  edit(name) {
    const field = RECORD_FIELDS[this.#record.kind]().find((one) => one.name === name);
    const row = this.querySelector(`[data-field="${name}"]`);
    if (!field || !row) return;
    this.#editing = name;
    fieldForm(row, field, this.#record, {
      save: (changes, form) => this.dispatchEvent(new CustomEvent("change-record", { bubbles: true, detail: { changes, form, done: () => this.end() } })),
      leave: () => {
        this.end();
        /** @type {HTMLElement|null} */ (this.querySelector(`[data-field="${name}"] .facts__edit`))?.focus();
      },
    });
  }

  #products() {
    const products = this.#record.products ?? [];
    return products.length > 0 && fact("record.products", h("ul", {}, products.map(({ quantity, name }) => h("li", {}, `${number(Number(quantity))} × ${name}`))));
  }

  #people() {
    const names = this.#followers.map(({ name }) => name);
    return names.length > 0 && fact("record.followers", names.slice(0, 5).map((name, index) => (index ? `, ${name}` : name)).join("") + (names.length > 5 ? ` ${t("record.more_followers", { count: names.length - 5 })}` : ""));
  }

  #created() {
    const { created_at: at, created_by: by, changed_at: changed } = this.#record;
    return [by && fact("record.created", t("record.created_by", { date: date(at), name: by.name })), changed && fact("record.changed", stamp(changed))];
  }
}

const fact = (key, content) => h("div", {}, h("dt", {}, t(key)), h("dd", { class: "cluster" }, content));

/**
 * A field as a small form in place of what stood there: Enter saves, Esc leaves.
 * @param {Element} place @param {import("./record-fields.js").RecordField} field @param {any} record
 * @param {{save: (changes: object, form: Form) => void, leave: () => void}} how
 */
export function fieldForm(place, field, record, { save, leave }) {
  const form = new Form([field], { [field.name]: fieldValue(record, field) });
  const node = h("form", {
    class: "facts__form stack-s", novalidate: true,
    onsubmit: (event) => {
      event.preventDefault();
      const missing = form.missing();
      if (missing.length) form.fail(missing);
      else save(form.read(), form);
    },
    onkeydown: (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      leave();
    },
  }, form.nodes, h("div", { class: "cluster" },
    h("button", { class: "button button--primary button--small", type: "submit" }, t("activity.save")),
    h("button", { class: "button button--quiet button--small", type: "button", onclick: leave }, t("activity.cancel"))));
  // A list of facts holds terms and what they say, nothing else
  if (place.matches("dl > div")) replace(place, h("dt", { class: "visually-hidden" }, field.label), h("dd", {}, node));
  else {
    // A page keeps its heading while it is being changed
    const heading = place.querySelector("h1");
    heading?.classList.add("visually-hidden");
    replace(place, heading, node);
  }
  form.focus();
}

customElements.define("c-record-facts", RecordFacts);
