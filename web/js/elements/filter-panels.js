/** What the filter's menus hold: people, dates, kinds of record. Each is filled when it is opened, and says what changes. */

import { h, icon, replace } from "../dom.js";
import { PRESETS, RECORD_KINDS } from "../filter.js";
import { t } from "../i18n.js";
import { session } from "../session.js";
import { avatar } from "./avatar.js";

/**
 * @typedef {import("../filter.js").Choice} Choice
 * @typedef {(change: Partial<Choice>) => void} Change
 */

/** The reader first, then everyone who is here or was chosen. @param {HTMLElement} panel @param {Choice} choice @param {Change} change */
export function fillAuthors(panel, { authors }, change) {
  const people = session.portal.users.filter(({ active, user }) => active !== false || authors.includes(user));
  const sorted = people.sort((a, b) => Number(session.isMe(b.user)) - Number(session.isMe(a.user)) || a.name.localeCompare(b.name));
  const options = sorted.map((one) => ({ value: String(one.user), label: session.isMe(one.user) ? t("filter.me", { name: one.name }) : one.name, mark: avatar(one, "s") }));
  fillOptions(panel, options, authors.map(String), (chosen) => change({ authors: chosen.map(Number) }));
}

/** @param {HTMLElement} panel @param {Choice} choice @param {Change} change */
export function fillRecordKinds(panel, { recordKinds }, change) {
  fillOptions(panel, RECORD_KINDS.map((kind) => ({ value: kind, label: t(`kinds.${kind}`), mark: icon(kind) })), recordKinds, (chosen) => change({ recordKinds: chosen }));
}

/** @param {HTMLElement} panel @param {{value: string, label: string, mark: Node}[]} options @param {string[]} chosen @param {(chosen: string[]) => void} choose */
function fillOptions(panel, options, chosen, choose) {
  const change = () => choose([...panel.querySelectorAll("input:checked")].map((input) => /** @type {HTMLInputElement} */ (input).value));
  replace(panel, h("div", { class: "filters__options" }, options.map(({ value, label, mark }) =>
    h("label", { class: "menu__item mid" }, h("input", { type: "checkbox", value, checked: chosen.includes(value), onchange: change }), mark, label))));
}

/** A preset, or a range of days; one takes the other's place. @param {HTMLElement} panel @param {Choice} choice @param {Change} change */
export function fillDates(panel, { date: preset, from, to }, change) {
  const days = { from, to };
  const item = (/** @type {string} */ value, /** @type {string} */ key) => h("label", { class: "menu__item mid" },
    h("input", { type: "radio", name: panel.id, value, checked: preset === value && !from && !to, onchange: () => {
      for (const input of panel.querySelectorAll("input")) if (input.type === "date") input.value = "";
      change({ date: value, from: "", to: "" });
    } }), t(key));
  const field = (/** @type {"from" | "to"} */ name) => h("label", { class: "field field--stacked" }, h("span", { class: "faint finer" }, t(`filter.${name}`)),
    h("input", { type: "date", class: "input", value: days[name], onchange: (/** @type {Event} */ event) => {
      for (const input of panel.querySelectorAll("input")) input.checked = false;
      change({ date: "", [name]: /** @type {HTMLInputElement} */ (event.target).value });
    } }));
  replace(panel, item("", "filter.any_date"), Object.keys(PRESETS).map((name) => item(name, `filter.date.${name}`)), h("hr", { class: "menu__rule" }), h("div", { class: "filters__range" }, field("from"), field("to")));
}
