// <c-composer>: a message inline, the other activities in their windows. It stands over the stream, and over a record's
// own stream with that record preset (`about`). What is posted is handed to the page at once by "caudal:posting", and
// taken back by "caudal:refused"; the event that everyone gets replaces it by its reference.
import { api } from "../api.js";
import { h, icon, iconButton, replace } from "../dom.js";
import { t } from "../i18n.js";
import { session } from "../session.js";
import { ACTIVITY_ICONS } from "./activity-fields.js";
import { Audience } from "./audience.js";
import "./chip-picker.js";
import { keepDraft, readDraft } from "./drafts.js";
import { errorsOf, errorText } from "./form.js";
import { Mentions } from "./mentions.js";
import { openWindow } from "./window-dock.js";

let count = 0;

export class Composer extends HTMLElement {
  /** The record this composer stands on: always part of About. @type {import("./chip.js").Item|null} */ #about = null;
  /** Apart from `id`, because a class may make no attributes before it stands in a page. */
  name = `composer-${++count}`;
  audience = new Audience();
  toField = this.#picker("to");
  aboutField = this.#picker("about");
  text = h("textarea", { class: "composer__text", name: "text", "aria-label": t("composer.new"), placeholder: t("composer.placeholder"), rows: 3 });
  problem = h("p", { class: "composer__audience tone mid fine", role: "alert", "data-tone": "attention", hidden: true });
  form = h("form", { class: "composer panel", "data-fold": true, "aria-label": t("composer.new"), novalidate: true },
    this.#quick(), this.#row("to", this.toField), this.#row("about", this.aboutField), this.text, this.#foot(), this.problem, this.audience.node);
  mentions = new Mentions(this.text);

  set about(ref) {
    this.#about = ref;
    this.aboutField.fixed = ref ? [ref] : [];
  }

  get about() {
    return this.#about;
  }

  connectedCallback() {
    document.addEventListener("caudal:draft", this.#takeBack);
    if (this.form.isConnected) return;
    this.append(this.form);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#post();
    });
    this.form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    for (const type of ["input", "chips"]) this.form.addEventListener(type, () => this.#changed());
    this.#fill(readDraft(session.me.user, this.#place));
  }

  disconnectedCallback() {
    document.removeEventListener("caudal:draft", this.#takeBack);
  }

  focus() {
    this.text.focus();
  }

  get #place() {
    return this.#about ? String(this.#about.record) : "stream";
  }

  /** What is written now, as it is kept. */
  get #draft() {
    return { text: this.text.value, to: this.toField.items, about: this.aboutField.items, mentions: this.mentions.list };
  }

  get #body() {
    const about = [...(this.#about ? [this.#about] : []), ...this.aboutField.items].map(({ record }) => record);
    return { text: this.mentions.text, to: this.toField.items.map(recipientOf), about };
  }

  #fill(draft) {
    this.text.value = draft?.text ?? "";
    this.mentions.list = draft?.mentions ?? [];
    this.toField.items = draft?.to ?? [];
    this.aboutField.items = draft?.about ?? [];
    this.#changed();
  }

