/** What an import card stands for, opened in place: the entries folded into it, newest first, some at a time. */

import { api } from "../api.js";
import { button, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { kindOf } from "../kinds.js";
import { chip } from "./chip.js";
import { phrase } from "./phrase.js";

/** @typedef {import("../types.d.ts").Entry} Entry */

const PAGE = 20;

export class FoldedEntries {
  /** @type {string | number | null} */ #next = null;

  /** @param {Entry} card @param {(work: Promise<any>) => Promise<any>} attempt  shows what went wrong */
  constructor(card, attempt) {
    this.card = card;
    this.attempt = attempt;
    this.list = h("ul", { class: "folded cluster fine", "aria-label": t("import.entries") });
    this.more = button(t("import.more"), { class: "link fine", onclick: () => this.load() });
    this.node = h("div", { class: "stack-s", "aria-live": "polite" }, this.list, h("p", null, this.more));
    this.load();
    document.addEventListener("caudal:frame", this.#heed);
  }

  /** What may no longer be read goes; other rights, another list. @param {any} event */
  #heed = ({ detail: { type, name, data } }) => {
    if (name === "record.locked") for (const item of this.list.querySelectorAll(`[data-record="${data.locked}"]`)) item.remove();
    if (type !== "reset") return;
    document.removeEventListener("caudal:frame", this.#heed);
    if (this.node.isConnected) this.node.replaceWith(new FoldedEntries(this.card, this.attempt).node);
  };

  /** The next page of them. */
  async load() {
    this.more.hidden = true;
    const answer = await this.attempt(api.get("/stream", { scope: "all", folded_into: this.card.id, before: this.#next, limit: PAGE }));
    if (!answer) return void (this.more.hidden = false);
    this.list.append(...answer.entries.map(row));
    this.#next = answer.next;
    this.more.hidden = answer.next == null;
    if (!this.list.childElementCount) this.list.append(h("li", { class: "soft" }, t("import.none")));
  }
}

/** What was added is a chip; what was changed says how. @param {Entry} entry */
function row(entry) {
  const dataset = { record: entry.subject?.record };
  if (entry.type === "added" && entry.subject) return h("li", { dataset }, chip(entry.subject));
  return h("li", { dataset, class: "folded__change cluster soft" }, icon(kindOf(entry).node(entry, Date.now()).icon, "s"), phrase(entry));
}
