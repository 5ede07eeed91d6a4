/** <c-topbar>: the product bar. Sections, search, how live the page is, and the reader's own menu. */

import { h, icon, replace } from "../dom.js";
import { readFilter, writeFilter } from "../filter.js";
import { t } from "../i18n.js";
import { navigate } from "../router.js";
import { session } from "../session.js";
import { avatar } from "./avatar.js";
import "./live-state.js";

/** Sections in the order of the bar; `wide` ones move into More on a phone. */
const TABS = [
  { path: "/leads", name: "leads", icon: "lead" },
  { path: "/deals", name: "deals", icon: "deal" },
  { path: "/contacts", name: "contacts", icon: "contact", wide: true },
  { path: "/companies", name: "companies", icon: "company", wide: true },
  { path: "/quotes", name: "quotes", icon: "quote", wide: true },
  { path: "/activities", name: "activities", icon: "task" },
  { path: "/stream", name: "stream", icon: "stream" },
];

class Topbar extends HTMLElement {
  connectedCallback() {
    const more = TABS.filter((tab) => tab.wide).map((tab) => h("a", { class: "menu__item mid only-narrow", href: tab.path }, icon(tab.icon), t(`nav.${tab.name}`)));
    replace(this, h("header", { class: "topbar" },
      h("a", { class: "visually-hidden", href: "#main" }, t("nav.skip")),
      h("a", { class: "brand mid", href: "/stream", "aria-label": "Caudal" }, icon("caudal"), h("span", null, "Caudal")),
      h("nav", { class: "tabs", "aria-label": t("nav.sections") }, h("ul", null, TABS.map((tab) => this.#tab(tab))),
        h("details", { class: "menu only-narrow" }, h("summary", { class: "tab" }, icon("more"), t("nav.more")), h("div", { class: "menu__panel" }, more))),
      this.#search(),
      h("div", { class: "mid" }, h(/** @type {any} */ ("c-live-state"), null), this.#me())));
    addEventListener("caudal:page", () => this.#mark());
    this.#mark();
  }

  /** @param {{path: string, name: string, icon: string, wide?: boolean}} tab */
  #tab({ path, name, icon: iconName, wide }) {
    const long = t(`nav.${name}`);
    const short = t(`nav.${name}.short`);
    const words = long === short ? long : [h("span", { class: "tab__long" }, long), h("span", { class: "tab__short", "aria-label": long }, short)];
    return h("li", { class: wide ? "wide-tab" : null }, h("a", { class: "tab", href: path }, icon(iconName), words));
  }

  #search() {
    const field = h("input", { type: "search", name: "q", placeholder: t("search.label"), "aria-label": t("search.label") });
    this.field = field;
    return h("form", { class: "searchbox", role: "search", onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      // Too narrow for the field: its button leads to the stream's own.
      if (!field.offsetParent) return /** @type {HTMLElement | null} */ (document.querySelector(".filters input[type=search]"))?.focus();
      const here = location.pathname === "/" || location.pathname === "/stream";
      const choice = readFilter(new URLSearchParams(here ? location.search : ""));
      navigate(`/stream${writeFilter({ ...choice, scope: here ? choice.scope : "all", q: field.value.trim() })}`);
    } }, h("button", { type: "submit", "aria-label": t("search.label") }, icon("search")), field, h("kbd", { "aria-hidden": "true" }, "/"));
  }

  /** The reader's own menu; what it offers comes when it is opened. */
  #me() {
    const panel = h("div", { class: "menu__panel" });
    const fill = async () => {
      const { fillMeMenu } = await import("./me-menu.js");
      if (!panel.childElementCount) fillMeMenu(panel);
    };
    return h("details", { class: "menu", ontoggle: fill },
      h("summary", { class: "icon-button", "aria-label": t("me.menu", { name: session.me.name }), title: session.me.name }, avatar(session.me)), panel);
  }

  #mark() {
    const path = location.pathname === "/" ? "/stream" : location.pathname;
    for (const link of this.querySelectorAll("a.tab")) {
      if (link.getAttribute("href") === path) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    for (const menu of this.querySelectorAll("details[open]")) menu.removeAttribute("open");
    const q = new URLSearchParams(location.search).get("q") ?? "";
    if (this.field && document.activeElement !== this.field) this.field.value = path === "/stream" ? q : "";
  }

  /** Search, by its key. */
  find() {
    const field = this.field?.offsetParent ? this.field : /** @type {HTMLElement | null} */ (document.querySelector(".filters input[type=search]"));
    field?.focus();
  }
}

customElements.define("c-topbar", Topbar);
