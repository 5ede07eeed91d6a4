/** <c-stream-page>: the product's first page. The composer, the filter that the address holds, the stream, and my next activities beside it. */

import { h, isTyping, visuallyHidden } from "../dom.js";
import { askFilter, readFilter, writeFilter } from "../filter.js";
import { t } from "../i18n.js";
import { navigate, setTitle } from "../router.js";
import { session } from "../session.js";
import { avatar } from "./avatar.js";
import "./composer.js";
import "./current-activities.js";
import "./stream-feed.js";
import "./stream-filters.js";

/** @typedef {import("../router.js").Params} Params */
/** @typedef {import("../filter.js").Choice} Choice */

class StreamPage extends HTMLElement {
  static layout = "page";

  /** @type {Params | undefined} */ params;
  /** @type {any} */ #feed;
  /** @type {any} */ #filters;

  connectedCallback() {
    this.#build();
    this.#compose();
    document.addEventListener("keydown", this.#key);
    session.addEventListener("change", this.#compose);
    this.update(this.params ?? { query: new URLSearchParams(location.search) });
    setTitle(t("nav.stream"));
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#key);
    session.removeEventListener("change", this.#compose);
  }

  /** The composer comes and goes with the right to write. */
  #compose = () => {
    const composer = this.querySelector("c-composer");
    if (composer && !mayWrite()) composer.remove();
    else if (!composer && mayWrite()) this.#filters.before(h(/** @type {any} */ ("c-composer"), null));
  };

  /** Another query of the same page. @param {Params} params */
  update({ query }) {
    const choice = readFilter(query);
    this.#filters.choice = choice;
    this.#feed.source = { channel: choice.scope, record: null, filter: askFilter(choice) };
  }

  #build() {
    this.#feed = h(/** @type {any} */ ("c-stream-feed"), null);
    this.#filters = h(/** @type {any} */ ("c-stream-filters"), { sheet: "planned" });
    this.addEventListener("filter", (event) => this.#choose(/** @type {CustomEvent} */ (event).detail));
    this.addEventListener("clear-filters", () => this.#filters.clear());
    this.addEventListener("show-all", () => this.#choose({ ...this.#filters.choice, scope: "all" }));
    this.append(
      h("div", { class: "flow-box" }, h("h1", null, visuallyHidden(t("nav.stream"))),
        h("div", { class: "flow" }, h("span", { class: "flow__me" }, avatar(session.me)), this.#filters, h("h2", { class: "visually-hidden" }, t("stream.entries")), this.#feed)),
      h("aside", { class: "side", id: "planned", popover: "auto", "aria-label": t("nav.my_day") }, h(/** @type {any} */ ("c-current-activities"), null)));
  }

  /** @param {Choice} choice */
  #choose(choice) {
    navigate(`/stream${writeFilter(choice)}`, { replace: true });
  }

  /** @param {KeyboardEvent} event */
  #key = (event) => {
    if (event.key !== "a" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const { choice } = this.#filters;
    this.#choose({ ...choice, scope: choice.scope === "all" ? "mine" : "all" });
  };
}

/** Quick activities stand there for whoever may update records of some kind (PRODUCT.md §4). */
const mayWrite = () => Object.values(session.me.may).some((actions) => actions.includes("update"));

customElements.define("c-stream-page", StreamPage);
