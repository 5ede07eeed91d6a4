// <c-chip-picker purpose="to|about|user|party|address" kind="company" max="1" label="To">: a field that holds chips.
// Its `items` are wire shapes (a person, a department, a record, an address); every change fires "chips".
// `party`: who takes part, so colleagues and clients; `address`: whatever is chosen counts by its e-mail alone.
import { api } from "../api.js";
import { h, icon } from "../dom.js";
import { session } from "../session.js";
import { chip, chipIcon, chipText, chipWord, recipientChip } from "./chip.js";
import { Suggestions } from "./suggestions.js";

const ASKS = { to: ["to"], about: ["about"], user: ["user"], party: ["to", "company"], address: ["to"] };
const PARTIES = ["contact", "lead", "company"];
const ADDRESS = /^[^\s@,;]+@[^\s@,;]+\.[^\s@,;.]+$/;

/** Two items are the same when they are the same user, department, record or address. */
const key = (item) =>
  item.record ? `r${item.record}` : item.user ? `u${item.user}` : item.department ? `d${item.department}` : `e${item.email?.toLowerCase()}`;

/** The address something can be mailed at. */
const addressOf = (item) => (item.user ? session.portal.users.find(({ user }) => user === item.user)?.email : item.emails?.[0]);

/** What To makes of a suggestion: a record with an address is attached and mailed. */
const recipient = ({ emails, ...item }) => (item.record ? { ...item, email: emails?.[0] ?? null, attach: true, mail: Boolean(emails?.length) } : item);

export class ChipPicker extends HTMLElement {
  /** @type {import("./chip.js").Item[]} */ #items = [];
  #built = false;
  /** Chips that stand here and cannot be taken off. */
  fixed = [];

  get items() {
    return this.#items;
  }

  set items(items) {
    this.#items = items.filter(Boolean);
    if (this.input) this.#render();
  }

  get input() {
    return /** @type {HTMLInputElement|null} */ (this.querySelector("input"));
  }

  connectedCallback() {
    document.addEventListener("caudal:frame", this.#heed);
    if (this.#built) return;
    this.#built = true;
    // Somebody may have begun to write before this module came
    const input = this.input ?? h("input", { type: "text", id: this.getAttribute("for-id"), "aria-label": this.getAttribute("label"), autocomplete: "off", spellcheck: "false" });
    if (!input.parentElement) this.append(input);
    new Suggestions(input, {
      label: this.getAttribute("label") ?? "",
      query: () => (this.#full ? null : input.value.trim()),
      ask: (q) => this.#ask(q),
      choose: (item) => this.#choose(item),
      line: (item) => [icon(chipIcon(item)), h("span", { class: "truncate" }, chipText(item)), h("span", { class: "push fine faint truncate" }, item.emails?.[0] ?? chipWord(item))],
    });
    input.addEventListener("focus", () => input.click());
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("blur", () => this.#typed());
    this.addEventListener("click", (event) => event.target === this && input.focus());
    this.#render();
  }

  /** Marks the field wrong, or right again. @param {string|null} describedBy id of the sentence that says why */
  invalid(describedBy) {
    if (!this.input) return;
    if (describedBy) this.input.setAttribute("aria-describedby", describedBy);
    this.input.toggleAttribute("aria-invalid", Boolean(describedBy));
    if (describedBy) this.input.setAttribute("aria-invalid", "true");
  }

  focus() {
    this.input?.focus();
  }

  get #full() {
    const max = Number(this.getAttribute("max") ?? 0);
    return max > 1 && this.#items.length >= max;
  }

  get #purpose() {
    return this.getAttribute("purpose") ?? "about";
  }

  disconnectedCallback() {
    document.removeEventListener("caudal:frame", this.#heed);
  }

  /** A record that may no longer be read is nothing that one could write about. */
  #heed = ({ detail: { type, name, data, reason } }) => {
    if (name === "record.locked") this.#lose(data.locked);
    else if (type === "reset" && reason === "access") this.#items.forEach(({ record }) => record && this.#check(record));
  };

  async #check(record) {
    await api.get(`/records/${record}`).catch(({ status }) => status === 404 && this.#lose(record));
  }

  #lose(record) {
    const kept = this.#items.filter((item) => item.record !== record);
    if (kept.length < this.#items.length) this.#replace(kept);
  }

  async #ask(q) {
    const kind = this.getAttribute("kind");
    const answers = await Promise.all((kind ? [kind] : ASKS[this.#purpose]).map((purpose) => api.get("/suggest", { q, for: purpose })));
    const seen = new Set([...this.fixed, ...this.#items].map(key));
    const fresh = (item) => !seen.has(key(item)) && Boolean(seen.add(key(item)));
    return answers.flatMap(({ items }) => items).filter((item) => this.#fits(item) && fresh(item));
  }

  #fits(item) {
    if (this.#purpose === "party") return item.user || PARTIES.includes(item.kind);
    return this.#purpose !== "address" || Boolean(addressOf(item));
  }

  #choose(item) {
    const chosen = this.#purpose === "address" ? { email: addressOf(item) } : this.#purpose === "to" ? recipient(item) : item;
    // A field for one chip takes the new one in its place
    this.#set(this.getAttribute("max") === "1" ? [chosen] : [...this.#items, chosen]);
    this.input?.focus();
  }

  /** A typed address becomes a chip when the writer goes on. */
  #typed() {
    const email = this.input?.value.trim().replace(/[,;]$/, "") ?? "";
    if (!["to", "address"].includes(this.#purpose) || !ADDRESS.test(email)) return false;
    if (!this.#items.some((item) => key(item) === key({ email }))) this.#set([...this.#items, { email }]);
    else this.#clear();
    return true;
  }

  #key(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (["Enter", ",", ";"].includes(event.key) && !event.ctrlKey && !event.metaKey) {
      if (this.#typed() || event.key === "Enter") event.preventDefault();
    }
    if (event.key === "Backspace" && input.value === "" && this.#items.length) this.#set(this.#items.slice(0, -1));
  }

  #half(item, half) {
    this.#set(this.#items.map((other) => (other === item ? { ...item, [half]: false } : other)));
  }

  #set(items) {
    this.#clear();
    this.#replace(items);
  }

  #replace(items) {
    this.items = items;
    this.dispatchEvent(new CustomEvent("chips", { bubbles: true }));
  }

  #clear() {
    if (this.input) this.input.value = "";
  }

  #render() {
    this.querySelectorAll(":scope > :is(.chip, .chip-pair)").forEach((node) => node.remove());
    const drop = (item) => () => {
      this.#set(this.#items.filter((other) => other !== item));
      this.input?.focus();
    };
    this.input?.before(
      ...this.fixed.map((item) => chip(item, { link: false })),
      ...this.#items.map((item) => recipientChip(item, { onRemove: drop(item), onHalf: (half) => this.#half(item, half) })),
    );
  }
}

customElements.define("c-chip-picker", ChipPicker);
