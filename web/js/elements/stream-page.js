/**
 * <c-stream-page>: the stream as a page, and, with `record="42"`, a record's own stream inside its page. What is
 * put into it (a composer) stands over the stream.
 */

import { h, isTyping, visuallyHidden } from "../dom.js";
import { askFilter, readFilter, writeFilter } from "../filter.js";
import { t } from "../i18n.js";
import { navigate, setTitle } from "../router.js";
import { session } from "../session.js";
import { avatar } from "./avatar.js";
import "./composer.js";
import "./current-activities.js";
import "./live-state.js";
import "./stream-feed.js";
import "./stream-filters.js";

/** @typedef {import("../router.js").Params} Params */

class StreamPage extends HTMLElement {
  static layout = "page";

  /** @type {Params | undefined} */ params;
  /** @type {any} */ #feed;
  /** @type {any} */ #filters;

  get record() {
    return Number(this.getAttribute("record")) || null;
  }

  connectedCallback() {
    if (!this.#feed) this.#build();
    document.addEventListener("keydown", this.#key);
    this.#apply(readFilter(this.params?.query ?? new URLSearchParams(this.record ? "" : location.search)));
    if (!this.record) setTitle(t("nav.stream"));
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#key);
  }

  /** Another query of the same page. @param {Params} params */
  update(params) {
    this.params = params;
    this.#apply(readFilter(params.query));
  }

  #build() {
    const over = [...this.childNodes];
    this.#feed = h(/** @type {any} */ ("c-stream-feed"), null);
    this.#filters = h(/** @type {any} */ ("c-stream-filters"), this.record ? { record: true } : { sheet: "planned" });
    if (!this.record && mayWrite()) over.push(h(/** @type {any} */ ("c-composer"), null));
    const flow = h("div", { class: "flow" }, h("span", { class: "flow__me" }, avatar(session.me)),
      over, h(/** @type {any} */ ("c-connection-banner"), null), this.#filters, h("h2", { class: "visually-hidden" }, t("stream.entries")), this.#feed);
    this.addEventListener("filter", (event) => this.#choose(/** @type {CustomEvent} */ (event).detail));
    this.addEventListener("clear-filters", () => this.#filters.clear());
    this.addEventListener("show-all", () => this.#choose({ ...this.#filters.choice, scope: "all" }));
    if (this.record) {
      this.append(flow);
      return;
    }
    this.append(h("div", { class: "flow-box" }, h("h1", null, visuallyHidden(t("nav.stream"))), flow),
      h("aside", { class: "side", id: "planned", popover: "auto", "aria-label": t("nav.my_day") }, h(/** @type {any} */ ("c-current-activities"), null)));
  }

  /** The address holds the choice on the stream's own page; a record's page keeps its own. @param {import("../filter.js").Choice} choice */
  #choose(choice) {
    if (this.record) this.#apply(choice);
    else navigate(`/stream${writeFilter(choice)}`, { replace: true });
  }

  /** @param {import("../filter.js").Choice} choice */
  #apply(choice) {
    const { record } = this;
    this.#filters.choice = choice;
    this.#feed.source = { channel: record ? `record:${record}` : choice.scope, record, filter: askFilter(choice) };
  }

  /** Single keys, off while something is being written. @param {KeyboardEvent} event */
  #key = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog:modal")) return;
    const card = this.#feed.current;
    const acts = /** @type {Record<string, () => void>} */ ({
      j: () => this.#feed.step(1),
      k: () => this.#feed.step(-1),
      n: () => this.#feed.release(),
      m: () => /** @type {HTMLElement | null} */ (this.querySelector("c-composer"))?.focus(),
      a: () => this.record || this.#choose({ ...this.#filters.choice, scope: this.#filters.choice.scope === "all" ? "mine" : "all" }),
      c: () => card?.comment(),
      f: () => card?.press("follow"),
      r: () => card?.press("react"),
      Enter: () => card && event.target === card.node && /** @type {HTMLElement | null} */ (card.node.querySelector(".entry__open, a.chip"))?.click(),
    });
    if (!acts[event.key] || (event.key === "Enter" && event.target !== card?.node)) return;
    event.preventDefault();
    acts[event.key]();
  };
}

/** Quick activities stand there for whoever may update records of some kind (PRODUCT.md §4). */
const mayWrite = () => Object.values(session.me.may).some((actions) => actions.includes("update"));

customElements.define("c-stream-page", StreamPage);
