/** One entry of the stream, as the voice of its kind asks: a card, a line, or the folded card of a burst. Updated in place. */

import { api } from "../api.js";
import { button, h, icon, replace } from "../dom.js";
import { date, day, time } from "../format.js";
import { t } from "../i18n.js";
import { kindOf, lifeOf } from "../kinds.js";
import { renderText } from "../markdown.js";
import { session } from "../session.js";
import { activityBody, tagOf } from "./activity-body.js";
import { avatar } from "./avatar.js";
import { chip } from "./chip.js";
import { entryFoot } from "./entry-foot.js";
import { EntryThread } from "./entry-thread.js";
import { actorOf, phrase } from "./phrase.js";

/**
 * @typedef {import("../types.d.ts").Entry} Entry
 * @typedef {{attempt: (work: Promise<any>) => Promise<any>, again: (entry: Entry) => void, draft: (entry: Entry) => void, order: "bumped" | "added"}} Context
 */

export class EntryCard {
  /** @param {Entry} entry @param {Context} context */
  constructor(entry, context) {
    this.entry = entry;
    this.context = context;
    /** @type {EntryThread | null} */
    this.thread = null;
    this.opened = false;
    /** What an import card stands for, while it is open. @type {HTMLElement | null} */
    this.folded = null;
    const id = entry.pending?.ref ?? entry.id;
    this.titleId = `entry-${id}-title`;
    this.node = h("article", { id: `entry-${id}`, tabindex: "0", "aria-labelledby": this.titleId, dataset: { id } });
    this.render();
  }

  /** @param {Entry} entry @param {boolean} [force]  what it depends on beside the entry changed */
  update(entry, force = false) {
    if (entry === this.entry && !force) return this.thread?.update(entry);
    const waits = this.node.querySelector(".entry__body .input");
    this.entry = entry;
    // A field that is being written in stays; what changed is shown when it closes.
    if (waits) return this.thread?.update(entry);
    this.render();
  }

  /** When it last lived in a stream ordered by life, else when it was made, ms. */
  get at() {
    return this.context.order === "added" ? this.entry.at : lifeOf(this.entry);
  }

  render() {
    const active = /** @type {HTMLElement | null} */ (document.activeElement);
    const act = active && this.node.contains(active) && active !== this.node ? active.closest("[data-act]")?.getAttribute("data-act") : null;
    const { entry } = this;
    const { voice } = kindOf(entry);
    const { pending } = entry;
    this.node.className = ["entry", voice === "line" && "entry--line", voice === "fold" && "entry--fold", pending?.state === "sending" && "entry--pending"].filter(Boolean).join(" ");
    this.node.dataset.kind = entry.type;
    const threaded = !pending && (this.opened || (voice !== "line" && entry.comments.count > 0));
    if (threaded && !this.thread) this.thread = new EntryThread(entry, this.context.attempt);
    this.thread?.update(entry);
    const thread = threaded ? this.thread?.node : null;
    const parts = voice === "line" ? [this.line(), thread && h("div", { class: "panel entry__thread" }, thread)] : [h("div", { class: "entry__card panel" }, this.main(threaded), thread)];
    const keepsFocus = active && thread?.contains(active) ? active : null;
    const caret = keepsFocus instanceof HTMLTextAreaElement ? [keepsFocus.selectionStart, keepsFocus.selectionEnd] : null;
    replace(this.node, this.gutter(), ...parts);
    if (keepsFocus?.isConnected) keepsFocus.focus({ preventScroll: true });
    if (caret) /** @type {HTMLTextAreaElement} */ (keepsFocus).setSelectionRange(caret[0], caret[1]);
    if (act) /** @type {HTMLElement | null} */ (this.node.querySelector(`[data-act="${CSS.escape(act)}"]`))?.focus({ preventScroll: true });
  }

  stamp() {
    return this.entry.pending ? t("time.now") : time(this.at);
  }

  gutter() {
    const { icon: name, tone } = this.entry.pending?.state === "failed" ? { icon: "message", tone: "attention" } : kindOf(this.entry).node(this.entry, Date.now());
    return h("div", { class: "entry__gutter" },
      h("time", { class: "entry__time", datetime: new Date(this.at).toISOString(), title: `${day(this.at)}, ${time(this.at)}` }, this.stamp()),
      h("span", { class: "entry__node", "data-tone": tone }, icon(name, "s")));
  }

  title() {
    const { entry } = this;
    const state = entry.pending && h("span", { class: "tag", "data-tone": entry.pending.state === "failed" ? "attention" : null },
      icon(entry.pending.state === "failed" ? "alert" : "clock", "s"), t(entry.pending.state === "failed" ? "post.failed" : "post.sending"));
    return h("h3", { class: "entry__title cluster soft", id: this.titleId }, phrase(entry), state ?? tagOf(entry, Date.now()));
  }

  line() {
    return h("div", { class: "entry__line mid" }, avatar(this.entry.author, "s"),
      h("h3", { class: "entry__title cluster soft", id: this.titleId }, phrase(this.entry), h("span", { class: "entry__stamp" }, this.stamp())),
      entryFoot(this.entry, { ...this.footing(), line: true, threaded: this.opened }));
  }

  footing() {
    return { attempt: this.context.attempt, comment: () => this.comment() };
  }

