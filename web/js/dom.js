/**
 * Building elements. Data only ever becomes text nodes and attributes, never markup.
 * @typedef {Node | string | number | null | undefined | false} Child
 * @typedef {Child | Child[]} Children
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. Props: `class`, `dataset` (null and undefined values skipped), `on<event>` listeners; boolean
 * attributes by true/false; `value`, `checked` and `selected` as properties; everything else as an attribute,
 * where null, undefined and false mean: absent.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any> | null} [props]
 * @param {...Children} children  null, undefined and false are skipped
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) setProp(node, name, value);
  node.append(...nodes(children));
  return node;
}

/** @param {HTMLElement} node @param {string} name @param {any} value */
function setProp(node, name, value) {
  if (name.startsWith("on") && typeof value === "function") node.addEventListener(name.slice(2), value);
  else if (name === "dataset") {
    for (const [key, datum] of Object.entries(value)) if (datum != null && datum !== false) node.dataset[key] = datum === true ? "" : String(datum);
  } else if (name === "value" || name === "checked" || name === "selected") /** @type {any} */ (node)[name] = value;
  else if (value === true && !name.startsWith("aria-")) node.setAttribute(name, "");
  else if (value != null && (value !== false || name.startsWith("aria-"))) node.setAttribute(name, String(value));
}

/**
 * Flattens children and drops the empty ones.
 * @param {Children[]} children
 * @returns {(Node | string)[]}
 */
export function nodes(children) {
  return /** @type {Child[]} */ (children.flat(3)).filter((child) => child != null && child !== false).map((child) => (child instanceof Node ? child : String(child)));
}

/**
 * An icon of icons.svg, hidden from screen readers: the words beside it, or the label of its button, say it.
 * @param {string} name  without the "i-"
 * @param {"s" | "l" | ""} [size]
 * @returns {SVGSVGElement}
 */
export function icon(name, size = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", size ? `icon icon--${size}` : "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${document.getElementById("icons") ? "" : "/icons.svg"}#i-${name}`);
  svg.append(use);
  return svg;
}

/** Brings the icons into the page once, so that they are there while the service is not. */
export async function loadIcons() {
  const answer = await fetch("/icons.svg");
  const sprite = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
  sprite.id = "icons";
  sprite.setAttribute("class", "sprite");
  sprite.setAttribute("aria-hidden", "true");
  document.body.append(document.importNode(sprite, true));
}

/** @param {string} text @returns {HTMLSpanElement} */
export const visuallyHidden = (text) => h("span", { class: "visually-hidden" }, text);

/**
 * Replaces all that is in a node.
 * @param {Element | DocumentFragment} node
 * @param {...Children} children
 */
export function replace(node, ...children) {
  node.replaceChildren(...nodes(children));
}

/** An icon button with its name. @param {string} name @param {string} label @param {Record<string, any>} [props] */
export const iconButton = (name, label, props = {}) => h("button", { type: "button", class: "icon-button icon-button--small", "aria-label": label, title: label, ...props }, icon(name));

/** A button with a word. @param {string} label @param {Record<string, any>} props @param {string} [iconName] */
export const button = (label, props, iconName) => h("button", { type: "button", class: "button", ...props }, iconName ? icon(iconName) : null, label);

/** Whether a key press belongs to a field and not to the page. @param {EventTarget | null} target */
export const isTyping = (target) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Puts the words in front of screen readers, politely, through the page's one announcer. @param {string} text */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = text;
}
