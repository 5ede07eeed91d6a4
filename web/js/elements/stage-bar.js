// <c-stage-bar>: how far a record has come. A click, or the arrow keys and Enter, ask to move it: "stage" with the id.
import { h, icon, replace } from "../dom.js";
import { session } from "../session.js";
import { t } from "../i18n.js";

export class StageBar extends HTMLElement {
  /** @type {any} */ #record = null;
  #may = false;

  /** @param {any} record whole @param {boolean} may whether the reader may move it */
  show(record, may) {
    this.#record = record;
    this.#may = may;
    const focused = this.contains(document.activeElement) ? document.activeElement?.getAttribute("data-stage") : null;
    this.#render();
    if (focused) /** @type {HTMLElement|null} */ (this.querySelector(`[data-stage="${focused}"]`))?.focus();
  }

  connectedCallback() {
    this.addEventListener("keydown", (event) => this.#key(event));
  }

  get #stages() {
    const { kind, pipeline } = this.#record;
    return session.portal.stages
      .filter((stage) => stage.kind === kind && (!pipeline || !stage.pipeline || stage.pipeline === pipeline))
      .sort((a, b) => (a.sort ?? 0) - (b.sort ?? 0));
  }

  #render() {
    const stages = this.#stages;
    const now = stages.findIndex(({ stage }) => stage === this.#record.stage?.stage);
    const lost = this.#record.stage?.meaning === "lost";
    replace(this, h("ol", { class: "stages", "aria-label": t("record.stage") }, stages.map((stage, index) => h("li", {}, this.#step(stage, index, now, lost)))));
  }

  #step(stage, index, now, lost) {
    const current = index === now;
    const done = !lost && index < now && stage.meaning === "progress";
    return h("button", {
      class: "stage", type: "button", "data-stage": stage.stage, "data-state": done ? "done" : stage.meaning === "lost" ? "lost" : null,
      "aria-current": current ? "step" : null, tabindex: index === Math.max(now, 0) ? 0 : -1, title: stage.name,
      "aria-disabled": this.#may ? null : "true",
      onclick: () => this.#move(stage.stage),
    }, h("span", { class: "truncate fine" }, current && stage.meaning !== "progress" && [icon(stage.meaning === "won" ? "check" : "close", "s"), " "], stage.name));
  }

  #move(stage) {
    if (!this.#may || stage === this.#record.stage?.stage) return;
    this.dispatchEvent(new CustomEvent("stage", { detail: { stage } }));
  }

  #key(event) {
    const buttons = /** @type {HTMLElement[]} */ ([...this.querySelectorAll(".stage")]);
    const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined || !buttons[to]) return;
    event.preventDefault();
    buttons[at].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  }
}

customElements.define("c-stage-bar", StageBar);
