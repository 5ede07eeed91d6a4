// The list under a field that completes what is typed: a combobox with a listbox (ARIA APG). It knows no chips and no
// mentions: whoever makes it says what to ask for and what choosing does.
import { h, replace } from "../dom.js";

const PAUSE = 120; // ms; shorter than a pause in typing, long enough to skip most letters
let count = 0;

/** @template T */
export class Suggestions {
  #timer = 0;
  #asked = 0;
  /** @type {T[]} */ #items = [];
  #active = -1;

  /**
   * @param {HTMLInputElement|HTMLTextAreaElement} field
   * @param {{query: () => string|null, ask: (q: string) => Promise<T[]>, choose: (item: T) => void, line: (item: T) => Node[], label: string}} how
   *   `query` gives what to complete, or null for nothing
   */
  constructor(field, how) {
    this.field = field;
    this.how = how;
    this.list = h("ul", { class: "suggest", role: "listbox", id: `suggest-${++count}`, popover: "manual", "aria-label": how.label });
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.list.id);
    // Only a combobox may say that it is open; a text of many lines is none
    if (field.tagName === "INPUT") field.setAttribute("role", "combobox");
    this.#expanded(false);
    field.addEventListener("input", () => this.refresh());
    field.addEventListener("click", () => this.refresh());
    field.addEventListener("blur", () => this.close());
    field.addEventListener("keydown", (event) => this.#key(event));
    field.after(this.list);
    // Somebody may have begun to write before this came
    if (document.activeElement === field) this.refresh();
  }

  get open() {
    return this.#items.length > 0;
  }

  /** Asks again for what the field holds now; the latest question wins. */
  refresh() {
    clearTimeout(this.#timer);
    const query = this.how.query();
    const mine = ++this.#asked;
    if (query === null) return this.close();
    this.#timer = setTimeout(async () => {
      const items = await this.how.ask(query).catch(() => []);
      if (mine === this.#asked && this.field.isConnected && document.activeElement === this.field) this.#show(items);
    }, PAUSE);
  }

  close() {
    clearTimeout(this.#timer);
    this.#asked++;
    this.#show([]);
  }

  #show(items) {
    this.#items = items;
    this.#active = items.length && this.how.query() ? 0 : -1;
    replace(this.list, ...items.map((item, index) => this.#option(item, index)));
    this.#expanded(items.length > 0);
    if (items.length) {
      this.list.showPopover();
      this.#place();
    } else if (this.list.isConnected) this.list.hidePopover();
    this.#mark();
  }

  /** @param {boolean} open */
  #expanded(open) {
    if (this.field.tagName === "INPUT") this.field.setAttribute("aria-expanded", String(open));
  }

  #option(item, index) {
    // mousedown, because a click comes after the field has lost focus
    const choose = (event) => {
      event.preventDefault();
      this.#choose(index);
    };
    return h("li", { class: "suggest__item mid", role: "option", id: `${this.list.id}-${index}`, onmousedown: choose }, ...this.how.line(item));
  }

  /** Under the field, or over it where the screen ends. */
  #place() {
    const box = this.field.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.list;
    const below = box.bottom + height + 8 <= innerHeight || box.top < height;
    this.list.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
    this.list.style.top = `${below ? Math.min(box.bottom + 4, innerHeight - height - 8) : box.top - height - 4}px`;
  }

  #choose(index) {
    const item = this.#items[index];
    this.close();
    this.how.choose(item);
  }

  #key(event) {
    if (!this.open || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.#active = (this.#active + step + this.#items.length) % this.#items.length;
      this.#mark();
    } else if ((event.key === "Enter" || event.key === "Tab") && this.#active >= 0) this.#choose(this.#active);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #mark() {
    this.list.querySelectorAll("[role=option]").forEach((option, index) => {
      option.setAttribute("aria-selected", String(index === this.#active));
      if (index === this.#active) option.scrollIntoView({ block: "nearest" });
    });
    if (this.#active < 0) this.field.removeAttribute("aria-activedescendant");
    else this.field.setAttribute("aria-activedescendant", `${this.list.id}-${this.#active}`);
  }
}
