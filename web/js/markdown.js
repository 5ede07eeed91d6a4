/**
 * What people wrote, as nodes: a small Markdown (paragraphs, lists, quotes, code, bold, italic, links) and the
 * tokens @{7} of people and #{42} of records. Nothing in it can become markup or another address than http(s) and mailto.
 */

import { chip } from "./elements/chip.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { person, session } from "./session.js";

/** @typedef {(import("./types.d.ts").Person | import("./types.d.ts").Ref)[]} Mentions */

/**
 * @typedef {{type: "code", text: string} | {type: "quote", blocks: Block[]} | {type: "list", ordered: boolean, items: string[]}
 *   | {type: "text", text: string}} Block
 * @typedef {{type: "text" | "code" | "bold" | "italic" | "strike", text: string} | {type: "break"} | {type: "link", text: string, href: string}
 *   | {type: "user" | "record", id: number}} Inline
 */

const FENCE = /^\s{0,3}```/;
const ITEM = /^\s{0,3}(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const QUOTE = /^\s{0,3}>\s?(.*)$/;
/** Quotes inside quotes end here: text may be hostile. */
const DEPTH = 4;

/** Splits a text into blocks. @param {string} source @param {number} [depth] @returns {Block[]} */
export function blocks(source, depth = 0) {
  const lines = source.replace(/\r\n?/g, "\n").split("\n");
  /** @type {Block[]} */
  const found = [];
  let i = 0;
  /** @param {(line: string) => boolean} belongs */
  const take = (belongs) => {
    const from = i;
    while (i < lines.length && belongs(lines[i])) i += 1;
    return lines.slice(from, i);
  };
  while (i < lines.length) {
    if (!lines[i].trim()) i += 1;
    else if (FENCE.test(lines[i])) {
      i += 1;
      found.push({ type: "code", text: take((line) => !FENCE.test(line)).join("\n") });
      i += 1;
    } else if (depth < DEPTH && QUOTE.test(lines[i])) {
      const inner = take((line) => QUOTE.test(line)).map((line) => line.replace(QUOTE, "$1"));
      found.push({ type: "quote", blocks: blocks(inner.join("\n"), depth + 1) });
    } else if (ITEM.test(lines[i])) {
      const ordered = /\d/.test(lines[i].trim()[0]);
      found.push({ type: "list", ordered, items: take((line) => ITEM.test(line) && /\d/.test(line.trim()[0]) === ordered).map((line) => line.replace(ITEM, "$2")) });
    } else {
      const first = lines[i];
      i += 1;
      const more = take((line) => line.trim() !== "" && !FENCE.test(line) && !ITEM.test(line) && (depth >= DEPTH || !QUOTE.test(line)));
      found.push({ type: "text", text: [first, ...more].join("\n") });
    }
  }
  return found;
}

/** One alternative per kind of mark; the first that matches wins. Every quantifier is bounded by its closing mark. */
const INLINE = new RegExp(
  [
    "`([^`\\n]+)`", // 1 code
    "\\*\\*([^*\\n](?:[^\\n]*?[^*\\s])?)\\*\\*", // 2 bold
    "(?<![\\w*])[*]([^*\\s](?:[^*\\n]*[^*\\s])?)[*](?![\\w*])", // 3 italic
    "(?<!\\w)_([^_\\s](?:[^_\\n]*[^_\\s])?)_(?!\\w)", // 4 italic
    "~~([^~\\n]+)~~", // 5 struck
    "\\[([^\\]\\n]+)\\]\\(([^\\s()]+)\\)", // 6, 7 link
    "(https?:\\/\\/[^\\s<>]+[^\\s<>.,;:!?)\\]'\"])", // 8 bare address
    "@\\{(\\d+)\\}", // 9 person
    "#\\{(\\d+)\\}", // 10 record
    "(\\n)", // 11
  ].join("|"),
  "g",
);

/** An address a link may have, or null. @param {string} href */
export function safeHref(href) {
  try {
    const url = new URL(href);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Splits a line of text into its marks. @param {string} text @returns {Inline[]} */
export function inlines(text) {
  /** @type {Inline[]} */
  const found = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > end) found.push({ type: "text", text: text.slice(end, match.index) });
    end = match.index + match[0].length;
    found.push(mark(match));
  }
  if (end < text.length) found.push({ type: "text", text: text.slice(end) });
  return found;
}

/** @param {RegExpMatchArray} match @returns {Inline} */
function mark([whole, code, bold, italic, under, strike, label, target, bare, user, record]) {
  if (code) return { type: "code", text: code };
  if (bold) return { type: "bold", text: bold };
  if (italic || under) return { type: "italic", text: italic || under };
  if (strike) return { type: "strike", text: strike };
  if (user) return { type: "user", id: Number(user) };
  if (record) return { type: "record", id: Number(record) };
  const href = safeHref(target ?? bare ?? "");
  if (href) return { type: "link", text: label ?? bare, href };
  return whole === "\n" ? { type: "break" } : { type: "text", text: whole };
}

/**
 * A text as nodes.
 * @param {string} text
 * @param {Mentions} [mentions]  names for its tokens
 * @returns {DocumentFragment}
 */
export function renderText(text, mentions = []) {
  const fragment = document.createDocumentFragment();
  fragment.append(...blocks(text ?? "").map((block) => renderBlock(block, mentions)));
  return fragment;
}

/** @param {Block} block @param {Mentions} mentions @returns {HTMLElement} */
function renderBlock(block, mentions) {
  if (block.type === "code") return h("pre", null, h("code", null, block.text));
  if (block.type === "quote") return h("blockquote", null, block.blocks.map((one) => renderBlock(one, mentions)));
  if (block.type === "list") return h(block.ordered ? "ol" : "ul", null, block.items.map((item) => h("li", null, renderInline(item, mentions))));
  return h("p", null, renderInline(block.text, mentions));
}

const TAGS = /** @type {const} */ ({ bold: "strong", italic: "em", strike: "s" });

/** @param {string} text @param {Mentions} mentions @returns {(Node | string)[]} */
function renderInline(text, mentions) {
  return inlines(text).map((part) => {
    switch (part.type) {
      case "text": return part.text;
      case "break": return h("br", null);
      case "code": return h("code", null, part.text);
      case "link": return h("a", { class: "link", href: part.href, target: "_blank", rel: "noopener noreferrer nofollow" }, part.text);
      case "user": return mention(part.id, mentions);
      case "record": return recordMark(part.id, mentions);
      default: return h(TAGS[part.type], null, renderInline(part.text, mentions));
    }
  });
}

/** @param {number} id @param {Mentions} mentions */
function mention(id, mentions) {
  const named = mentions.find((one) => "user" in one && one.user === id) ?? person(id);
  const name = named && "name" in named ? named.name : t("person.unknown");
  return h("span", { class: session.isMe(id) ? "mention mention--me" : "mention", "data-tone": "user" }, `@${name}`);
}

/** A record that may not be read has lost its id in the mentions: its token has no name, and shows a lock. @param {number} id @param {Mentions} mentions */
function recordMark(id, mentions) {
  const named = mentions.find((one) => "record" in one && one.record === id);
  return named ? chip(named) : h("span", { class: "chip chip--locked" }, t("mention.locked"));
}

/** The beginning of a text as plain words, for previews and names. @param {string} text @param {number} [length] */
export function plain(text, length = 140) {
  const words = text.replace(/[@#]\{\d+\}/g, "…").replace(/[*_`>#~]+/g, "").replace(/\s+/g, " ").trim();
  return words.length > length ? `${words.slice(0, length - 1)}…` : words;
}
