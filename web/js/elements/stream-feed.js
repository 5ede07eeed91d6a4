/**
 * <c-stream-feed>: the entries of one stream, from the newest down; live. Give it a `source`. Nothing moves under a
 * reader: what is new waits behind the pill unless the reader is at the top with nothing in hand.
 */

import { api } from "../api.js";
import { connection, live } from "../connection.js";
import { announce, button, h, icon, isTyping, replace } from "../dom.js";
import { day, dayKey } from "../format.js";
import { t } from "../i18n.js";
import { entriesShown } from "../later.js";
import { session } from "../session.js";
import { store } from "../store.js";
import { EntryCard } from "./entry-card.js";
import { attempt } from "./toasts.js";

/**
 * @typedef {import("../types.d.ts").Entry} Entry
 * @typedef {{channel: string, record: number | null, filter: Record<string, any>}} Source
 */

const PAGE = 25;
/** How often the announcer may speak, ms. */
const SPEAK = 10_000;
/** Many records may change hands at once, ms. */
const GATHER = 150;
/** Scrolled by less than this still counts as being at the top, px. */
const TOP = 48;

class StreamFeed extends HTMLElement {
  /** @type {Source | null} */ #source = null;
  /** @type {Map<string | number, EntryCard>} */ #cards = new Map();
  /** @type {import("../store.js").State | null} */ #shown = null;
  /** @type {(() => void)[]} */ #ends = [];
  #frame = 0;
  #busy = false;
  #stale = false;
  #spoken = 0;

