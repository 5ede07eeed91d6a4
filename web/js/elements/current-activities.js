// <c-current-activities record="42">: the next open activities by deadline, mine or a record's: five, then more.
// Overdue, today and later stand apart; completing one works in place.
import { dueness, moveActivity } from "../activities.js";
import { api } from "../api.js";
import { live } from "../connection.js";
import { announce, h, replace } from "../dom.js";
import { renamed } from "../events.js";
import { t } from "../i18n.js";
import { session } from "../session.js";
import { activityRow, dueHead } from "./activity-row.js";
import { toast } from "./toasts.js";

const FEW = 5;
const TICK = 60_000; // ms; a deadline passes without an event
const GATHER = 250; // ms; a burst of events is one question

export class CurrentActivities extends HTMLElement {
  #limit = FEW;
  /** @type {any[]} */ #activities = [];
  #total = 0;
  #timer = 0;
  #clock = 0;

  connectedCallback() {
    document.addEventListener("caudal:activity", this);
    live.addEventListener("frame", this);
    this.#clock = setInterval(() => this.#render(), TICK);
    this.#load();
  }

  disconnectedCallback() {
    document.removeEventListener("caudal:activity", this);
    live.removeEventListener("frame", this);
    clearInterval(this.#clock);
    clearTimeout(this.#timer);
  }

  get #record() {
    return Number(this.getAttribute("record")) || null;
  }

  /** @param {any} event */
  handleEvent(event) {
    const { name, type, data } = event.type === "frame" ? event.detail : { name: "activity.changed", data: event.detail, type: "event" };
    const rows = renamed(this.#activities, { type, name, data });
    if (rows !== this.#activities) {
      this.#activities = rows;
      this.#render();
    }
    if (type === "reset" || (name?.startsWith("activity.") && this.#concerns(data.activity)) || /^record\.(removed|(un)?locked)$/.test(name)) this.#again();
  }

  /** Whether an activity is here, or belongs here. */
  #concerns(activity) {
    const id = activity?.id ?? activity;
    if (this.#activities.some((one) => one.id === id)) return true;
    if (!activity?.records) return false;
    return this.#record ? activity.records.some(({ record }) => record === this.#record) : session.isMe(activity.responsible?.user);
  }

  #again() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), GATHER);
  }

  async #load() {
    try {
      const { activities, total } = await api.get("/activities/current", { record: this.#record, limit: this.#limit });
      this.#activities = activities;
      this.#total = total;
      this.#render();
    } catch {
      // The rows stay as they are; the next event asks again
    }
  }

  #render() {
    const now = Date.now();
    const focused = document.activeElement?.closest("[data-activity]")?.getAttribute("data-activity");
    const rows = this.#activities.flatMap((activity, index) => {
      const due = dueness(activity.deadline, now);
      const before = index > 0 && dueness(this.#activities[index - 1].deadline, now);
      return [due !== before && dueHead(due), activityRow(activity, { now, here: this.#record, onComplete: (one) => this.#complete(one) })];
    });
    const left = this.#total - this.#activities.length;
    replace(this, h("section", { class: "block", "aria-label": t("activity.current") },
      h("div", { class: "block__head mid" }, h("h2", {}, t("activity.current")), this.#total > 0 && h("span", { class: "count count--quiet" }, this.#total),
        !this.#record && h("a", { class: "button button--quiet button--small push", href: "/activities" }, t("activity.all"))),
      h("div", {}, rows, rows.length === 0 && h("p", { class: "soft" }, t(this.#record ? "activity.none_here" : "activity.none"))),
      left > 0 && h("div", {}, h("button", { class: "button button--quiet button--small", type: "button", onclick: () => this.#more() }, t("activity.more", { count: left })))));
    if (focused) /** @type {HTMLElement|null} */ (this.querySelector(`[data-activity="${focused}"] .checkbox`) ?? this.querySelector(".checkbox"))?.focus();
    this.dispatchEvent(new CustomEvent("counted", { bubbles: true, detail: { total: this.#total } }));
  }

  #more() {
    this.#limit += 4 * FEW;
    this.#load();
  }

  async #complete(activity) {
    const row = this.querySelector(`[data-activity="${activity.id}"]`);
    row?.setAttribute("data-done", "");
    try {
      await moveActivity(activity.id, "complete");
      announce(t("activity.completed", { subject: activity.subject }));
    } catch (error) {
      row?.removeAttribute("data-done");
      toast(t("activity.not_changed"));
    }
  }
}

customElements.define("c-current-activities", CurrentActivities);
