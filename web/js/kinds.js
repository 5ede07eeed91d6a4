/** The kinds of entry, one line each: their voice, icon, tone and sentence. A new kind is one line here and its texts. */

/**
 * @typedef {import("./types.d.ts").Entry} Entry
 * @typedef {{icon: string, tone?: string}} Node
 * @typedef {{voice: "card" | "line" | "fold", node: (entry: Entry, now: number) => Node, phrase: (entry: Entry) => string}} EntryKind
 */

/** @param {Entry} entry @param {number} now */
export const isOverdue = ({ activity }, now) => activity?.status === "planned" && activity.deadline != null && activity.deadline < now;

/** @param {string} icon @param {string} [tone] */
const always = (icon, tone) => () => ({ icon, tone });

/** @param {string} name @returns {EntryKind} */
const change = (name, icon = name) => ({ voice: "line", node: always(icon), phrase: () => `entry.${name}` });

/** @param {Entry} entry @param {string} icon @param {number} now @returns {Node} */
const planned = (entry, icon, now) => ({ icon, tone: entry.activity?.status === "completed" ? "good" : isOverdue(entry, now) ? "attention" : undefined });

const hasParty = (/** @type {Entry} */ { activity }) => (activity?.with.length ? ".with" : "");

/** @type {Record<string, EntryKind>} */
export const KINDS = {
  message: { voice: "card", node: always("message"), phrase: ({ recipients }) => (recipients.length ? "entry.message.to" : "entry.message") },
  task: {
    voice: "card",
    node: (entry, now) => planned(entry, "task", now),
    phrase: ({ activity, author }) => {
      if (activity?.status === "completed") return "entry.task.completed";
      return activity && author && activity.responsible.user !== author.user ? "entry.task.given" : "entry.task";
    },
  },
  meeting: {
    voice: "card",
    node: (entry, now) => planned(entry, "meeting", now),
    phrase: (entry) => `entry.meeting${entry.activity?.status === "completed" ? ".completed" : ""}${hasParty(entry)}`,
  },
  call: {
    voice: "card",
    node: (entry, now) => {
      if (entry.activity?.status === "missed" || entry.activity?.unprocessed) return { icon: entry.activity.status === "missed" ? "call-missed" : "call-in", tone: "incoming" };
      return planned(entry, entry.activity?.direction === "in" ? "call-in" : entry.activity?.status === "completed" ? "call-out" : "call", now);
    },
    phrase: (entry) => {
      const { status, direction } = entry.activity ?? {};
      if (status === "missed") return `entry.call.missed${hasParty(entry)}`;
      if (direction === "in") return `entry.call.in${hasParty(entry)}`;
      return `entry.call${status === "completed" ? ".completed" : ""}${hasParty(entry)}`;
    },
  },
  email: {
    voice: "card",
    node: ({ activity }) => ({ icon: activity?.direction === "in" ? "email-in" : "email-out", tone: activity?.unprocessed ? "incoming" : undefined }),
    phrase: ({ activity }) => (activity?.direction === "in" ? "entry.email.in" : activity?.email?.to.length ? "entry.email.to" : "entry.email"),
  },
  accepted: { voice: "card", node: always("quote", "good"), phrase: () => "entry.accepted" },
  declined: { voice: "card", node: always("quote", "attention"), phrase: () => "entry.declined" },
  added: { voice: "line", node: ({ subject }) => ({ icon: subject?.kind ?? "plus" }), phrase: () => "entry.added" },
  stage: change("stage"),
  responsible: { voice: "line", node: always("handover"), phrase: ({ change: value }) => (value?.old ? "entry.responsible" : "entry.responsible.first") },
  renamed: change("renamed", "edit"),
  amount: change("amount", "edit"),
  client: change("client", "company"),
  company: change("company"),
  converted: { voice: "line", node: always("forward"), phrase: () => "entry.converted" },
  file: change("file"),
  import: { voice: "fold", node: always("import"), phrase: ({ import: run }) => (run?.running ? "entry.import.running" : "entry.import") },
};

/** @param {Entry} entry @returns {EntryKind} a kind this page does not know yet reads as a plain change */
export const kindOf = (entry) => KINDS[entry.type] ?? change("changed", "history");

/** When the entry last lived: written, commented or completed, ms. @param {Entry} entry */
export const lifeOf = (entry) => Math.max(entry.at, entry.comments.last[entry.comments.last.length - 1]?.at ?? 0, entry.activity?.completed_at ?? 0);
