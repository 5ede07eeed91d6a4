/** Numbers, money and times, in the user's language and time zone. Times are milliseconds since 1970 UTC. */

import { language, t } from "./i18n.js";

const DAY = 86_400_000;
let zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Sets the user's time zone; an unknown one leaves the browser's. @param {string} name */
export function useTimeZone(name) {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    zone = name;
    formats.clear();
  } catch {
    // A zone this browser does not know: its own is the best guess.
  }
}

/** @type {Map<string, any>} Formatters are slow to make and are used for every row. */
const formats = new Map();

/** @param {string} name @param {Intl.DateTimeFormatOptions} options @returns {Intl.DateTimeFormat} */
function dates(name, options) {
  const key = `${language()} ${name}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language() === "en" ? "en-GB" : language(), { timeZone: zone, ...options }));
  return formats.get(key);
}

/** "€186,400": cents only where there are some. @param {string | number | null | undefined} amount @param {string} currency */
export function money(amount, currency) {
  if (amount == null || amount === "") return "";
  const value = Number(amount);
  try {
    return new Intl.NumberFormat(language(), { style: "currency", currency, minimumFractionDigits: Number.isInteger(value) ? 0 : 2, maximumFractionDigits: 2 }).format(value);
  } catch {
    return `${value} ${currency}`;
  }
}

/** @param {number} value */
export const number = (value) => new Intl.NumberFormat(language()).format(value);

/** "11:38". @param {number} ms */
export const time = (ms) => dates("time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);

/** "23 Nov 2026", without the year when it is this one. @param {number} ms @param {number} [now] */
export const date = (ms, now = Date.now()) => (dayKey(ms).slice(0, 4) === dayKey(now).slice(0, 4) ? dates("day", { day: "numeric", month: "short" }) : dates("date", { day: "numeric", month: "short", year: "numeric" })).format(ms);

/** "Mon". @param {number} ms */
export const weekday = (ms) => dates("weekday", { weekday: "short" }).format(ms);

/** "NOV", "25", "Wed": the parts of a calendar leaf. @param {number} ms */
export const leaf = (ms) => ({ month: dates("leaf", { month: "short" }).format(ms).replace(".", "").toLocaleUpperCase(language()), day: dates("leaf-day", { day: "numeric" }).format(ms), weekday: weekday(ms) });

/** The calendar day in the user's time zone, "2026-11-24": the key of a day mark. @param {number} ms */
export function dayKey(ms) {
  const key = "key";
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }));
  return formats.get(key).format(ms);
}

/** Calendar days from now: -1 yesterday, 0 today, 1 tomorrow. @param {number} ms @param {number} [now] */
export const daysFrom = (ms, now = Date.now()) => Math.round((Date.parse(dayKey(ms)) - Date.parse(dayKey(now))) / DAY);

/**
 * When the calendar day of a key begins in the user's time zone, ms.
 * @param {string} key  "2026-11-24"
 */
export function dayStart(key) {
  const utc = Date.parse(`${key}T00:00:00Z`);
  let start = utc - offset(utc);
  start = utc - offset(start);
  return start;
}

/** How far the user's clock is ahead of UTC at an instant, ms. @param {number} ms */
function offset(ms) {
  const key = "offset";
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }));
  const parts = Object.fromEntries(formats.get(key).formatToParts(ms).map((/** @type {Intl.DateTimeFormatPart} */ part) => [part.type, part.value]));
  return Date.UTC(+parts.year, +parts.month - 1, +parts.day, +parts.hour, +parts.minute, +parts.second) - Math.floor(ms / 1000) * 1000;
}

/** "Today", "Yesterday, Monday 23 November", "Friday 20 November", with the year when it is another. @param {number} ms @param {number} [now] */
export function day(ms, now = Date.now()) {
  const days = daysFrom(ms, now);
  if (days === 0) return t("day.today");
  const same = dayKey(ms).slice(0, 4) === dayKey(now).slice(0, 4);
  const long = (same ? dates("long", { weekday: "long", day: "numeric", month: "long" }) : dates("longer", { weekday: "long", day: "numeric", month: "long", year: "numeric" })).format(ms).replace(",", "");
  if (days === -1) return t("day.yesterday", { date: long });
  return long.charAt(0).toLocaleUpperCase(language()) + long.slice(1);
}

/** "12:30" today, "Mon 18:00" within six days, "12 Dec" otherwise. @param {number | null} ms @param {number} [now] */
export function deadline(ms, now = Date.now()) {
  if (ms == null) return "";
  const days = daysFrom(ms, now);
  if (days === 0) return time(ms);
  if (Math.abs(days) < 7) return `${weekday(ms)} ${time(ms)}`;
  return date(ms, now);
}

/** "Today 10:00", "Tomorrow 10:00", "Yesterday 18:00", "Wed 25 Nov 10:00". @param {number} ms @param {number} [now] */
export function dayTime(ms, now = Date.now()) {
  const days = daysFrom(ms, now);
  const near = /** @type {Record<string, string>} */ ({ "-1": "when.yesterday", 0: "when.today", 1: "when.tomorrow" })[String(days)];
  return near ? t(near, { time: time(ms) }) : t("when.date", { date: `${weekday(ms)} ${date(ms, now)}`, time: time(ms) });
}

/** How long, in its largest unit: "17h", "3d", "12m". @param {number} ms */
export function span(ms) {
  const minutes = Math.max(1, Math.round(Math.abs(ms) / 60_000));
  const [value, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 48 * 60 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
  return new Intl.NumberFormat(language(), { style: "unit", unit: String(unit), unitDisplay: "narrow" }).format(Number(value));
}

/** What a comment shows: the time today, else the day and the time. @param {number} ms @param {number} [now] */
export const stamp = (ms, now = Date.now()) => (daysFrom(ms, now) === 0 ? time(ms) : `${date(ms, now)}, ${time(ms)}`);