  /** @param {boolean} threaded */
  main(threaded) {
    const { entry } = this;
    const inTitle = new Set([entry.subject, ...entry.recipients, ...(entry.activity?.with ?? [])].map((one) => /** @type {any} */ (one)?.record));
    const about = entry.records.filter((ref) => ref.locked || !inTitle.has(ref.record)).map((ref) => chip(ref));
    // What came in shows who it came from.
    const who = (entry.activity?.direction === "in" ? entry.activity.with[0] : null) ?? actorOf(entry);
    return h("div", { class: "entry__main" }, avatar(who), this.title(),
      h("div", { class: "entry__menu mid" }, entry.edited_at ? h("span", { class: "finer faint", title: `${date(entry.edited_at)}, ${time(entry.edited_at)}` }, t("edited")) : null,
        h("span", { class: "entry__stamp" }, this.stamp()), this.menu()),
      about.length ? h("div", { class: "entry__about cluster" }, about) : null,
      this.body(),
      entry.pending ? null : entryFoot(entry, { ...this.footing(), threaded }));
  }

  body() {
    const { entry } = this;
    if (entry.import) return this.burst();
    if (entry.activity) return h("div", { class: "entry__body" }, activityBody(entry, this.context.attempt));
    if (!entry.text && !entry.pending) return null;
    this.text = h("div", { class: "entry__text" }, renderText(entry.text, entry.mentions));
    return h("div", { class: "entry__body" }, this.text, entry.pending?.state === "failed" ? this.failed() : null);
  }

  failed() {
    const { entry } = this;
    return [
      h("p", { class: "fine soft" }, t(entry.pending?.reason ?? "error.unreachable")),
      h("div", { class: "cluster" },
        button(t("post.again"), { class: "button button--small", onclick: () => this.context.again(entry) }, "send"),
        button(t("post.to_draft"), { class: "button button--small button--quiet", onclick: () => this.context.draft(entry) }, "edit")),
    ];
  }

  burst() {
    const run = /** @type {NonNullable<Entry["import"]>} */ (this.entry.import);
    const fact = (/** @type {string} */ name, /** @type {string} */ text) => h("span", { class: "mid" }, icon(name), text);
    return h("div", { class: "entry__body" }, h("p", { class: "entry__facts cluster fine soft" },
      fact("plus", t("import.added", { count: run.added })),
      run.changed ? fact("edit", t("import.changed", { count: run.changed })) : null,
      run.running ? fact("clock", t("import.running")) : fact("check", t("import.done"))),
      run.kind === "user" || run.kind === "product" ? null // they have no list and no entries of their own
        : h("p", { class: "cluster" }, button(this.folded ? t("import.fold") : t("import.expand", { count: run.added + run.changed }), { class: "link", "aria-expanded": this.folded !== null, "data-act": "expand", onclick: () => this.unfold() }),
          h("a", { class: "link push", href: `/${PLURALS[run.kind]}` }, t("import.open", { what: t(`kinds.${run.kind}`) }))),
      this.folded);
  }

  /** Opens what an import card stands for, or closes it. */
  async unfold() {
    const { FoldedEntries } = await import("./entry-folded.js");
    this.folded = this.folded ? null : new FoldedEntries(this.entry, this.context.attempt).node;
    this.render();
  }

  /** What the author may do with their own message. */
  menu() {
    const { entry } = this;
    if (entry.pending || entry.type !== "message" || !session.isMe(entry.author?.user)) return null;
    const close = () => this.node.querySelector(".entry__menu details")?.removeAttribute("open");
    const item = (/** @type {string} */ name, /** @type {string} */ key, /** @type {() => void} */ run) =>
      h("button", { type: "button", class: "menu__item mid", onclick: () => { close(); run(); } }, icon(name), t(key));
    return h("details", { class: "menu", name: "entry" },
      h("summary", { class: "icon-button icon-button--small", "aria-label": t("act.more"), title: t("act.more"), "data-act": "more" }, icon("more")),
      h("div", { class: "menu__panel" }, item("edit", "act.edit", () => this.edit()), item("trash", "act.delete", () => this.remove())));
  }

  async edit() {
    const { entry, text } = this;
    const { editText } = await import("./edit-text.js");
    if (text) editText(text, entry.text, entry.mentions, (fresh) => this.context.attempt(api.patch(`/entries/${entry.id}`, { text: fresh })), () => this.render());
  }

  remove() {
    if (confirm(t("entry.delete_sure"))) this.context.attempt(api.del(`/entries/${this.entry.id}`));
  }

  /** Opens the comments and their field. */
  comment() {
    if (this.entry.pending) return;
    if (!this.thread || !this.thread.node.isConnected) {
      this.opened = true;
      this.render();
    }
    this.thread?.focus();
  }

  /** Opens the activity, or the first record it is about. */
  open() {
    /** @type {HTMLElement | null} */ (this.node.querySelector(".entry__open, .entry__about a.chip, a.chip"))?.click();
  }

  /** Presses what a single key stands for: "comment", "follow", "react". @param {string} act */
  async press(act) {
    const target = /** @type {HTMLElement | null} */ (this.node.querySelector(`[data-act="${act}"]`));
    target?.click();
    if (act !== "react") return;
    await import("./entry-panels.js");
    // The panel is filled by the menu's own event, which comes after the click.
    setTimeout(() => /** @type {HTMLElement | null} */ (target?.parentElement?.querySelector(".palette__panel button"))?.focus());
  }
}

const PLURALS = /** @type {Record<string, string>} */ ({ lead: "leads", deal: "deals", contact: "contacts", company: "companies", quote: "quotes" });
