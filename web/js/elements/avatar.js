/** Who it is, at a glance: initials in a tint that comes from the id. Colleagues are round, outsiders square, bots wear an icon. */

import { h, icon } from "../dom.js";

/** @param {string} name */
export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^\p{L}|^\p{N}/u.test(word));
  return [words[0], words.length > 1 ? words[words.length - 1] : ""].map((word) => [...(word ?? "")][0] ?? "").join("").toLocaleUpperCase();
}

/**
 * @param {any} who  a person, a reference to a contact or lead, or null: the service itself
 * @param {"s" | ""} [size]
 * @returns {HTMLSpanElement}
 */
export function avatar(who, size = "") {
  const bot = !who || who.bot;
  const names = ["avatar", size && "avatar--s", bot && "avatar--bot", who?.record && "avatar--square"].filter(Boolean);
  const id = who?.user ?? who?.record ?? 0;
  return h("span", { class: names.join(" "), "data-tint": bot ? null : id % 8, "aria-hidden": "true" }, bot ? icon("bot") : initials(who.name ?? who.title ?? ""));
}
