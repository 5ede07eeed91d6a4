/** The comments of an entry: the last two, the earlier ones on demand, a field to write, and what the author may do with their own. */

import { api } from "../api.js";
import { button, h, icon, iconButton, replace } from "../dom.js";
import { stamp } from "../format.js";
import { t } from "../i18n.js";
import { renderText } from "../markdown.js";
import { session } from "../session.js";
import { store } from "../store.js";
import { avatar } from "./avatar.js";

/**
 * @typedef {import("../types.d.ts").Entry} Entry
 * @typedef {import("../types.d.ts").Comment} Comment
 */

const PAGE = 100;

export class EntryThread {
  /** @param {Entry} entry @param {(work: Promise<any>) => Promise<any>} attempt  shows what went wrong */
  constructor(entry, attempt) {
    this.entry = entry;
    this.attempt = attempt;
    this.list = h("ul", { class: "thread__list" });
    this.more = button("", { class: "thread__more link fine", onclick: () => this.open() });
    this.field = h("textarea", { rows: 1, placeholder: t("comment.placeholder"), "aria-label": t("comment.placeholder"), onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event) });
    this.form = h("form", { class: "thread__field mid", onsubmit: (/** @type {Event} */ event) => this.send(event) },
      avatar(session.me, "s"), this.field, h("button", { type: "submit", class: "icon-button thread__send", "aria-label": t("comment.send"), title: t("comment.send") }, icon("send")));
    /** Completes names; comes when somebody begins to write. @type {import("./mentions.js").Mentions | null} */
    this.mentions = null;
    this.field.addEventListener("focus", () => this.complete(), { once: true });
    this.node = h("div", { class: "thread", role: "group", "aria-label": t("comment.all") }, this.more, this.list, this.form);
    /** @type {Map<number, {comment: Comment, node: HTMLElement}>} */
    this.rows = new Map();
    this.update(entry);
  }

  /** @param {Entry} entry */
  update(entry) {
    this.entry = entry;
    const all = store.state.threads.get(entry.id) ?? entry.comments.last;
    const hidden = Math.max(0, entry.comments.count - all.length);
    this.more.hidden = hidden === 0;
    this.more.textContent = t("comment.earlier", { count: hidden });
    this.list.hidden = !all.length;
    const rows = new Map(all.map((comment) => {
      const known = this.rows.get(comment.id);
      return [comment.id, known?.comment === comment ? known : { comment, node: this.row(comment) }];
    }));
    const same = rows.size === this.rows.size && [...rows].every(([id, row]) => this.rows.get(id) === row);
    this.rows = rows;
    if (!same) replace(this.list, ...[...rows.values()].map((row) => row.node));
  }

  focus() {
    this.field.focus();
  }

  async complete() {
    const { Mentions } = await import("./mentions.js");
    this.mentions = new Mentions(this.field);
  }

  /** @param {Comment} comment */
  row(comment) {
    const { author, at, edited_at: edited } = comment;
    const text = h("div", { class: "comment__text" }, renderText(comment.text, comment.mentions));
    const own = session.isMe(author?.user);
    const tools = own && h("span", { class: "comment__tools" },
      iconButton("edit", t("comment.edit"), { onclick: () => this.edit(comment, text) }),
      iconButton("trash", t("comment.delete"), { onclick: () => this.remove(comment) }));
    return h("li", { class: "comment" }, avatar(author, "s"), h("div", null,
      h("p", { class: "comment__head fine" }, h("strong", null, author?.name ?? t("person.system")),
        h("small", null, h("time", { datetime: new Date(at).toISOString() }, stamp(at)), edited ? ` · ${t("edited")}` : ""), tools),
      text));
  }

  async open() {
    const { id } = this.entry;
    const answer = await this.attempt(api.get(`/entries/${id}/comments`, { limit: PAGE }));
    if (!answer) return;
    store.dispatch({ type: "page.thread", entry: id, comments: answer.comments });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  /** @param {Event} event */
  async send(event) {
    event.preventDefault();
    const text = this.mentions?.text ?? this.field.value.trim();
    if (!text || this.field.readOnly) return;
    this.field.readOnly = true;
    const comment = await this.attempt(api.post(`/entries/${this.entry.id}/comments`, { text }));
    this.field.readOnly = false;
    if (!comment) return;
    this.field.value = "";
    if (this.mentions) this.mentions.list = [];
    this.field.focus();
  }

  /** @param {Comment} comment @param {HTMLElement} text */
  async edit(comment, text) {
    const { editText } = await import("./edit-text.js");
    editText(text, comment.text, comment.mentions, (fresh) => this.attempt(api.patch(`/comments/${comment.id}`, { text: fresh })), () => replace(text, renderText(comment.text, comment.mentions)));
  }

  /** @param {Comment} comment */
  remove(comment) {
    if (confirm(t("comment.delete_sure"))) this.attempt(api.del(`/comments/${comment.id}`));
  }
}
