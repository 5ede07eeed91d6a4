// <c-window-dock>: keeps the floating windows and the dock of the minimised ones. It stands outside the page that the
// router changes, so windows survive navigation.
import { h, icon, replace } from "../dom.js";
import { t } from "../i18n.js";
import { FloatingWindow } from "./window.js";

/** Where focus goes in a window or the dock. @param {Element|null|undefined} place @returns {HTMLElement|null} */
const first = (place) => place?.querySelector(".window__body :is(input:checked, input:not([type=radio]), textarea, select), .window__body button, .dock__item button") ?? null;

export class WindowDock extends HTMLElement {
  /** @type {FloatingWindow[]} */ #windows = [];

  dock = h("div", { class: "dock", role: "group" });

  connectedCallback() {
    this.dock.setAttribute("aria-label", t("activity.dock"));
    this.append(this.dock);
    document.addEventListener("keydown", this.#f6);
    this.addEventListener("keydown", this.#f6);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#f6);
  }

  /**
   * A new window, not yet open: fill it, then `open` it. A window with the same key comes to the front instead.
   * @param {{icon: string, title: string, key?: string, wide?: boolean}} how
   * @returns {FloatingWindow|null}
   */
  make(how) {
    const same = how.key && this.#windows.find((window) => window.key === how.key);
    if (same) {
      this.show(same);
      return null;
    }
    const made = new FloatingWindow({ ...how, onState: () => this.#render(), onClose: () => this.#forget(made) });
    made.key = how.key;
    this.#windows.push(made);
    this.dock.before(made.dialog);
    return made;
  }

  /** @param {FloatingWindow} window */
  show(window) {
    if (window.dialog.open) window.raise();
    else window.open(this.#windows.filter(({ dialog }) => dialog.open).length);
    first(window.dialog)?.focus();
  }

  #f6 = (event) => {
    if (event.key !== "F6" || event.defaultPrevented) return;
    const open = this.#windows.map(({ dialog }) => dialog).filter((dialog) => dialog.open);
    const stops = [...open, this.dock, document.querySelector("main")].filter((stop) => stop?.firstElementChild);
    const now = stops.findIndex((stop) => stop?.contains(document.activeElement));
    const next = stops[(now + (event.shiftKey ? -1 : 1) + stops.length) % stops.length];
    event.preventDefault();
    (next?.tagName === "MAIN" ? /** @type {HTMLElement} */ (next) : first(next))?.focus();
  };

  #forget(window) {
    this.#windows = this.#windows.filter((other) => other !== window);
    this.#render();
  }

  #render() {
    replace(this.dock, ...this.#windows.filter((window) => window.minimised).map((window) => this.#item(window)));
  }

  #item(window) {
    const close = t("activity.close_named", { title: window.title });
    return h("div", { class: "dock__item mid" },
      icon(window.icon),
      h("button", { class: "truncate", type: "button", onclick: () => this.show(window) }, window.title),
      h("button", { class: "icon-button icon-button--small", type: "button", "aria-label": close, title: close, onclick: () => this.#close(window) }, icon("close")));
  }

  /** Closing from the dock: what was typed is shown again before it is asked about. */
  #close(window) {
    if (window.dirty) this.show(window);
    window.close();
  }
}

customElements.define("c-window-dock", WindowDock);
