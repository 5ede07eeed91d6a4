// <c-activities-page>: all my activities, open or completed, bound to records or not: where a task without a record lives.
import { dueness, moveActivity } from "../activities.js";
import { api } from "../api.js";
import { connection, live } from "../connection.js";
import { h, icon, replace } from "../dom.js";
import { renamed } from "../events.js";
import { ACTIVITIES } from "../filter.js";
import { t } from "../i18n.js";
import { setTitle } from "../router.js";
import { session } from "../session.js";
import { openWindow } from "../windows.js";
import { activityRow, dueHead } from "./activity-row.js";
import { listenTo } from "./quiet-page.js";
import { toast } from "./toasts.js";

const PAGE = 100; // the most that is given at once, because groups by deadline want all of them
const GATHER = 250; // ms; a burst of events is one question

export class ActivitiesPage extends HTMLElement {
  /** @type {any[]} */ #activities = [];
  #next = null;
  #timer = 0;
  #asked = 0;
  static layout = "page page--wide";
  /** @type {Record<string, string>} */ #filter = { status: "open", type: "" };
  list = h("div", { class: "panel panel--roomy" });

  connectedCallback() {
    document.addEventListener("caudal:activity", this);
    live.addEventListener("frame", this);
    this.#begin();
    listenTo("activities", ["tasks", "mine"]).then(() => this.#load());
  }

  /** The address has another query. */
  update() {
    this.#begin();
    this.#load();
  }

  #begin() {
    const query = new URLSearchParams(location.search);
    this.#filter = { status: query.get("status") === "completed" ? "completed" : "open", type: query.get("type") ?? "" };
    this.#frame();
  }

  disconnectedCallback() {
    document.removeEventListener("caudal:activity", this);
    live.removeEventListener("frame", this);
    clearTimeout(this.#timer);
  }

  /** @param {any} event */
  handleEvent(event) {
    const { name, type, data } = event.type === "frame" ? event.detail : { name: "activity.", data: event.detail, type: "event" };
    const activity = data?.activity;
    const mine = session.isMe(activity?.responsible?.user) || this.#activities.some(({ id }) => id === (activity?.id ?? activity));
    const rows = renamed(this.#activities, { type, name, data });
    if (rows !== this.#activities) {
      this.#activities = rows;
      this.#render();
    }
    if (type === "reset" || /^record\.(un)?locked$/.test(name) || (name?.startsWith("activity.") && mine)) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#load(), GATHER);
    }
  }

  #frame() {
    const radio = (name, value, key) => h("label", {}, h("input", { type: "radio", name, value, checked: this.#filter[name] === value }), t(key));
    const segmented = (name, legend, options) => h("fieldset", { class: "segmented" }, h("legend", { class: "visually-hidden" }, t(legend)), options.map(([value, key]) => radio(name, value, key)));
    const form = h("form", { class: "filters", "aria-label": t("activity.filter"), onchange: () => this.#change(form) },
      segmented("status", "activity.status", [["open", "activity.open"], ["completed", "activity.done"]]),
      segmented("type", "activity.kind", [["", "list.all"], ...ACTIVITIES.map((type) => [type, `activity.types.${type}`])]));
    const add = h("button", { class: "button button--primary", type: "button", onclick: () => openWindow("activity", { type: "task" }) }, icon("plus"), t("activity.new_task"));
    setTitle(t("activity.title"));
    replace(this, h("div", { class: "stack" }, h("div", { class: "spread" }, h("h1", {}, t("activity.title")), add), form, this.list));
  }

  #change(form) {
    this.#filter = /** @type {any} */ (Object.fromEntries(new FormData(form)));
    const query = new URLSearchParams(Object.entries(this.#filter).filter(([, value]) => value && value !== "open"));
    history.replaceState(history.state, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
    this.#load();
  }

  async #load(before = null) {
    const mine = ++this.#asked;
    try {
      const answer = await api.get("/activities", { responsible: session.me.user, ...this.#filter, before, limit: PAGE });
      if (mine !== this.#asked) return;
      connection.shown(answer);
      this.#activities = before ? [...this.#activities, ...answer.activities] : answer.activities;
      this.#next = answer.next;
      this.#render();
    } catch {
      if (!this.#activities.length) replace(this.list, h("p", { class: "soft", role: "alert" }, t("list.failed")));
    }
  }

  #render() {
    const now = Date.now();
    const open = this.#filter.status === "open";
    const order = ["overdue", "today", "later"];
    const sorted = open ? [...this.#activities].sort((a, b) => (a.deadline ?? Infinity) - (b.deadline ?? Infinity)) : this.#activities;
    const groups = open ? order.map((due) => ({ due, some: sorted.filter((one) => dueness(one.deadline, now) === due) })) : [{ due: "", some: sorted }];
    const row = (activity) => activityRow(activity, { now, onComplete: (one) => this.#toggle(one) });
    replace(this.list, groups.flatMap(({ due, some }) => (some.length ? [due && dueHead(due, "h2"), ...some.map(row)] : [])),
      sorted.length === 0 && h("div", { class: "empty" }, icon("task"), h("h2", {}, t("activity.none")), h("p", {}, t("activity.none_hint"))),
      this.#next && h("button", { class: "button button--quiet", type: "button", onclick: () => this.#load(this.#next) }, t("list.more")));
  }

  async #toggle(activity) {
    try {
      await moveActivity(activity.id, activity.status === "completed" ? "reopen" : "complete");
    } catch {
      toast(t("activity.not_changed"));
    }
  }
}

customElements.define("c-activities-page", ActivitiesPage);
