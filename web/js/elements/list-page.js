// <c-list-page kind="deal">: the records of a kind as a table (cards on a phone), with search, stage, order and more.
// The query of the address is the filter.
import { api } from "../api.js";
import { connection, live } from "../connection.js";
import { h, icon, replace } from "../dom.js";
import { renamed } from "../events.js";
import { money, stamp } from "../format.js";
import { t } from "../i18n.js";
import { setTitle } from "../router.js";
import { session } from "../session.js";
import { openWindow } from "../windows.js";
import { avatar } from "./avatar.js";
import { chipText } from "./chip.js";
import { stageChoices } from "./editors.js";
import { listenTo } from "./quiet-page.js";
import { LISTS } from "./record-fields.js";
import "./record-window.js";

const PAGE = 50;
const TYPING = 250; // ms; a pause in typing
const GATHER = 600; // ms; an import changes many records at once
const RIGHTS = ["record.locked", "record.unlocked", "record.removed"]; // of any kind: rows name others
const SORTS = ["-last_activity", "title", "-amount", "-created"];

export class ListPage extends HTMLElement {
  /** @type {any[]} */ #records = [];
  #next = null;
  #asked = 0;
  #timer = 0;
  form = h("form", { class: "filters", onsubmit: (/** @type {Event} */ event) => event.preventDefault(), oninput: () => this.#change() });
  add = h("div", {});
  box = h("div", { class: "panel panel--flush list-box" });

  /** @type {import("../router.js").Params|undefined} */ params;

  static layout = "page page--wide";

  get kind() {
    return this.params?.kind ?? this.getAttribute("kind") ?? "deal";
  }

  get #staged() {
    return stageChoices(this.kind).length > 0;
  }

  get #plural() {
    return LISTS[this.kind];
  }

