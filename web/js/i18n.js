/**
 * Every sentence of the page. A message is a text with {slots}, or an object by plural category (`one`, `many`,
 * `other`, and exact "0") chosen by `count`. Slots may change order from one language to the other.
 */

/** @typedef {string | Record<string, string>} Message */

const PARTS = ["", ".forms"];

/** @type {Record<string, Message>} */
let messages = {};
let lang = "en";
let plurals = new Intl.PluralRules("en");

/** The language in use, "en" or "es". */
export const language = () => lang;

/**
 * Puts a set of messages in use.
 * @param {string} name
 * @param {Record<string, Message>} texts
 */
export function useLocale(name, texts) {
  lang = name;
  plurals = new Intl.PluralRules(name);
  messages = texts;
}

/**
 * Loads a language: locales/<lang>.json and the texts of the forms beside it.
 * @param {string} name
 */
export async function loadLocale(name) {
  const known = name === "es" ? "es" : "en";
  const parts = await Promise.all(PARTS.map((part) => fetch(`/locales/${known}${part}.json`).then((answer) => (answer.ok ? answer.json() : {}))));
  useLocale(known, Object.assign({}, ...parts));
  document.documentElement.lang = known;
}

/** @param {string} key @param {Record<string, any>} params */
function pattern(key, params) {
  const message = messages[key];
  if (message === undefined) return key;
  if (typeof message === "string") return message;
  const count = Number(params.count);
  return message[String(count)] ?? message[plurals.select(count)] ?? message.other;
}

/** Whether there is a sentence of this key. @param {string} key */
export const has = (key) => key in messages;

/** Splits a text at its slots: even parts are text, odd ones slot names. @param {string} text */
const split = (text) => text.split(/\{(\w+)\}/);

/** @param {any} value */
const show = (value) => (typeof value === "number" ? new Intl.NumberFormat(lang).format(value) : String(value ?? ""));

/**
 * A sentence as text. Numbers are written the language's way.
 * @param {string} key
 * @param {Record<string, string | number | null | undefined>} [params]
 */
export function t(key, params = {}) {
  return split(pattern(key, params)).map((part, i) => (i % 2 ? show(params[part]) : part)).join("");
}

/**
 * A sentence as nodes: slots take DOM nodes, lists of nodes, or values. The text between them becomes text nodes.
 * @param {string} key
 * @param {Record<string, Node | Node[] | string | number | null | undefined>} [slots]
 * @returns {Node[]}
 */
export function tNodes(key, slots = {}) {
  return split(pattern(key, slots)).flatMap((part, i) => {
    const value = i % 2 ? slots[part] : part;
    if (value == null || value === "") return [];
    if (Array.isArray(value)) return value;
    return value instanceof Node ? [value] : [document.createTextNode(i % 2 ? show(value) : String(value))];
  });
}
