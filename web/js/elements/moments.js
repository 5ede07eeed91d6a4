// Moments as people fill them in: date and time fields in the reader's own time zone, and the default deadline.
import { dayKey, time } from "../format.js";

const HOUR = 3_600_000; // ms
const DAY = 24 * HOUR;

/** `2026-11-27`, as a date field wants it. @param {number|null|undefined} at */
export const dateValue = (at) => (at == null ? "" : dayKey(at));

/** `12:00`, as a time field wants it. @param {number|null|undefined} at */
export const timeValue = (at) => (at == null ? "" : time(at));

/** What the reader's clock shows at a moment, counted as if it were UTC. */
const wallClock = (at) => Date.parse(`${dayKey(at)}T${time(at)}Z`);

/** Milliseconds of a date and a time field, or null where there is no date. @param {string} date @param {string} clock */
export function instant(date, clock) {
  if (!date) return null;
  const wanted = Date.parse(`${date}T${clock || "00:00"}Z`);
  // Twice, because the offset near a change of the clocks is that of the moment found, not of the guess
  const guess = wanted - (wallClock(wanted) - wanted);
  return guess - (wallClock(guess) - wanted);
}

/** The next full hour, ms. @param {number} now */
export const nextHour = (now) => Math.floor(now / HOUR + 1) * HOUR;

/** The same time of day, `days` later, whatever the clocks do in between. @param {number} at @param {number} days */
export const daysLater = (at, days) => instant(new Date(Date.parse(dayKey(at)) + days * DAY).toISOString().slice(0, 10), time(at)) ?? at;

/** Three working days ahead, at the next full hour (PRODUCT §4). Saturdays and Sundays do not count. @param {number} now */
export function defaultDeadline(now) {
  let at = nextHour(now);
  for (let left = 3; left > 0; ) {
    at = daysLater(at, 1);
    if (new Date(dayKey(at)).getUTCDay() % 6) left--;
  }
  return at;
}
