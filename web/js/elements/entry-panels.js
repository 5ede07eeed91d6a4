/** What opens from the foot of an entry: the palette of reactions, and why the reader sees it. */

import { h, replace } from "../dom.js";
import { t } from "../i18n.js";
import { session } from "../session.js";
import { EMOJI, toggle } from "./entry-foot.js";

/**
 * @typedef {import("../types.d.ts").Entry} Entry
 * @typedef {import("./entry-foot.js").Attempt} Attempt
 */

/** The choices of a reaction; a choice closes them. @param {HTMLElement} panel @param {Entry} entry @param {Attempt} attempt */
export function fillPalette(panel, entry, attempt) {
  panel.classList.add("palette__panel");
  replace(panel, Object.entries(EMOJI).map(([emoji, name]) =>
    h("button", { type: "button", class: "icon-button", "aria-label": t(`emoji.${name}`), title: t(`emoji.${name}`), onclick: () => {
      panel.closest("details")?.removeAttribute("open");
      toggle(entry, emoji, attempt);
    } }, emoji)));
}

/** The rules that bring an entry to the reader, each with what can be done about it. @param {HTMLElement} panel @param {import("../why.js").Reason[]} all @param {Attempt} attempt */
export function fillWhy(panel, all, attempt) {
  panel.classList.add("why__panel", "soft");
  replace(panel, h("p", null, h("strong", null, t("why.head"))), h("ul", { class: "stack-s" }, all.map(({ rule, ref }) => h("li", { class: "spread" },
    h("span", null, t(`why.long.${rule}`, { title: ref?.title })),
    rule === "responsible" ? h("span", { class: "faint" }, t("why.by_right")) : null,
    rule === "following" ? h("button", { type: "button", class: "link", onclick: () => attempt(session.follow(Number(ref?.record), null)) }, t("follow.stop")) : null))));
}
