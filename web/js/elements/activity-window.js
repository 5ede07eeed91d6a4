// The window of one activity, new or there already: fill in, save, complete, reopen, delete.
import { moveActivity, tellChanged } from "../activities.js";
import { api } from "../api.js";
import { announce, h, icon, replace } from "../dom.js";
import { errorsOf } from "../errors.js";
import { t } from "../i18n.js";
import { ACTIVITY_FIELDS, activityBody, activityValues } from "./activity-fields.js";
import { changes, Form } from "./form.js";
import { toast } from "./toasts.js";

/**
 * Opens an activity, or a new one. `wish`: {id} of one that is there, or {type, records, with …} of a new one.
 * @param {import("./window-dock.js").WindowDock} dock @param {any} wish
 */
export async function open(dock, wish) {
  const activity = wish.id ? await load(dock, wish) : wish;
  if (!activity) return;
  const title = activity.id ? activity.subject : t(`activity.new_${activity.type}`);
  const window = dock.make({ icon: activity.type, title, key: activity.id && `activity-${activity.id}` });
  if (!window) return;
  new ActivityWindow(window, activity).fill();
  dock.show(window);
}

async function load(dock, { id }) {
  try {
    return await api.get(`/activities/${id}`);
  } catch (error) {
    toast(t(error.code === "not_found" ? "activity.gone" : "activity.not_loaded"));
    return null;
  }
}

class ActivityWindow {
  /** @param {import("./window.js").FloatingWindow} window @param {any} activity */
  constructor(window, activity) {
    this.window = window;
    this.activity = activity;
    this.key = crypto.randomUUID();
    this.form = new Form(ACTIVITY_FIELDS[activity.type](), activityValues(activity));
    this.before = this.#body;
  }

  fill() {
    const { window, activity } = this;
    replace(window.body, activity.type === "email" && h("p", { class: "fine soft" }, t("activity.email_note")), this.form.nodes);
    if (activity.type !== "task") this.form.show("result", Boolean(activity.id));
    replace(window.foot, this.#foot());
    window.form.onsubmit = (event) => {
      event.preventDefault();
      this.#save();
    };
    window.form.addEventListener("input", () => this.#retitle());
    window.dirty = false;
    if (activity.id) document.addEventListener("caudal:frame", this.#heed);
  }

  /** Whether this may still be read, when rights are others. */
  #heed = async ({ detail: { type, name } }) => {
    const { window, activity } = this;
    if (!window.dialog.isConnected) return document.removeEventListener("caudal:frame", this.#heed);
    if (type !== "reset" && name !== "record.locked") return;
    await api.get(`/activities/${activity.id}`).catch(({ status }) => status === 404 && window.close(true));
  };

  /** What is written now, as the API takes it. */
  get #body() {
    return activityBody(this.activity.type, this.form.read());
  }

  #retitle() {
    const subject = this.form.editor("subject")?.read();
    if (!this.activity.id) this.window.title = subject || t(`activity.new_${this.activity.type}`);
  }

  #foot() {
    const { id, type, status } = this.activity;
    const save = h("button", { class: "button button--primary", type: "submit" }, t(id ? "activity.save" : `activity.create_${type}`));
    const push = h("span", { class: "push" });
    if (!id) return [push, h("button", { class: "button button--quiet", type: "button", onclick: () => this.window.close() }, t("activity.cancel")), save];
    const open = status === "planned" || status === "missed";
    const act = h("button", { class: "button", type: "button", onclick: () => this.#move(open ? "complete" : "reopen") }, icon(open ? "check" : "undo"), t(open ? "activity.complete" : "activity.reopen"));
    const drop = h("button", { class: "icon-button", type: "button", "aria-label": t("activity.delete"), title: t("activity.delete"), onclick: () => this.#askDelete() }, icon("trash", "l"));
    return [act, drop, push, save];
  }

  async #save() {
    const { id } = this.activity;
    const missing = this.form.missing();
    if (missing.length) return this.form.fail(missing);
    const body = this.#body;
    await this.#do(async () => {
      const saved = id
        ? await api.patch(`/activities/${id}`, { ...changes(this.before, body), version: this.activity.version }, { key: this.key })
        : await api.post("/activities", body, { key: this.key });
      announce(t("activity.saved", { subject: saved.subject }));
      tellChanged(saved);
    });
  }

  #move(act) {
    return this.#do(() => moveActivity(this.activity.id, act, act === "complete" ? this.form.editor("result")?.read() : ""));
  }

  #askDelete() {
    const { foot } = this.window;
    const back = () => replace(foot, this.#foot());
    const sure = h("button", { class: "button button--primary", type: "button", onclick: () => this.#delete() }, t("activity.delete"));
    replace(foot, h("span", { role: "alert" }, t("activity.delete_question")), h("span", { class: "push" }), h("button", { class: "button", type: "button", onclick: back }, t("activity.keep")), sure);
    sure.focus();
  }

  #delete() {
    const { id } = this.activity;
    return this.#do(async () => {
      await api.del(`/activities/${id}`);
      tellChanged({ id, removed: true });
    });
  }

  /** Does something and closes; a refusal is said where it belongs, and a changed try is a new request. */
  async #do(work) {
    const { window, form } = this;
    form.clear();
    window.form.inert = true;
    try {
      await work();
      window.close(true);
    } catch (error) {
      window.form.inert = false;
      this.key = crypto.randomUUID();
      if (!this.window.foot.querySelector("[type=submit]")) replace(window.foot, this.#foot());
      form.fail(errorsOf(error).map((one) => ({ ...one, field: this.#fieldOf(one.field) })));
    }
  }

  /** The form's name of a field of the service. */
  #fieldOf(name = "") {
    if (this.activity.type === "meeting" && ["start", "end"].includes(name)) return "when";
    return name.replace(/^email\./, "");
  }
}
