/** Short notices at the foot of the page. Anything may ask for one by "caudal:toast" {text, action?}, or "problem" {error}. */

import { live } from "../connection.js";
import { button, h } from "../dom.js";
import { errorsOf, errorText } from "../errors.js";
import { t } from "../i18n.js";

/** How long a notice stays, ms; longer when there is something to press. */
const STAY = 5_000;
const STAY_TO_ACT = 10_000;

/**
 * @param {string} text
 * @param {{label: string, run: () => void} | null} [action]
 */
export function toast(text, action = null) {
  document.dispatchEvent(new CustomEvent("caudal:toast", { detail: { text, action } }));
}

/** Says what was refused, in words. @param {any} error */
export const problem = (error) => toast(errorsOf(error).map(errorText).join(" ") || t("error.unavailable"));

/** Runs a write and says what went wrong; resolves to null then. @param {Promise<any>} work */
export async function attempt(work) {
  try {
    const answer = (await work) ?? true;
    // The service answers again: no need to wait for the next attempt of the socket.
    if (live.state === "reconnecting") live.retry();
    return answer;
  } catch (error) {
    problem(error);
    return null;
  }
}

class Toasts extends HTMLElement {
  connectedCallback() {
    this.className = "toasts stack";
    this.setAttribute("role", "status");
    document.addEventListener("caudal:toast", (event) => this.show(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener("problem", (event) => problem(/** @type {CustomEvent} */ (event).detail?.error));
  }

  /** @param {{text: string, action?: {label: string, run: () => void} | null}} notice */
  show({ text, action }) {
    const end = () => node.remove();
    const node = h("div", { class: "toast mid" }, h("span", null, text),
      action ? button(action.label, { class: "button button--small", onclick: () => { end(); action.run(); } }, "undo") : null,
      button(t("toast.close"), { class: "button button--small", onclick: end }));
    this.append(node);
    let timer = setTimeout(end, action ? STAY_TO_ACT : STAY);
    // Whoever reads it, or is about to press, is not hurried.
    node.addEventListener("pointerenter", () => clearTimeout(timer));
    node.addEventListener("pointerleave", () => (timer = setTimeout(end, STAY)));
  }
}

customElements.define("c-toasts", Toasts);
