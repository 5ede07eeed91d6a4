// <c-composer>: a message inline, the other activities in their windows. It stands over the stream, and over a record's
// own stream with that record preset (`about`). This is what is seen of it; what it does comes with the desk, once the
// first entries are painted, or earlier when somebody begins to write.
import { h, icon, iconButton } from "../dom.js";
import { ACTIVITIES } from "../filter.js";
import { t } from "../i18n.js";
import { pictured } from "../later.js";
import { openWindow } from "../windows.js";
import { problem } from "./toasts.js";

let count = 0;

export class Composer extends HTMLElement {
  /** The record this composer stands on: always part of About. Set it before it stands in a page. @type {import("./chip.js").Item|null} */ about = null;
  /** Apart from `id`, because a class may make no attributes before it stands in a page. */
  name = `composer-${++count}`;
  toField = this.#picker("to");
  aboutField = this.#picker("about");
  text = h("textarea", { class: "composer__text", name: "text", "aria-label": t("composer.new"), placeholder: t("composer.placeholder"), rows: 3 });
  problem = h("p", { class: "composer__audience tone mid fine", role: "alert", "data-tone": "attention", hidden: true });
  audience = h("div", { role: "status" }, h("p", { class: "composer__audience mid fine soft" }, icon("eye"), t("composer.nobody")));
  form = h("form", { class: "composer panel", "data-fold": true, "aria-label": t("composer.new"), novalidate: true },
    this.#quick(), this.#row("to", this.toField), this.#row("about", this.aboutField), this.text, this.#foot(), this.problem, this.audience);
  /** @type {Promise<import("./composer-desk.js").ComposerDesk>|null} */ #desk = null;

  connectedCallback() {
    if (this.form.isConnected) return;
    this.append(this.form);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask((desk) => desk.post());
    });
    this.form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    this.form.addEventListener("focusin", () => this.#ask(), { once: true });
    if (this.about) this.#ask(); // its chip stands there from the start
    else pictured.then(() => {
      if (this.isConnected) this.#ask();
    });
  }

  disconnectedCallback() {
    this.#desk?.then((desk) => desk.leave());
  }

  focus() {
    this.text.focus();
  }

  /** Has the desk do something, as soon as it is there. @param {(desk: import("./composer-desk.js").ComposerDesk) => void} [act] */
  async #ask(act) {
    this.#desk ??= import("./composer-desk.js").then(({ ComposerDesk }) => new ComposerDesk(this));
    try {
      const desk = await this.#desk;
      act?.(desk);
    } catch (error) {
      this.#desk = null; // not reached: the next act tries again, and what is written stays
      if (act) problem(error);
    }
  }

  /** A field of chips before it is one: an input to write in. */
  #picker(purpose) {
    const [id, label] = [`${this.name}-${purpose}`, t(`composer.${purpose}`)];
    return h("c-chip-picker", { class: "composer__chips cluster", purpose, label }, h("input", { type: "text", id, "aria-label": label, autocomplete: "off", spellcheck: "false" }));
  }

  #row(name, picker) {
    return h("div", { class: "composer__row" }, h("label", { class: "faint", for: `${this.name}-${name}` }, t(`composer.${name}`)), picker);
  }

  #quick() {
    const item = (type, props) => h("button", { class: "button button--quiet quick__item", type: "button", ...props }, icon(type), t(`composer.${type}`));
    const open = (type) => () => openWindow("activity", { type, records: this.about ? [this.about] : (this.aboutField.items ?? []) });
    return h("div", { class: "quick", role: "group", "aria-label": t("composer.quick") },
      item("message", { "aria-pressed": "true", onclick: () => this.focus() }), ACTIVITIES.map((type) => item(type, { "aria-haspopup": "dialog", onclick: open(type) })));
  }

  #foot() {
    const tool = (name, key, act) => iconButton(name, t(key), { class: "icon-button", onclick: () => this.#ask(act) });
    return h("div", { class: "composer__foot cluster" },
      tool("link", "composer.add_link", (desk) => desk.addLink()),
      tool("mention", "composer.mention", (desk) => desk.mentions.start("@")),
      h("span", { class: "push" }),
      h("button", { class: "button button--primary", type: "submit", title: "Ctrl+Enter" }, icon("send"), t("composer.post")));
  }
}

customElements.define("c-composer", Composer);