  connectedCallback() {
    live.addEventListener("frame", this);
    session.addEventListener("change", this.#offer);
    this.#frame();
    listenTo(this.#plural, ["all"]).then(() => this.#load());
  }

  /** The address has another query. */
  update() {
    this.#frame();
    this.#load();
  }

  disconnectedCallback() {
    live.removeEventListener("frame", this);
    session.removeEventListener("change", this.#offer);
    clearTimeout(this.#timer);
  }

  /** @param {any} event */
  handleEvent({ detail: { type, name, data } }) {
    if (type === "reset" || RIGHTS.includes(name)) return this.#again(0);
    const rows = renamed(this.#records, { type, name, data });
    if (rows !== this.#records) {
      this.#records = rows;
      this.#render();
    }
    const kind = data?.record?.kind ?? data?.kind;
    if (name?.startsWith("record.") && kind === this.kind) this.#again(GATHER);
  }

  #again(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), pause);
  }

  get #query() {
    return /** @type {Record<string, string>} */ (Object.fromEntries([...new FormData(this.form)].filter(([, value]) => value)));
  }

  #frame() {
    const query = new URLSearchParams(location.search);
    const choose = (name, label, options) => {
      const node = h("select", { class: "button", name, "aria-label": t(label) }, options.map(([value, word]) => h("option", { value }, word)));
      node.value = query.get(name) ?? "";
      node.toggleAttribute("data-set", node.value !== "");
      return h("span", { class: "select" }, node, icon("down", "s"));
    };
    const find = t(`list.find_${this.kind}`);
    const search = h("input", { type: "search", name: "q", placeholder: find, "aria-label": find, value: query.get("q") ?? "" });
    const people = session.portal.users.filter(({ active, bot }) => active !== false && !bot).map(({ user, name }) => [String(user), name]);
    this.form.setAttribute("aria-label", t("list.filter"));
    replace(this.form,
      this.#staged && choose("stage", "record.stage", [["", t("list.any_stage")], ...stageChoices(this.kind)]),
      choose("responsible", "record.responsible", [["", t("list.anyone")], ...people]),
      choose("sort", "list.sort", [["", t("list.sort.last_activity")], ...SORTS.slice(1).map((sort) => [sort, t(`list.sort.${sort.replace("-", "")}`)])].filter(([sort]) => sort !== "-amount" || this.#staged)),
      h("label", { class: "searchbox" }, icon("search"), search));
    this.#offer();
    setTitle(t(`list.${this.#plural}`));
    replace(this, h("div", { class: "stack" }, h("div", { class: "spread" }, h("h1", {}, t(`list.${this.#plural}`)), this.add), this.form, this.box));
  }

  /** What may be made here. */
  #offer = () =>
    replace(this.add, session.may(this.kind, "create") && h("button", { class: "button button--primary", type: "button", onclick: () => openWindow("record", { kind: this.kind }) }, icon("plus"), t(`record.new_${this.kind}`)));

  #change() {
    for (const node of this.form.querySelectorAll("select")) node.toggleAttribute("data-set", node.value !== "");
    const query = new URLSearchParams(this.#query);
    history.replaceState(history.state, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
    this.#again(TYPING);
  }

  async #load(before = null) {
    const mine = ++this.#asked;
    try {
      const answer = await api.get(`/${this.#plural}`, { ...this.#query, before, limit: PAGE });
      if (mine !== this.#asked) return;
      connection.shown(answer);
      this.#records = before ? [...this.#records, ...answer.records] : answer.records;
      this.#next = answer.next;
      this.#render();
    } catch {
      if (!this.#records.length) replace(this.box, h("p", { class: "empty", role: "alert" }, t("list.failed")));
    }
  }

  #render() {
    if (!this.#records.length) return replace(this.box, this.#empty());
    const head = (key, end) => h("th", { scope: "col", class: end && "list__end" }, t(key));
    replace(this.box,
      h("table", { class: "list" },
        h("caption", { class: "visually-hidden" }, t(`list.${this.#plural}`)),
        h("thead", {}, h("tr", {}, head(`chip.${this.kind}`), this.#staged ? [head("record.stage"), head("record.amount", true)] : [head("record.type"), head("list.reach", true)], head("record.responsible"), head("list.last", true))),
        h("tbody", {}, this.#records.map((record) => this.#row(record)))),
      this.#next && h("p", { class: "list__more" }, h("button", { class: "button button--quiet", type: "button", onclick: () => this.#load(this.#next) }, t("list.more"))));
  }

  #row(record) {
    const under = record.links?.company ?? record.links?.companies?.[0];
    const line = under ? chipText(under) : record.number || record.company_title || record.job_title || record.industry;
    const reach = record.phones?.[0]?.value ?? record.emails?.[0]?.value ?? "";
    const second = this.#staged
      ? [h("td", {}, this.#meter(record.stage), record.stage?.name), h("td", { class: "list__end" }, money(record.amount, record.currency))]
      : [h("td", {}, record.type && t(`record.type.${record.type}`)), h("td", { class: "list__end" }, reach)];
    return h("tr", {},
      h("td", {}, h("a", { href: `/records/${record.record}` }, record.title), line && h("small", {}, line)),
      second,
      h("td", {}, record.responsible && h("span", { class: "mid nowrap" }, avatar(record.responsible, "s"), record.responsible.name)),
      h("td", { class: "list__end faint" }, stamp(record.last_activity_at ?? record.changed_at)));
  }

  /** How far the stage is, as marks; the word beside it says the same. */
  #meter(stage) {
    const steps = session.portal.stages.filter((one) => one.kind === this.kind && one.meaning === "progress");
    const at = stage?.meaning === "won" ? steps.length : steps.findIndex((one) => one.stage === stage?.stage) + 1;
    return h("span", { class: "meter", "aria-hidden": "true" }, steps.map((_, index) => h("i", { "data-on": index < at })));
  }

  #empty() {
    const searched = Object.keys(this.#query).length > 0;
    return h("div", { class: "empty" }, icon(searched ? "search" : this.kind), h("h2", {}, t(searched ? "list.nothing" : `list.none_${this.kind}`)), h("p", {}, t(searched ? "list.nothing_hint" : "list.none_hint")));
  }
}

customElements.define("c-list-page", ListPage);
