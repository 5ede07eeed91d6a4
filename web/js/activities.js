/** What every view of an activity shares: how due it is, and moving it on. */

import { api } from "./api.js";
import { daysFrom } from "./format.js";

/** When an activity is due. @param {number | null} at @param {number} now @returns {"overdue" | "today" | "later"} */
export function dueness(at, now) {
  if (at == null) return "later";
  if (at < now) return "overdue";
  return daysFrom(at, now) === 0 ? "today" : "later";
}

/** Tells the page what the service answered; the event of the stream says the same to everyone. @param {any} activity */
export const tellChanged = (activity) => document.dispatchEvent(new CustomEvent("caudal:activity", { detail: { activity } }));

/**
 * Completes or reopens an activity, and tells the page.
 * @param {number} id @param {"complete"|"reopen"} act @param {string} [result]
 */
export async function moveActivity(id, act, result = "") {
  const activity = await api.post(`/activities/${id}/${act}`, act === "complete" ? { result } : {});
  tellChanged(activity);
  return activity;
}
