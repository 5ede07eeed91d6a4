// One floating window: a native dialog without a backdrop, so the page behind stays live. It can be dragged by its head,
// minimised (Esc), and asks before it throws away what was typed. On a phone it takes the whole screen.
import { h, icon } from "../dom.js";
import { t } from "../i18n.js";

const PHONE = matchMedia("(width < 45rem)");
const FOCUSABLE = "a[href], button:not([disabled]), input:not([disabled]), select, textarea, summary, [tabindex='0']";
let count = 0;

export class FloatingWindow {
  /** What it shows, so that the same thing is not opened twice. @type {string|undefined} */ key = undefined;
  dirty = false;
  minimised = false;

  /** @param {{icon: string, title: string, wide?: boolean, onState: () => void, onClose: () => void}} how */
  constructor(how) {
    this.how = how;
    this.icon = how.icon;
    this.opener = /** @type {HTMLElement|null} */ (document.activeElement);
    const id = `window-${++count}`;
    this.heading = h("h2", { class: "truncate", id }, how.title);
    this.body = h("div", { class: "window__body" });
    this.foot = h("footer", { class: "window__foot cluster" });
    const head = h("header", { class: "window__head mid", onpointerdown: (event) => this.#drag(event) },
      icon(how.icon), this.heading,
      this.#button("minimise", "activity.minimise", () => this.minimise()),
      this.#button("close", "activity.close", () => this.close()));
    this.form = h("form", { class: "window__form", novalidate: true, oninput: () => (this.dirty = true) }, this.body, this.foot);
    this.form.addEventListener("chips", () => (this.dirty = true));
    this.dialog = h("dialog", { class: how.wide ? "window window--wide" : "window", "aria-labelledby": id }, head, this.form);
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.minimise();
    });
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("focusin", () => this.raise());
  }

  get title() {
    return this.heading.textContent ?? "";
  }

  set title(text) {
    this.heading.textContent = text;
    this.how.onState();
  }

  /** @param {number} nth how many windows are open, so that they do not hide one another */
  open(nth = 0) {
    this.minimised = false;
    if (PHONE.matches) this.dialog.showModal();
    else {
      this.dialog.show();
      if (!this.dialog.style.left) this.#moveTo(innerWidth - this.dialog.offsetWidth - 32 - nth * 32, 80 + nth * 36);
    }
    this.raise();
    this.how.onState();
  }

  minimise() {
    this.minimised = true;
    this.dialog.close();
    this.how.onState();
    this.#giveFocusBack();
  }

  /** Closes; what was typed is asked about first, unless `now`. */
  close(now = false) {
    if (this.dirty && !now) return this.#ask();
    this.dialog.close();
    this.dialog.remove();
    this.how.onClose();
    this.#giveFocusBack();
  }

  /** Puts the window over the others. Order in the document is the order of depth. */
  raise() {
    const { dialog } = this;
    for (const other of document.querySelectorAll("dialog.window")) other.toggleAttribute("data-front", other === dialog);
  }

  #ask() {
    const kept = [...this.foot.childNodes];
    const keep = h("button", { class: "button", type: "button", onclick: () => this.foot.replaceChildren(...kept) }, t("activity.keep"));
    const drop = h("button", { class: "button button--primary", type: "button", onclick: () => this.close(true) }, t("activity.discard"));
    this.foot.replaceChildren(h("span", { role: "alert" }, t("activity.discard_question")), h("span", { class: "push" }), keep, drop);
    keep.focus();
  }

  #giveFocusBack() {
    if (this.opener?.isConnected) this.opener.focus({ preventScroll: true });
  }

  #button(name, key, onclick) {
    return h("button", { class: "icon-button icon-button--small", type: "button", "aria-label": t(key), title: t(key), onclick }, icon(name));
  }

  #key(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      this.minimise();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.form.requestSubmit();
    }
    if (event.key === "Tab") this.#keepTab(event);
    event.stopPropagation();
    if (event.key === "F6") this.dialog.parentElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "F6", shiftKey: event.shiftKey }));
  }

  /** Tab stays inside; F6 leaves. */
  #keepTab(event) {
    const inside = [...this.dialog.querySelectorAll(FOCUSABLE)].filter((node) => node.checkVisibility());
    const end = event.shiftKey ? inside[0] : inside.at(-1);
    if (document.activeElement !== end) return;
    event.preventDefault();
    /** @type {HTMLElement|undefined} */ (event.shiftKey ? inside.at(-1) : inside[0])?.focus();
  }

  #drag(event) {
    if (PHONE.matches || event.button !== 0 || event.target.closest("button")) return;
    const head = event.currentTarget;
    const box = this.dialog.getBoundingClientRect();
    const move = ({ clientX, clientY }) => this.#moveTo(box.left + clientX - event.clientX, box.top + clientY - event.clientY);
    head.setPointerCapture(event.pointerId);
    head.addEventListener("pointermove", move);
    head.addEventListener("lostpointercapture", () => head.removeEventListener("pointermove", move), { once: true });
  }

  /** The head always stays on the screen. */
  #moveTo(left, top) {
    const most = innerWidth - 120;
    this.dialog.style.left = `${Math.max(Math.min(0, 120 - this.dialog.offsetWidth), Math.min(left, most))}px`;
    this.dialog.style.top = `${Math.max(0, Math.min(top, innerHeight - 48))}px`;
  }
}
