import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { askFilter, readFilter, writeFilter } from "../../web/js/filter.js";
import { date, day, dayKey, dayStart, deadline, money, time, useTimeZone } from "../../web/js/format.js";
import { t, useLocale } from "../../web/js/i18n.js";
import { blocks, inlines, plain, safeHref } from "../../web/js/markdown.js";
import { match } from "../../web/js/router.js";

const web = new URL("../../web/", import.meta.url);
const texts = (name) => JSON.parse(readFileSync(new URL(`locales/${name}.json`, web), "utf8"));
const sources = ["js/", "js/elements/"].flatMap((folder) => readdirSync(new URL(folder, web)).filter((name) => name.endsWith(".js")).map((name) => readFileSync(new URL(folder + name, web), "utf8"))).join("\n");
const slots = (message) => [...new Set([message].flatMap((one) => (typeof one === "string" ? [one] : Object.values(one))).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();
const all = (name) => ({ ...texts(name), ...texts(`${name}.forms`) });
const noon = Date.UTC(2026, 10, 24, 12);

test("a text is split into paragraphs, lists, quotes and code", () => {
  const found = blocks("One\ntwo\n\n- a\n- b\n\n1. x\n\n> said\n\n```\n<b>\n```");

  assert.deepEqual(found, [
    { type: "text", text: "One\ntwo" },
    { type: "list", ordered: false, items: ["a", "b"] },
    { type: "list", ordered: true, items: ["x"] },
    { type: "quote", blocks: [{ type: "text", text: "said" }] },
    { type: "code", text: "<b>" },
  ]);
});

test("a line is split into its marks and tokens", () => {
  assert.deepEqual(inlines("@{7} **b** *i* `c` #{42}").filter(({ type }) => type !== "text"), [
    { type: "user", id: 7 }, { type: "bold", text: "b" }, { type: "italic", text: "i" }, { type: "code", text: "c" }, { type: "record", id: 42 },
  ]);
});

test("only http, https and mailto become links", () => {
  assert.equal(safeHref("javascript:alert(1)"), null);
  assert.equal(safeHref("data:text/html,x"), null);
  assert.equal(safeHref("mailto:a@b.example"), "mailto:a@b.example");
  assert.deepEqual(inlines("[x](javascript:alert)"), [{ type: "text", text: "[x](javascript:alert)" }]);
});

test("a bare address leaves the punctuation of its sentence", () => {
  assert.deepEqual(inlines("see https://a.example/b."), [{ type: "text", text: "see " }, { type: "link", text: "https://a.example/b", href: "https://a.example/b" }, { type: "text", text: "." }]);
});

test("names with underscores and sums with stars are no marks", () => {
  assert.deepEqual(inlines("snake_case_name 2 * 3 * 4"), [{ type: "text", text: "snake_case_name 2 * 3 * 4" }]);
});

test("hostile text is read in a moment", () => {
  const start = performance.now();
  for (const text of ["*".repeat(20_000), "[".repeat(20_000), "> ".repeat(5_000), "`".repeat(20_000), "_a".repeat(10_000), "**a".repeat(5_000)]) blocks(text).forEach((block) => block.type === "text" && inlines(block.text));

  assert.ok(performance.now() - start < 2000);
});

test("a preview is plain words", () => {
  assert.equal(plain("**Hello** @{7}\n\n- one", 20), "Hello … - one");
});

test("plurals follow the language, with many in Spanish", () => {
  useLocale("es", { "stream.new": { one: "{count} nueva", many: "{count} de nuevas", other: "{count} nuevas" } });
  assert.deepEqual([1, 2, 1_000_000].map((count) => t("stream.new", { count })), ["1 nueva", "2 nuevas", "1.000.000 de nuevas"]);

  useLocale("en", { "stream.new": { one: "{count} entry", other: "{count} entries" } });
  assert.deepEqual([1, 2].map((count) => t("stream.new", { count })), ["1 entry", "2 entries"]);
});

test("both languages have the same keys with the same slots", () => {
  for (const part of ["", ".forms"]) {
    const [en, es] = [texts(`en${part}`), texts(`es${part}`)];
    assert.deepEqual(Object.keys(es).sort(), Object.keys(en).sort());
    for (const key of Object.keys(en)) assert.deepEqual(slots(es[key]).filter((slot) => slot !== "{who}"), slots(en[key]).filter((slot) => slot !== "{who}"), key);
  }
});

test("every plural has the categories of its language", () => {
  for (const [name, categories] of [["en", ["one", "other"]], ["es", ["many", "one", "other"]]]) {
    for (const [key, message] of Object.entries(all(name))) if (typeof message === "object") for (const category of categories) assert.ok(message[category], `${name} ${key} ${category}`);
  }
});

test("every key that the code names is in the locales", () => {
  const known = all("en");
  const named = [...sources.matchAll(/\bt(?:Nodes)?\("([a-z][\w.]*)"/g)].map(([, key]) => key);

  assert.deepEqual([...new Set(named)].filter((key) => !(key in known)), []);
});

test("times are the reader's own, across midnight and summer time", () => {
  useLocale("en", { "day.today": "Today", "day.yesterday": "Yesterday, {date}" });
  useTimeZone("Europe/Madrid");

  assert.equal(time(noon), "13:00");
  assert.equal(dayKey(Date.UTC(2026, 10, 23, 23, 30)), "2026-11-24");
  assert.equal(dayStart("2026-11-24"), Date.UTC(2026, 10, 23, 23));
  assert.equal(dayStart("2026-10-25"), Date.UTC(2026, 9, 24, 22));
  assert.equal(dayStart("2026-10-26"), Date.UTC(2026, 9, 25, 23));
  assert.equal(day(noon, noon), "Today");
  assert.equal(day(noon - 86_400_000, noon), "Yesterday, Monday 23 November");
  assert.equal(date(noon - 86_400_000 * 400, noon), "20 Oct 2025");
});

test("a deadline says what is needed to find it", () => {
  useLocale("en", {});
  useTimeZone("Europe/Madrid");

  assert.equal(deadline(noon, noon), "13:00");
  assert.equal(deadline(noon + 86_400_000, noon), "Wed 13:00");
  assert.equal(deadline(noon + 86_400_000 * 20, noon), "14 Dec");
  assert.equal(deadline(null, noon), "");
});

test("money shows cents only where there are some", () => {
  useLocale("en", {});

  assert.equal(money("186400.00", "EUR"), "€186,400");
  assert.equal(money("10.50", "EUR"), "€10.50");
  assert.equal(money(null, "EUR"), "");
});

test("the address keeps the filter and gives it back", () => {
  const query = "?scope=all&kind=task&kind=call&author=7&record_kind=deal&date=week&q=docks";

  assert.equal(writeFilter(readFilter(new URLSearchParams(query))), query);
  assert.equal(writeFilter(readFilter(new URLSearchParams("kind=evil&author=x&date=never&from=tomorrow"))), "");
});

test("a date range begins and ends at the reader's midnights", () => {
  useTimeZone("Europe/Madrid");
  const ask = (query) => askFilter(readFilter(new URLSearchParams(query)), noon);

  assert.deepEqual(ask("date=yesterday"), { from: Date.UTC(2026, 10, 22, 23), to: Date.UTC(2026, 10, 23, 23) });
  assert.deepEqual(ask("from=2026-11-01&to=2026-11-01"), { from: Date.UTC(2026, 9, 31, 23), to: Date.UTC(2026, 10, 1, 23) });
  assert.deepEqual(ask(""), {});
});

test("paths lead to their pages, and others to nothing", () => {
  assert.deepEqual(match("/"), { tag: "c-stream-page", params: {} });
  assert.deepEqual(match("/records/42"), { tag: "c-record-page", params: { record: 42 } });
  assert.deepEqual(match("/companies"), { tag: "c-list-page", params: { kind: "company" } });
  assert.equal(match("/records/x").tag, "c-nothing-page");
  assert.equal(match("/stream/1").tag, "c-nothing-page");
});
