// What a composer does: keeps the draft, says who will see it, posts. What is posted is handed to the page at once by
// "caudal:posting", and taken back by "caudal:refused"; the event that everyone gets replaces it by its reference.
import { api } from "../api.js";
import { h, icon, replace } from "../dom.js";
import { errorsOf, errorText } from "../errors.js";
import { t } from "../i18n.js";
import { session } from "../session.js";
import { Audience } from "./audience.js";
import "./chip-picker.js";
import { keepDraft, readDraft } from "./drafts.js";
import { Mentions } from "./mentions.js";

export class ComposerDesk {
  /** @param {import("./composer.js").Composer} composer */
  constructor(composer) {
    this.composer = composer;
    this.audience = new Audience(composer.audience);
    this.mentions = new Mentions(composer.text);
    composer.aboutField.fixed = composer.about ? [composer.about] : [];
    const { value } = composer.text;
    const draft = readDraft(session.me.user, this.#place);
    this.#fill(value ? { to: [], about: [], mentions: [], ...draft, text: value } : draft);
    for (const type of ["input", "chips"]) composer.form.addEventListener(type, () => this.#changed());
    document.addEventListener("caudal:draft", this.#takeBack);
  }

  leave() {
    document.removeEventListener("caudal:draft", this.#takeBack);
  }

  get #place() {
    return this.composer.about ? String(this.composer.about.record) : "stream";
  }

  /** What is written now, as it is kept. */
  get #draft() {
    const { text, toField, aboutField } = this.composer;
    return { text: text.value, to: toField.items, about: aboutField.items, mentions: this.mentions.list };
  }

  get #body() {
    const { about: place, toField, aboutField } = this.composer;
    const about = [...(place ? [place] : []), ...aboutField.items].map(({ record }) => record);
    return { text: this.mentions.text, to: toField.items.map(recipientOf), about };
  }

  #fill(draft) {
    const { text, toField, aboutField } = this.composer;
    if (text.value !== (draft?.text ?? "")) text.value = draft?.text ?? "";
    this.mentions.list = draft?.mentions ?? [];
    toField.items = draft?.to ?? [];
    aboutField.items = draft?.about ?? [];
    this.#changed();
  }

  /** A refused post comes back here to be changed, unless something else was begun. */
  #takeBack = ({ detail }) => {
    if (detail.entryDraft?.composer === this.composer.name) this.#restore(detail.entryDraft.draft);
  };

  #restore(draft) {
    const { value } = this.composer.text;
    this.#fill(value.trim() ? { ...draft, text: `${draft.text}\n\n${value}` } : draft);
    this.composer.focus();
  }

  #changed() {
    this.#fail([]);
    keepDraft(session.me.user, this.#place, this.#draft);
    this.audience.update(this.#body);
  }

  async post() {
    const body = this.#body;
    const missing = this.#missing(body);
    if (missing.length) return this.#fail(missing);
    const ref = crypto.randomUUID();
    const draft = this.#draft;
    const { about, name } = this.composer;
    this.#say("caudal:posting", { ref, body, entryDraft: { ...entryOf(body, draft, about), composer: name, draft } });
    this.#fill(null);
    this.composer.focus();
    try {
      this.#say("caudal:posted", { ref, entry: await api.post("/entries", { ...body, ref }, { key: ref }) });
    } catch (error) {
      this.#say("caudal:refused", { ref, error });
      // What the service will never take as it is comes back to be changed; what did not reach it can be sent again
      if (error.status >= 400 && error.status < 500 && this.composer.isConnected) {
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
    const { problem, name, text, toField, aboutField } = this.composer;
    problem.hidden = errors.length === 0;
    problem.id = `${name}-problem`;
    replace(problem, icon("alert"), h("span", {}, errors.map(errorText).join(" ")));
    const wrong = (name) => errors.some(({ field = "" }) => field.split(/[.[]/)[0] === name);
    toField.invalid(wrong("to") ? problem.id : null);
    aboutField.invalid(wrong("about") ? problem.id : null);
    if (wrong("text")) text.setAttribute("aria-invalid", "true");
    else text.removeAttribute("aria-invalid");
    if (wrong("text")) text.focus();
    else if (wrong("to")) toField.focus();
    else if (wrong("about")) aboutField.focus();
  }

  #say(name, detail) {
    this.composer.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  /** A Markdown link around the selection, with the address selected to be typed over. */
  addLink() {
    const { text } = this.composer;
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
