// Chips: what a recipient will do gives the colour; shape, icon and a hidden word say it again (PRODUCT §6).
// A record is grey and attached, a user or department light blue and addressed, an address orange.
import { h, icon, visuallyHidden } from "../dom.js";
import { t } from "../i18n.js";

/**
 * @typedef {{record?: number, kind?: string, title?: string, locked?: boolean, user?: number, bot?: boolean,
 *   department?: any, name?: string, responsible?: any, email?: string|null, emails?: string[], attach?: boolean, mail?: boolean}} Item
 */

/** What a chip says, without its kind. @param {Item} item */
export const chipText = (item) => item.title ?? item.name ?? item.email ?? "";

/** The word for what it is: a kind of record, user, department or e-mail. @param {Item} item */
export function chipWord(item) {
  if (item.kind) return t(`chip.${item.kind}`);
  if (item.user) return t(item.bot ? "chip.bot" : "chip.user");
  return t(item.department ? "chip.department" : "chip.email");
}

/** The icon of what it is. @param {Item} item */
export function chipIcon(item) {
  if (item.locked) return "lock";
  if (item.kind) return item.kind;
  if (item.user) return item.bot ? "bot" : "contact";
  return item.department ? "team" : "email-out";
}

const tone = (item) => (item.kind ? null : item.user || item.department ? "user" : "email");

/**
 * One chip. Records link to their page unless they can be taken off or `link` is false.
 * @param {Item} item
 * @param {{onRemove?: () => void, link?: boolean}} [options]
 */
export function chip(item, { onRemove, link = true } = {}) {
  if (item.locked) {
    return h("span", { class: "chip chip--locked" },
      icon("lock", "s"), h("span", { class: "chip__text truncate" }, t("chip.locked", { kind: chipWord(item) })), remove(item, onRemove));
  }
  const href = link && !onRemove && item.record ? `/records/${item.record}` : null;
  return h(href ? "a" : "span", { class: tone(item) ? "chip chip--round" : "chip", "data-tone": tone(item), href },
    icon(chipIcon(item), "s"),
    visuallyHidden(`${chipWord(item)}: `),
    h("span", { class: "chip__text truncate" }, chipText(item)),
    remove(item, onRemove));
}

/**
 * A recipient: a contact or lead with an address is two halves, attached and mailed; each can be switched off.
 * @param {Item} item
 * @param {{onRemove?: () => void, onHalf?: (half: "attach"|"mail") => void}} [options]
 */
export function recipientChip(item, { onRemove, onHalf } = {}) {
  const attach = item.record && item.attach !== false;
  const mail = item.record && item.email && item.mail !== false;
  if (!item.record || (attach && !mail)) return chip(item, { onRemove });
  const address = { email: item.email };
  if (!attach) return chip(address, { onRemove });
  return h("span", { class: "chip-pair" },
    chip(item, { onRemove: onHalf && (() => onHalf("attach")) }),
    chip(address, { onRemove: onHalf && (() => onHalf("mail")) }));
}

function remove(item, onRemove) {
  if (!onRemove) return null;
  const label = t("chip.remove", { name: chipText(item) || chipWord(item) });
  return h("button", { class: "chip__remove", type: "button", "aria-label": label, onclick: onRemove }, icon("close", "s"));
}
