/** The list of keyboard shortcuts, in a dialog. */

import { h, icon } from "../dom.js";
import { t } from "../i18n.js";

const KEYS = [
  ["next", "j"], ["previous", "k"], ["new", "n"], ["open", "Enter"], ["comment", "c"], ["follow", "f"], ["react", "r"],
  ["search", "/"], ["message", "m"], ["scope", "a"], ["minimise", "Esc"], ["post", "Ctrl", "Enter"], ["help", "?"],
];

/** Shows it, over everything. */
export function showKeys() {
  if (document.querySelector("dialog.keys-dialog")) return;
  const close = () => dialog.close();
  const dialog = h("dialog", { class: "window keys-dialog", "aria-labelledby": "keys-title", onclose: () => dialog.remove() },
    h("header", { class: "window__head mid" }, h("h2", { id: "keys-title" }, t("keys.title")),
      h("button", { type: "button", class: "icon-button", "aria-label": t("keys.close"), title: t("keys.close"), onclick: close }, icon("close"))),
    h("div", { class: "window__body" }, h("dl", { class: "keys" }, KEYS.map(([name, ...keys]) =>
      h("div", { class: "spread" }, h("dt", { class: "fine" }, t(`keys.${name}`)), h("dd", { class: "mid" }, keys.map((key) => h("kbd", null, key))))))));
  document.body.append(dialog);
  dialog.showModal();
}