  connectedCallback() {
    if (!this.feed) this.#build();
    const on = (/** @type {EventTarget} */ target, /** @type {string} */ name, /** @type {(event: any) => void} */ run) => {
      target.addEventListener(name, run);
      this.#ends.push(() => target.removeEventListener(name, run));
    };
    this.#ends.push(store.subscribe((_, frame) => (frame.type === "page.reload" ? this.load() : this.#heed(frame))));
    on(document, "keydown", (event) => this.#pressed(event));
    on(session, "change", () => this.#render(true));
    on(window, "scroll", () => this.#hold());
    on(document, "focusin", () => this.#hold());
    on(document, "focusout", () => setTimeout(() => this.#hold()));
    on(document, "selectionchange", () => this.#hold());
    for (const name of ["caudal:posting", "caudal:posted", "caudal:refused"]) on(document, name, (event) => this.#post(name, event.detail));
    this.#watcher = new IntersectionObserver(([seen]) => seen.isIntersecting && this.#older(), { rootMargin: "800px" });
    this.#watcher.observe(/** @type {Element} */ (this.foot));
    const minute = setInterval(() => this.#render(true), 60_000);
    this.#ends.push(() => clearInterval(minute));
  }

  disconnectedCallback() {
    for (const end of this.#ends.splice(0)) end();
    this.#watcher?.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  /** @type {IntersectionObserver | null} */ #watcher = null;

  #build() {
    this.pill = button("", { class: "button button--primary new-pill", hidden: true, onclick: () => this.release() });
    this.feed = h("section", { class: "stream", role: "feed", "aria-label": t("stream.entries"), "aria-busy": "true" });
    this.note = h("div", null);
    this.foot = h("div", { class: "stream__foot" });
    this.append(h(/** @type {any} */ ("c-connection-banner"), null), this.pill, this.note, this.feed, this.foot);
  }

  get source() {
    return this.#source;
  }

  /** Another stream, or another filter of it. @param {Source | null} source */
  set source(source) {
    if (JSON.stringify(source) === JSON.stringify(this.#source)) return;
    this.#source = source;
    this.load();
  }

  get #key() {
    return JSON.stringify(this.#source);
  }

  /** Subscribes and reads the first page, in this order, so that there is no hole between them. */
  async load() {
    if (!this.#source) return;
    const key = this.#key;
    const { channel, record, filter } = this.#source;
    const again = store.state.feed.key === key && store.state.feed.ids.length > 0;
    if (!again) store.dispatch({ type: "page.open", key, channel, record });
    try {
      await connection.watch([Object.keys(filter).length ? { channel, filter } : { channel }]);
      const answer = await api.get("/stream", { ...this.#params, limit: PAGE });
      if (key !== this.#key) return;
      store.dispatch({ type: "page.feed", key, answer });
      connection.shown(answer);
    } catch {
      if (!again) store.dispatch({ type: "page.failed", key });
    }
  }

  get #params() {
    const { channel, record, filter } = /** @type {Source} */ (this.#source);
    return { ...(record == null ? { scope: channel } : { record }), ...filter };
  }

  async #older() {
    const { next, status } = store.state.feed;
    if (this.#busy || next == null || status !== "ready") return;
    this.#busy = true;
    const key = this.#key;
    this.feed?.setAttribute("aria-busy", "true");
    const answer = await attempt(api.get("/stream", { ...this.#params, before: next, limit: PAGE }));
    if (answer) store.dispatch({ type: "page.older", key, answer });
    this.#busy = false;
  }

  /** Lets in what waits, and goes to the first of it. */
  release() {
    if (!store.state.feed.waiting.length) return;
    const newest = new Set(store.state.feed.waiting);
    store.dispatch({ type: "page.release" });
    this.#render();
    const first = store.state.feed.ids.find((id) => newest.has(id));
    const card = first == null ? null : this.#cards.get(first);
    scrollTo({ top: 0 });
    card?.node.focus({ preventScroll: true });
    card?.node.scrollIntoView({ block: "nearest" });
  }

  /** Whether someone reads here: scrolled, with focus inside, or with a selection. */
  #hold() {
    const selection = getSelection();
    const selecting = selection && !selection.isCollapsed && this.contains(selection.anchorNode);
    const held = scrollY > TOP || Boolean(this.feed?.contains(document.activeElement)) || Boolean(selecting);
    if (held !== store.state.feed.held) store.dispatch({ type: "page.hold", held });
    if (this.#stale && !held) {
      this.#stale = false;
      this.load();
    }
  }

  /** Following, and being let read, bring a record's past, and their end takes it out: read anew, once nobody is reading. @param {any} frame */
  #heed({ name }) {
    if ((name === "follow.changed" && this.#source?.channel === "mine") || /^record\.(un)?locked$/.test(name)) {
      if (!this.#stale) setTimeout(() => this.isConnected && this.#hold(), GATHER);
      this.#stale = true;
    }
    this.#later();
  }

  /** @param {string} name @param {any} detail */
  #post(name, { ref, body, entryDraft, entry, error }) {
    if (name === "caudal:posting") {
      const pending = { ref, state: "sending", draft: { body, entryDraft } };
      store.dispatch({ type: "page.sending", entry: { ...blank, ...entryDraft, pending } });
    } else if (name === "caudal:posted") store.dispatch({ type: "page.sent", ref, entry });
    else if (error?.status >= 400 && error.status < 500) store.dispatch({ type: "page.dropped", ref });
    else store.dispatch({ type: "page.unsent", ref, reason: error?.key });
  }

  /** @param {Entry} entry */
  async #again(entry) {
    const { ref, draft } = /** @type {any} */ (entry.pending);
    store.dispatch({ type: "page.sending", entry: { ...entry, pending: { ...entry.pending, state: "sending" } } });
    try {
      // The same key: if the first one did arrive, this is answered with it.
      store.dispatch({ type: "page.sent", ref, entry: await api.post("/entries", { ...draft.body, ref }, { key: ref }) });
    } catch (error) {
      store.dispatch({ type: "page.unsent", ref, reason: /** @type {any} */ (error).key });
    }
  }

  /** @param {Entry} entry */
  #draft(entry) {
    const { ref, draft } = /** @type {any} */ (entry.pending);
    store.dispatch({ type: "page.dropped", ref });
    document.dispatchEvent(new CustomEvent("caudal:draft", { detail: { entryDraft: draft.entryDraft } }));
  }

  /** Many frames, one picture. */
  #later() {
    if (this.#frame) return;
    // A hidden page paints no frames, but should be current when it is looked at.
    if (document.hidden) this.#render();
    else this.#frame = requestAnimationFrame(() => { this.#frame = 0; this.#render(); });
  }

  /** @param {boolean} [force] */
  #render(force = false) {
    const { state } = store;
    const { feed } = state;
    if (!this.feed || (!force && state === this.#shown) || feed.key !== this.#key) return;
    const before = this.#shown;
    this.#shown = state;
    const fresh = before?.feed.key === feed.key && before.feed.status === "ready";
    const entries = [...state.sending, ...feed.ids.map((id) => /** @type {Entry} */ (state.entries.get(id)))];
    this.#place(entries, feed.order, force, fresh);
    this.#showPill(feed.waiting.length);
    this.feed.setAttribute("aria-busy", String(feed.status === "loading" || this.#busy));
    const empty = !entries.length;
    replace(/** @type {HTMLElement} */ (this.note), feed.status === "failed" ? this.#failed() : feed.status === "loading" ? skeletons() : empty ? this.#empty() : null);
    this.feed.hidden = empty;
    if (feed.status !== "loading") entriesShown();
    replace(/** @type {HTMLElement} */ (this.foot), feed.status === "ready" && feed.next == null && entries.length > 5 ? h("p", { class: "stream__end finer faint" }, t("stream.end")) : null);
  }

  /** Puts cards and day marks in order, touching only what changed. @param {Entry[]} entries @param {"bumped" | "added"} order @param {boolean} force @param {boolean} fresh */
  #place(entries, order, force, fresh) {
    const cards = new Map();
    /** @type {HTMLElement[]} */
    const nodes = [];
    let last = dayKey(Date.now());
    entries.forEach((entry, i) => {
      const id = entry.pending?.ref ?? entry.id;
      const known = this.#cards.get(id);
      const card = known ?? new EntryCard(entry, { attempt, order, again: (one) => this.#again(one), draft: (one) => this.#draft(one) });
      if (known) known.update(entry, force);
      else if (fresh && i < 10 && !entry.pending && !this.#wasSending(entry)) card.node.dataset.arrived = "";
      card.node.setAttribute("aria-posinset", String(i + 1));
      card.node.setAttribute("aria-setsize", "-1");
      const key = dayKey(card.at);
      if (key !== last && !entry.pending) nodes.push(h("p", { class: "stream__mark mid finer faint" }, day(card.at)));
      if (!entry.pending) last = key;
      cards.set(id, card);
      nodes.push(card.node);
    });
    this.#cards = cards;
    morph(/** @type {HTMLElement} */ (this.feed), nodes);
  }

  /** An own message that was shown while it was sent does not arrive again. @param {Entry} entry */
  #wasSending(entry) {
    return session.isMe(entry.author?.user) && [...this.#cards.values()].some((card) => card.entry.pending && card.entry.text === entry.text);
  }

  /** @param {number} count */
  #showPill(count) {
    const pill = /** @type {HTMLElement} */ (this.pill);
    const label = t("stream.new", { count });
    pill.hidden = count === 0;
    if (count && pill.textContent !== label) replace(pill, icon("up"), label);
    if (count && Date.now() - this.#spoken > SPEAK) {
      this.#spoken = Date.now();
      announce(label);
    }
  }

  #failed() {
    return h("div", { class: "banner cluster", "data-tone": "attention", role: "alert" }, icon("alert"),
      h("p", null, h("strong", null, t("stream.failed")), " ", t("stream.failed_hint")),
      button(t("act.retry"), { class: "button button--small", onclick: () => { live.retry(); this.load(); } }, "undo"));
  }

  #empty() {
    const { record, filter, channel } = /** @type {Source} */ (this.#source);
    const act = (/** @type {string} */ name, /** @type {string} */ key, /** @type {string} */ iconName, primary = false) =>
      button(t(key), { class: primary ? "button button--primary" : "button", onclick: () => this.dispatchEvent(new CustomEvent(name, { bubbles: true })) }, iconName);
    if (Object.keys(filter).length) return h("div", { class: "panel empty" }, icon("filter"), h("h2", null, t("stream.no_match")), h("p", null, t("stream.no_match_hint")), h("div", { class: "cluster" }, act("clear-filters", "filter.clear", "close")));
    const key = record != null ? "stream.empty_record" : channel === "all" ? "stream.empty_all" : "stream.empty_mine";
    return h("div", { class: "panel empty" }, icon("stream"), h("h2", null, t(key)), h("p", null, t(`${key}_hint`)),
      channel === "mine" ? h("div", { class: "cluster" }, act("show-all", "stream.show_all", "stream", true)) : null);
  }

  /** Single keys, off while something is being written. @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog:modal")) return;
    const card = [...this.#cards.values()].find(({ node }) => node.contains(document.activeElement));
    if (event.key === "Enter" && event.target !== card?.node) return;
    const acts = /** @type {Record<string, () => void>} */ ({
      j: () => this.#step(1),
      k: () => this.#step(-1),
      n: () => this.release(),
      c: () => card?.comment(),
      f: () => card?.press("follow"),
      r: () => card?.press("react"),
      Enter: () => card?.open(),
    });
    if (!Object.hasOwn(acts, event.key)) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** Moves the focus by entries. @param {1 | -1} step */
  #step(step) {
    const all = [...(this.feed?.querySelectorAll("article") ?? [])];
    const at = all.findIndex((one) => one.contains(document.activeElement));
    const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step))];
    next?.focus();
    if (next === all[all.length - 1]) this.#older();
  }
}

/** @type {Partial<Entry>} */
const blank = { id: 0, added: 0, bumped: 0, edited_at: null, subject: null, records: [], recipients: [], mentions: [], change: null, import: null, activity: null, comments: { count: 0, last: [] }, reactions: [] };

const skeletons = () => h("div", { class: "stack", role: "status", "aria-busy": "true", "aria-label": t("stream.loading") }, [3, 2, 3].map((rows) => h("div", { class: "panel skeleton" }, Array.from({ length: rows }, () => h("i", null)))));

/** Makes `nodes` the children of a parent; those that stay in place are not touched, so focus and scroll stay too. @param {HTMLElement} parent @param {HTMLElement[]} nodes */
function morph(parent, nodes) {
  const keep = new Set(nodes);
  for (const child of [...parent.children]) if (!keep.has(/** @type {HTMLElement} */ (child))) child.remove();
  let at = parent.firstElementChild;
  for (const node of nodes) {
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
}

customElements.define("c-stream-feed", StreamFeed);
