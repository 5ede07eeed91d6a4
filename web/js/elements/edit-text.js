/** Changing a text where it stands: a field with Save and Cancel in its place. */

import { button, h, replace } from "../dom.js";
import { t } from "../i18n.js";
import { Mentions } from "./mentions.js";

/**
 * @param {HTMLElement} place  what holds the text now; the event that comes back renders it anew
 * @param {string} source  with its tokens
 * @param {any[]} named  the mentions of the text: names for its tokens
 * @param {(text: string) => Promise<any>} save  resolves to nothing when it failed; the field stays
 * @param {() => void} back  shows the old text again
 */
export function editText(place, source, named, save, back) {
  const list = named.filter((one) => one.user || one.record).map((one) => ({ label: one.user ? `@${one.name}` : `#${one.title}`, token: one.user ? `@{${one.user}}` : `#{${one.record}}`, kind: one.kind }));
  const value = list.reduce((text, { label, token }) => text.replaceAll(token, label), source);
  const field = h("textarea", { class: "input", rows: 2, value, "aria-label": t("edit.label") });
  const mentions = new Mentions(field);
  mentions.list = list;
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!mentions.text) return;
    if (await save(mentions.text)) back();
  };
  const form = h("form", { class: "stack-s", onsubmit: submit }, field, h("div", { class: "cluster" },
    h("button", { type: "submit", class: "button button--small button--primary" }, t("edit.save")),
    button(t("edit.cancel"), { class: "button button--small button--quiet", onclick: back })));
  field.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if (event.key === "Escape") back();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  replace(place, form);
  field.focus();
}
