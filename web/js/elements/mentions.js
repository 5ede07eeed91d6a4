// Mentions in a text field: `@` completes people, `#` records. The writer sees names; what is sent are tokens,
// `@{7}` and `#{42}`, so that a name can never leak by a text.
import { api } from "../api.js";
import { h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { chipIcon, chipText, chipWord } from "./chip.js";
import { Suggestions } from "./suggestions.js";

const OPEN = /(^|[\s(])([@#])([\p{L}\p{N}][^\n@#]{0,40}|)$/u;

/** @typedef {{label: string, token: string, kind?: string}} Mention */

/** The text as it is sent: every chosen name becomes its token. @param {string} text @param {Mention[]} mentions */
export function toTokens(text, mentions) {
  // Longest first: "@Ana Belmonte" before "@Ana"
  return [...mentions].sort((a, b) => b.label.length - a.label.length).reduce((out, { label, token }) => out.replaceAll(label, token), text);
}

export class Mentions {
  /** @type {Mention[]} */ list = [];

  /** @param {HTMLTextAreaElement} field */
  constructor(field) {
    this.field = field;
    this.suggestions = new Suggestions(field, {
      label: t("composer.mention"),
      query: () => this.#open()?.query ?? null,
      ask: async (q) => {
        const purpose = this.#open()?.sign === "#" ? "record" : "user";
        return (await api.get("/suggest", { q, for: purpose })).items;
      },
      choose: (item) => this.#choose(item),
      line: (item) => [icon(chipIcon(item)), h("span", { class: "truncate" }, chipText(item)), h("span", { class: "push fine faint" }, chipWord(item))],
    });
  }

  /** The text with tokens. */
  get text() {
    return toTokens(this.field.value, this.list).trim();
  }

  /** Puts a sign where the caret is, and opens the list. @param {"@"|"#"} sign */
  start(sign) {
    const { field } = this;
    const before = field.value.slice(0, field.selectionStart);
    this.insert(`${/(^|[\s(])$/.test(before) ? "" : " "}${sign}`);
    this.suggestions.refresh();
  }

  /** Replaces the selection, as if typed. @param {string} text @param {number} [from] */
  insert(text, from = this.field.selectionStart) {
    this.field.focus();
    this.field.setRangeText(text, from, this.field.selectionEnd, "end");
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #open() {
    const found = OPEN.exec(this.field.value.slice(0, this.field.selectionStart));
    if (!found) return null;
    const [, , sign, query] = found;
    const closed = this.list.some(({ label }) => `${sign}${query}`.startsWith(`${label} `));
    return closed ? null : { sign, query, at: this.field.selectionStart - query.length - 1 };
  }

  #choose(item) {
    const open = this.#open();
    if (!open) return;
    const label = `${open.sign}${chipText(item)}`;
    const token = `${open.sign}{${item.user ?? item.record}}`;
    this.list = [...this.list.filter((other) => other.label !== label), { label, token, kind: item.kind }];
    this.insert(`${label} `, open.at);
  }
}
