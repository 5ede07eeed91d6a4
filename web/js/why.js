/** "Why do I see this?": the rules that bring an entry to me (PRODUCT.md §5.2), strongest first. Pure but for the session's me and follows. */

import { session } from "./session.js";

/**
 * @typedef {import("./types.d.ts").Entry} Entry
 * @typedef {import("./types.d.ts").Ref} Ref
 * @typedef {{rule: "author" | "addressed" | "mentioned" | "responsible" | "activity" | "part" | "following" | "readable", ref?: Ref}} Reason
 */

/** @param {Entry} entry @returns {Reason[]} at least one */
export function reasons(entry) {
  const { me, follows } = session;
  const mine = (/** @type {any} */ one) => one?.user === me.user;
  const department = me.department?.department ?? null;
  const refs = entry.records.filter((ref) => ref.record);
  /** @type {Reason[]} */
  const found = [];
  if (entry.recipients.some((to) => mine(to) || (department != null && "department" in to && to.department === department))) found.push({ rule: "addressed" });
  if (entry.mentions.some(mine)) found.push({ rule: "mentioned" });
  if (entry.activity && mine(entry.activity.responsible)) found.push({ rule: "activity" });
  if (entry.activity && [...entry.activity.participants, ...entry.activity.with].some(mine)) found.push({ rule: "part" });
  for (const ref of refs) if (ref.responsible === me.user) found.push({ rule: "responsible", ref });
  for (const ref of refs) if (ref.responsible !== me.user && follows.has(/** @type {number} */ (ref.record))) found.push({ rule: "following", ref });
  if (mine(entry.author)) found.push({ rule: "author" });
  return found.length ? found : [{ rule: "readable" }];
}

/** The record that Follow on an entry is about: what changed, else the first it is about. @param {Entry} entry @returns {Ref | null} */
export const followed = (entry) => [entry.subject, ...entry.records].find((ref) => ref?.record) ?? null;