  /** A refused post comes back here to be changed, unless something else was begun. */
  #takeBack = ({ detail }) => {
    if (detail.entryDraft?.composer === this.name) this.#restore(detail.entryDraft.draft);
  };

  #restore(draft) {
    if (this.text.value.trim()) draft = { ...draft, text: `${draft.text}\n\n${this.text.value}` };
    this.#fill(draft);
    this.focus();
  }

  #changed() {
    this.#fail([]);
    keepDraft(session.me.user, this.#place, this.#draft);
    this.audience.update(this.#body);
  }

  async #post() {
    const body = this.#body;
    const missing = this.#missing(body);
    if (missing.length) return this.#fail(missing);
    const ref = crypto.randomUUID();
    const draft = this.#draft;
    this.#say("caudal:posting", { ref, body, entryDraft: { ...entryOf(body, draft, this.#about), composer: this.name, draft } });
    this.#fill(null);
    this.text.focus();
    try {
      this.#say("caudal:posted", { ref, entry: await api.post("/entries", { ...body, ref }, { key: ref }) });
    } catch (error) {
      this.#say("caudal:refused", { ref, error });
      // What the service will never take as it is comes back to be changed; what did not reach it can be sent again
      if (error.status >= 400 && error.status < 500 && this.isConnected) {
        this.#restore(draft);
        this.#fail(errorsOf(error));
      }
    }
  }

  /** The rules that need no service to be known (PRODUCT §6). */
  #missing({ text, to, about }) {
    const errors = [];
    if (!text) errors.push({ field: "text", code: "required" });
    if (!about.length && !to.some((one) => one.record && one.attach)) errors.push({ field: "about", code: "no_record" });
    return errors;
  }

  #fail(errors) {
    this.problem.hidden = errors.length === 0;
    this.problem.id = `${this.name}-problem`;
    replace(this.problem, icon("alert"), h("span", {}, errors.map(errorText).join(" ")));
    const wrong = (name) => errors.some(({ field = "" }) => field.split(/[.[]/)[0] === name);
    this.toField.invalid(wrong("to") ? this.problem.id : null);
    this.aboutField.invalid(wrong("about") ? this.problem.id : null);
    if (wrong("text")) this.text.setAttribute("aria-invalid", "true");
    else this.text.removeAttribute("aria-invalid");
    if (wrong("text")) this.text.focus();
    else if (wrong("to")) this.toField.focus();
    else if (wrong("about")) this.aboutField.focus();
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  #picker(purpose) {
    return h("c-chip-picker", { class: "composer__chips cluster", purpose, label: t(`composer.${purpose}`), "for-id": `${this.name}-${purpose}` });
  }

  #row(name, picker) {
    return h("div", { class: "composer__row" }, h("label", { class: "faint", for: `${this.name}-${name}` }, t(`composer.${name}`)), picker);
  }

  #quick() {
    const item = (type, name, props) => h("button", { class: "button button--quiet quick__item", type: "button", ...props }, icon(name), t(`composer.${type}`));
    const open = (type) => () => openWindow("activity", { type, records: this.#about ? [this.#about] : this.aboutField.items });
    const others = Object.entries(ACTIVITY_ICONS).map(([type, name]) => item(type, name, { "aria-haspopup": "dialog", onclick: open(type) }));
    return h("div", { class: "quick", role: "group", "aria-label": t("composer.quick") },
      item("message", "message", { "aria-pressed": "true", onclick: () => this.text.focus() }), others);
  }

  #foot() {
    const tool = (name, key, act) => iconButton(name, t(key), { class: "icon-button", onclick: act });
    return h("div", { class: "composer__foot cluster" },
      tool("link", "composer.add_link", () => this.#addLink()),
      tool("mention", "composer.mention", () => this.mentions.start("@")),
      h("span", { class: "push" }),
      h("button", { class: "button button--primary", type: "submit", title: "Ctrl+Enter" }, icon("send"), t("composer.post")));
  }

  /** A Markdown link around the selection, with the address selected to be typed over. */
  #addLink() {
    const { text } = this;
    const chosen = text.value.slice(text.selectionStart, text.selectionEnd) || t("composer.link_text");
    const from = text.selectionStart;
    this.mentions.insert(`[${chosen}](https://)`);
    text.setSelectionRange(from + chosen.length + 3, from + chosen.length + 11);
  }
}

/** @param {import("./chip.js").Item} item */
function recipientOf(item) {
  if (item.user) return { user: item.user };
  if (item.department) return { department: item.department };
  if (item.record) return { record: item.record, attach: item.attach !== false, mail: Boolean(item.email) && item.mail !== false };
  return { email: item.email };
}

/** The entry as it will most likely look, until the real one comes. */
function entryOf(body, { to, about, mentions }, place) {
  const records = [...(place ? [place] : []), ...about, ...to.filter((item) => item.record && item.attach !== false)];
  const named = mentions.map(({ label, token, kind }) => {
    const [id, name] = [Number(token.slice(2, -1)), label.slice(1)];
    return kind ? { record: id, kind, title: name } : { user: id, name };
  });
  return {
    type: "message", at: Date.now(), author: { user: session.me.user, name: session.me.name }, text: body.text, records,
    recipients: to.map((item) => (item.record ? { ...item, email: item.mail === false ? null : item.email } : item)), mentions: named,
  };
}

customElements.define("c-composer", Composer);
