/** <c-stream-filters>: scope, kind, author, date, kind of record and text. Says "filter" with the new choice; keeps none itself. */

import { h, icon, replace } from "../dom.js";
import { date, dayStart } from "../format.js";
import { ACTIVITIES, cleared, readFilter } from "../filter.js";
import { t } from "../i18n.js";
import { person } from "../session.js";

/** @typedef {import("../filter.js").Choice} Choice */

/** A pause in typing, ms. */
const TYPING = 300;
let count = 0;

class StreamFilters extends HTMLElement {
  /** @type {Choice} */ #choice = readFilter(new URLSearchParams());
  #timer = 0;
  #built = false;
  #prefix = `filters-${++count}`;

  /** @param {Choice} choice */
  set choice(choice) {
    this.#choice = choice;
    if (this.isConnected) this.#render();
  }

  get choice() {
    return this.#choice;
  }

  connectedCallback() {
    this.#render();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  /** @param {Partial<Choice>} change */
  #set(change) {
    this.choice = { ...this.#choice, ...change };
    this.dispatchEvent(new CustomEvent("filter", { bubbles: true, detail: this.#choice }));
  }

  #build() {
    this.#built = true;
    this.scope = h("fieldset", { class: "segmented" });
    this.kinds = h("fieldset", { class: "segmented" });
    this.types = h("fieldset", { class: "segmented" });
    this.authors = this.#menu("authors", (panel, { fillAuthors }) => fillAuthors(panel, this.#choice, (change) => this.#set(change)));
    this.dates = this.#menu("date", (panel, { fillDates }) => fillDates(panel, this.#choice, (change) => this.#set(change)));
    this.records = this.#menu("recordKinds", (panel, { fillRecordKinds }) => fillRecordKinds(panel, this.#choice, (change) => this.#set(change)));
    this.text = h("input", { type: "search", name: "q", placeholder: t("filter.find"), "aria-label": t("filter.find"), oninput: () => {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#set({ q: this.text?.value.trim() }), TYPING);
    } });
    const opener = this.hasAttribute("sheet") ? h("button", { type: "button", class: "button sheet-opener", popovertarget: this.getAttribute("sheet") }, icon("clock"), t("stream.my_day")) : null;
    this.form = h("form", { class: "filters", "aria-label": t("filter.label"), onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
      opener, this.scope, this.kinds, this.authors.button, this.dates.button, this.records.button, this.types,
      h("label", { class: "searchbox" }, icon("search"), this.text));
    this.append(this.form, this.authors.panel, this.dates.panel, this.records.panel);
  }

  #render() {
    if (!this.#built) this.#build();
    const { scope, kinds, q } = this.#choice;
    const family = !kinds.length ? "" : kinds.every((kind) => kind === "activity" || ACTIVITIES.includes(kind)) ? "activity" : kinds.length === 1 ? kinds[0] : "mixed";
    this.#radios(/** @type {HTMLElement} */ (this.scope), "scope", t("filter.scope"), scope, { mine: t("filter.mine"), all: t("filter.all") }, (value) => this.#set({ scope: /** @type {any} */ (value) }));
    this.#radios(/** @type {HTMLElement} */ (this.kinds), "kind", t("filter.kind"), family, { "": t("filter.everything"), message: t("filter.messages"), activity: t("filter.activities"), change: t("filter.changes") },
      (value) => this.#set({ kinds: value ? [value] : [] }));
    /** @type {HTMLElement} */ (this.types).hidden = family !== "activity";
    this.#checks(/** @type {HTMLElement} */ (this.types));
    this.#renderMenus();
    if (this.text && document.activeElement !== this.text) this.text.value = q;
  }

  /** @param {HTMLElement} box @param {string} name @param {string} legend @param {string} chosen @param {Record<string, string>} options @param {(value: string) => void} choose */
  #radios(box, name, legend, chosen, options, choose) {
    if (!box.childElementCount) {
      replace(box, h("legend", { class: "visually-hidden" }, legend), Object.entries(options).map(([value, label]) =>
        h("label", null, h("input", { type: "radio", name: `${this.#prefix}-${name}`, value, onchange: () => choose(value) }), label)));
    }
    for (const input of box.querySelectorAll("input")) input.checked = input.value === chosen;
  }

  /** @param {HTMLElement} box */
  #checks(box) {
    const { kinds } = this.#choice;
    if (!box.childElementCount) {
      const change = () => {
        const chosen = [...box.querySelectorAll("input:checked")].map((input) => /** @type {HTMLInputElement} */ (input).value);
        this.#set({ kinds: chosen.length ? chosen : ["activity"] });
      };
      replace(box, h("legend", { class: "visually-hidden" }, t("filter.activities")), ACTIVITIES.map((type) => h("label", null, h("input", { type: "checkbox", value: type, onchange: change }), t(`filter.${type}`))));
    }
    for (const input of box.querySelectorAll("input")) input.checked = kinds.includes(input.value);
  }

  /**
   * A button with its panel, which the top layer keeps clear of the row's own scrolling. What is in it comes when it is opened.
   * @param {string} name @param {(panel: HTMLElement, panels: typeof import("./filter-panels.js")) => void} fill
   */
  #menu(name, fill) {
    const id = `${this.#prefix}-${name}`;
    const opener = h("button", { type: "button", class: "button", popovertarget: id });
    const panel = h("div", { class: "menu__panel filters__panel", id, popover: "auto", ontoggle: async (/** @type {ToggleEvent} */ event) => {
      if (event.newState !== "open") return;
      fill(panel, await import("./filter-panels.js"));
      const box = opener.getBoundingClientRect();
      panel.style.setProperty("top", `${box.bottom + 4}px`);
      panel.style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - panel.offsetWidth - 8))}px`);
      /** @type {HTMLElement | null} */ (panel.querySelector("input:checked, input"))?.focus();
    } });
    return { button: opener, panel };
  }

  #renderMenus() {
    const { authors, date: preset, from, to, recordKinds } = this.#choice;
    const names = authors.map((id) => person(id)?.name ?? t("person.unknown"));
    const range = preset ? t(`filter.date.${preset}`) : from || to ? `${from ? date(dayStart(from)) : "…"} – ${to ? date(dayStart(to)) : "…"}` : "";
    this.#label(this.authors, names.length > 1 ? t("filter.people", { count: names.length }) : names[0], "filter.anyone");
    this.#label(this.dates, range, "filter.any_date");
    this.#label(this.records, recordKinds.map((kind) => t(`kinds.${kind}`)).join(", "), "filter.any_record");
  }

  /** @param {{button: HTMLElement} | undefined} menu @param {string | undefined} chosen @param {string} none */
  #label(menu, chosen, none) {
    const opener = /** @type {HTMLElement} */ (menu?.button);
    replace(opener, h("span", { class: "truncate" }, chosen || t(none)), icon("down", "s"));
    opener.toggleAttribute("data-set", Boolean(chosen));
  }

  /** Everything again. */
  clear() {
    this.#set(cleared(this.#choice));
    if (this.text) this.text.value = "";
  }
}

customElements.define("c-stream-filters", StreamFilters);
