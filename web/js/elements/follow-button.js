// <c-follow-button>: Follow, or the level of following with Unfollow. Who is responsible follows by right.
import { h, icon, replace } from "../dom.js";
import { t } from "../i18n.js";
import { session } from "../session.js";

const LEVELS = { everything: "follow", important: "pin", muted: "bell" };

export class FollowButton extends HTMLElement {
  /** @type {any} */ #record = null;

  connectedCallback() {
    session.addEventListener("change", this.#render);
  }

  disconnectedCallback() {
    session.removeEventListener("change", this.#render);
  }

  /** @param {any} record whole */
  show(record) {
    this.#record = record;
    this.#render();
  }

  #render = () => {
    if (!this.#record) return;
    const level = session.follows.get(this.#record.record) ?? null;
    const byRight = session.isMe(this.#record.responsible?.user);
    const state = `${level} ${byRight}`;
    if (this.getAttribute("state") === state) return;
    this.setAttribute("state", state);
    replace(this, level || byRight ? this.#menu(level ?? "everything", byRight) : this.#follow());
  };

  #follow() {
    return h("button", { class: "button", type: "button", onclick: () => this.#set("everything") }, icon("follow"), t("record.follow"));
  }

  #menu(level, byRight) {
    const item = (name) => h("button", { class: "menu__item mid", type: "button", "aria-pressed": String(name === level), onclick: () => this.#set(name) },
      icon(LEVELS[name]), t(`record.follow_${name}`), name === level && h("span", { class: "push" }, icon("check")));
    const last = byRight
      ? h("p", { class: "menu__item mid fine soft" }, icon("lock"), t("record.by_right"))
      : h("button", { class: "menu__item mid", type: "button", onclick: () => this.#set(null) }, icon("unfollow"), t("record.unfollow"));
    return h("details", { class: "menu" },
      h("summary", { class: "button" }, icon(LEVELS[level]), t(level === "muted" ? "record.muted" : "record.following"), icon("down", "s")),
      h("div", { class: "menu__panel" }, Object.keys(LEVELS).map(item), h("hr", { class: "menu__rule" }), last));
  }

  #close() {
    this.querySelector("details")?.removeAttribute("open");
    this.querySelector("summary")?.focus();
  }

  async #set(level) {
    this.#close();
    try {
      await session.follow(this.#record.record, level);
    } catch (error) {
      this.dispatchEvent(new CustomEvent("problem", { bubbles: true, detail: { error } }));
    }
    (this.querySelector("summary") ?? this.querySelector("button"))?.focus();
  }
}

customElements.define("c-follow-button", FollowButton);
