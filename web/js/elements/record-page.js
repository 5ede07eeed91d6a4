// <c-record-page record="42">: a record's head, its facts, its own composer and stream, and what is planned for it.
// What does not exist and what may not be read are one and the same page. Live: what others change is shown at once.
import { api } from "../api.js";
import { live } from "../connection.js";
import { announce, h, icon, replace } from "../dom.js";
import { errorsOf } from "../errors.js";
import { renamed } from "../events.js";
import { t } from "../i18n.js";
import { setTitle } from "../router.js";
import { session } from "../session.js";
import { avatar } from "./avatar.js";
import "./composer.js";
import "./composer-desk.js";
import "./current-activities.js";
import "./record-facts.js";
import { listenTo } from "./quiet-page.js";
import "./record-head.js";
import { problem } from "./toasts.js";

/** The events that may end the reading of a record. */
const ACCESS = ["record.locked", "record.unlocked", "record.removed"];

export class RecordPage extends HTMLElement {
  /** @type {any} */ #record = null;
  /** @type {any[]} */ #followers = [];
  head = h("c-record-head", null);
  facts = h("c-record-facts", null);

  connectedCallback() {
    this.addEventListener("stage", this, true);
    this.addEventListener("change-record", this);
    document.addEventListener("caudal:record", this);
    live.addEventListener("frame", this);
    this.#load();
  }

  disconnectedCallback() {
    document.removeEventListener("caudal:record", this);
    live.removeEventListener("frame", this);
  }

  /** @type {import("../router.js").Params|undefined} */ params;

  // A record has a head of its own over the page's columns
  static layout = "";

  get record() {
    return this.params?.record ?? Number(this.getAttribute("record"));
  }

  /** @param {any} event */
  handleEvent({ type, detail }) {
    if (type === "stage") this.#change({ stage: detail.stage });
    else if (type === "change-record") this.#change(detail.changes, detail);
    else if (type === "caudal:record") this.#take(detail.record);
    else this.#frame(detail);
  }

  async #load() {
    const id = this.record;
    try {
      // Subscribed first, read then: nothing is lost in between
      if (!this.#record) await listenTo(`record ${id}`, [`record:${id}`]);
      const [record, followers] = await Promise.all([api.get(`/records/${id}`), api.get(`/records/${id}/followers`)]);
      this.#followers = followers.followers ?? followers;
      if (this.#record) return this.#take(record);
      this.#record = record;
      this.#render();
      this.#show();
    } catch (error) {
      if (error.status === 404) this.#gone();
      else if (!this.#record) replace(this, this.#message("alert", "record.not_loaded", h("button", { class: "button", type: "button", onclick: () => this.#load() }, t("record.try_again"))));
    }
  }

  #render() {
    const { record: id, kind } = this.#record;
    const feed = h("c-stream-feed", null);
    feed.source = { channel: `record:${id}`, record: id, filter: {} };
    const sheet = (target, name, key) => h("button", { class: "button sheet-opener", type: "button", popovertarget: target }, icon(name), t(key));
    replace(this, this.head,
      h("div", { class: "page page--record" },
        h("aside", { class: "side", id: "fields", popover: "auto", "aria-label": t(`record.about_${kind}`) }, this.facts),
        h("div", { class: "flow-box" },
          h("h2", { class: "visually-hidden" }, t("record.stream")),
          h("div", { class: "flow" }, h("span", { class: "flow__me" }, avatar(session.me)),
            h("div", { class: "cluster sheet-openers" }, sheet("fields", kind, "record.details"), sheet("planned", "clock", "record.activities")), feed)),
        h("aside", { class: "side", id: "planned", popover: "auto", "aria-label": t("activity.current") }, h("c-current-activities", { record: id }))));
  }

  #show() {
    setTitle(this.#record.title);
    this.head.show(this.#record);
    this.facts.show(this.#record, this.#followers);
    this.#compose();
  }

  /** A newer state of the record: `may` and `following` are the reader's own and come only with an answer. */
  #take(record) {
    if (record?.record !== this.record || !this.#record) return;
    const { may, following } = this.#record;
    this.#record = { may, following, ...record };
    this.#show();
  }

  /** The composer comes and goes with the right to write about this record. */
  #compose() {
    const { record, kind, title, may } = this.#record;
    const there = this.querySelector("c-composer");
    if (Boolean(there) === may?.includes("update")) return;
    if (there) return there.remove();
    const composer = h("c-composer", null);
    composer.about = { record, kind, title };
    this.querySelector(".sheet-openers")?.before(composer);
  }

  #frame(frame) {
    const { type, name, data } = frame;
    if (/^record\.(locked|removed)$/.test(name) && (data.locked ?? data.removed) === this.record) this.#gone();
    else if (type === "reset" || ACCESS.includes(name) || (name === "record.changed" && data.record?.locked)) this.#load();
    else if (name === "record.changed" && data.record?.record === this.record) {
      const handed = data.record.responsible?.user !== this.#record?.responsible?.user;
      this.#take(data.record);
      if (handed) this.#load();
    } else if (name === "follower.changed" && data.followed === this.record) this.#follower(data);
    else if (this.#record) this.#rename(frame);
  }

  /** Others are named otherwise. */
  #rename(frame) {
    const shown = [this.#record, this.#followers];
    const fresh = renamed(shown, frame);
    if (fresh === shown) return;
    [this.#record, this.#followers] = fresh;
    this.#show();
  }

  #follower({ user, level, by_right }) {
    const others = this.#followers.filter((one) => one.user !== user.user);
    this.#followers = level ? [...others, { ...user, level, by_right }] : others;
    if (this.#record) this.facts.show(this.#record, this.#followers);
  }

  /**
   * Sends changed fields. Somebody else's change since is shown first, and said; nothing of it is overwritten.
   * @param {Record<string, unknown>} changes
   * @param {{form?: import("./form.js").Form, done?: () => void}} [how]
   */
  async #change(changes, { form, done } = {}) {
    const { record: id, version } = this.#record;
    try {
      const record = await api.patch(`/records/${id}`, { ...changes, version });
      done?.();
      this.#take(record);
      announce(t("record.saved"));
      // Who is responsible decides what I may do here, even whether I may read on
      if ("responsible" in changes) await this.#load();
    } catch (error) {
      if (error.code === "conflict") await this.#load();
      if (form) form.fail(errorsOf(error).map((one) => (error.code === "conflict" ? { code: "conflict" } : one)));
      else problem(error);
    }
  }

  #gone() {
    this.#record = null;
    setTitle(t("record.not_found"));
    replace(this, this.#message("search", "record.not_found", h("a", { class: "button", href: "/" }, t("record.to_stream"))));
  }

  #message(name, key, action) {
    return h("div", { class: "page page--wide" },
      h("div", { class: "panel empty" }, icon(name), h("h1", {}, t(key)), h("p", {}, t(`${key}_hint`)), h("div", { class: "cluster" }, action)));
  }
}

customElements.define("c-record-page", RecordPage);
