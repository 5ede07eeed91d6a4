// <c-record-head>: where a record stands: its kind, title, stages, amount, who is responsible, and Follow.
import { h, icon, replace } from "../dom.js";
import { date, money } from "../format.js";
import { t } from "../i18n.js";
import { session } from "../session.js";
import { avatar } from "./avatar.js";
import "./follow-button.js";
import { fieldForm } from "./record-facts.js";
import { LISTS, RECORD_FIELDS } from "./record-fields.js";
import "./stage-bar.js";

export class RecordHead extends HTMLElement {
  /** @type {any} */ #record = null;
  #editing = "";

  /** @param {any} record whole */
  show(record) {
    this.#record = record;
    if (!this.#editing) this.#render();
    else this.#bar?.show(record, this.#may);
  }

  get #may() {
    return this.#record.may?.includes("update");
  }

  get #bar() {
    return /** @type {import("./stage-bar.js").StageBar|null} */ (this.querySelector("c-stage-bar"));
  }

  #render() {
    const record = this.#record;
    const { kind } = record;
    const staged = session.portal.stages.some((stage) => stage.kind === kind);
    const pipeline = session.portal.pipelines.find((one) => one.pipeline === record.pipeline)?.name;
    const follow = h("c-follow-button", null);
    const bar = staged && h("c-stage-bar", null);
    replace(this, h("header", { class: "record" }, h("div", { class: "stack" },
      h("div", { class: "record__top" },
        h("div", { class: "record__name" },
          h("p", { class: "mid fine faint" }, h("a", { href: `/${LISTS[kind]}` }, t(`list.${LISTS[kind]}`)), (pipeline || record.number) && [icon("right", "s"), h("span", {}, pipeline ?? record.number)]),
          h("div", { class: "mid", "data-field": "title" }, h("h1", {}, record.title), this.#edit("title"))),
        h("div", { class: "cluster" }, follow)),
      bar, h("dl", { class: "record__facts cluster" }, this.#facts()))));
    follow.show(record);
    if (bar) bar.show(record, this.#may);
  }

  #facts() {
    const { kind, amount, currency, probability, close_date: closes, responsible } = this.#record;
    const staged = !["contact", "company"].includes(kind);
    return [
      staged && this.#fact("amount", "record.amount", h("dd", { class: "record__amount num mid" }, amount === null ? "–" : money(amount, currency)), true),
      kind === "deal" && probability !== null && this.#fact("probability", "record.probability", h("dd", { class: "num mid" }, `${probability}%`)),
      closes && this.#fact("close_date", "record.closes", h("dd", { class: "num mid" }, date(Date.parse(`${closes}T12:00Z`)))),
      this.#fact("responsible", "record.responsible", h("dd", { class: "mid" }, responsible ? [avatar(responsible, "s"), responsible.name] : "–")),
    ];
  }

  #fact(name, key, content, hidden = false) {
    const edit = this.#edit(name);
    if (edit) content.append(edit);
    return h("div", { class: "mid", "data-field": name }, h("dt", { class: hidden ? "visually-hidden" : null }, t(key)), content);
  }

  #edit(name) {
    if (!this.#may) return null;
    const label = t("record.edit_field", { field: t(name === "title" ? "record.title" : `record.${name}`) });
    return h("button", { class: "icon-button icon-button--small facts__edit", type: "button", "aria-label": label, title: label, onclick: () => this.#open(name) }, icon("edit", "s"));
  }

  #open(name) {
    if (this.#editing) return;
    const field = RECORD_FIELDS[this.#record.kind]().find((one) => one.name === name);
    const place = this.querySelector(`[data-field="${name}"]`);
    if (!field || !place) return;
    this.#editing = name;
    const leave = () => {
      this.#editing = "";
      this.#render();
      /** @type {HTMLElement|null} */ (this.querySelector(`[data-field="${name}"] .facts__edit`))?.focus();
    };
    const save = (changes, form) => this.dispatchEvent(new CustomEvent("change-record", { bubbles: true, detail: { changes, form, done: leave } }));
    fieldForm(place, field, this.#record, { save, leave });
  }
}

customElements.define("c-record-head", RecordHead);
