/** Shapes of the HTTP API and of /live frames, for the type checker alone; never loaded by the page. Times are milliseconds since 1970 UTC. */

export type Kind = "lead" | "deal" | "contact" | "company" | "quote";
export type Level = "everything" | "important" | "muted";

/** A record as mentioned anywhere. `locked` means: the reader may not read it, nothing but its kind is known. */
export interface Ref {
  record?: number;
  kind: Kind;
  title?: string;
  responsible?: number | null;
  locked?: boolean;
  email?: string | null;
  emails?: string[];
}

export interface Person {
  user: number;
  name: string;
  bot?: boolean;
  email?: string;
  active?: boolean;
  department?: number | Department | null;
}

export interface Department {
  department: number;
  name: string;
  parent?: number | null;
}

export interface Stage {
  stage: number;
  kind?: Kind;
  pipeline?: number | null;
  name: string;
  meaning: "progress" | "won" | "lost";
  sort?: number;
}

export type Recipient = Person | Department | Ref | { email: string };

export interface Money {
  amount: string | null;
  currency: string;
}

export type ChangeValue = Stage | Person | Ref | Money | string | null;

export interface Comment {
  id: number;
  entry: number;
  at: number;
  edited_at: number | null;
  author: Person | null;
  text: string;
  mentions: (Person | Ref)[];
}

export interface Activity {
  id: number;
  type: "task" | "meeting" | "call" | "email";
  entry: number | null;
  subject: string;
  description: string;
  status: "planned" | "completed" | "missed";
  completed_at: number | null;
  author: Person | null;
  responsible: Person;
  participants: Person[];
  records: Ref[];
  with: (Person | Ref)[];
  start: number | null;
  end: number | null;
  deadline: number | null;
  all_day: boolean;
  priority: "low" | "normal" | "high";
  important: boolean;
  place: string;
  direction: "in" | "out" | null;
  phone: string;
  result: string;
  unprocessed: boolean;
  reminder: number | null;
  repeat: string | null;
  checklist: { text: string; done: boolean }[];
  email: { from: string; to: string[]; cc: string[]; bcc: string[]; body: string } | null;
}

export interface Reaction {
  emoji: string;
  users: number[];
}

export interface Entry {
  id: number;
  type: string;
  added: number;
  bumped: number;
  /** Whose act its last life was. */
  bumped_by?: number | null;
  /** An entry that an import card stands for. */
  folded?: boolean;
  at: number;
  edited_at: number | null;
  author: Person | null;
  subject: Ref | null;
  records: Ref[];
  recipients: Recipient[];
  text: string;
  mentions: (Person | Ref)[];
  change: { old: ChangeValue; new: ChangeValue } | null;
  import: { file: string; kind: Kind | "user" | "product"; added: number; changed: number; running: boolean } | null;
  activity: Activity | null;
  comments: { count: number; last: Comment[] };
  reactions: Reaction[];
  /** Whether it belongs to the reader's Mine; stands beside the entry in lists and frames. */
  mine?: boolean;
  /** The reader has marked it; in lists alone, and in read.changed. */
  unread?: boolean;
  /** Of the page alone: a post on its way, or refused. */
  pending?: Pending;
}

export interface Pending {
  ref: string;
  state: "sending" | "failed";
  /** The request, to send it again or take it back to the draft. */
  draft?: unknown;
  key?: string;
  /** Locale key that says why it was refused. */
  reason?: string;
}

export interface Me {
  user: number;
  name: string;
  email: string;
  language: "en" | "es";
  time_zone: string;
  department: Department | null;
  theme: "light" | "dark" | null;
  may: Record<string, string[]>;
  follows: Record<string, Level>;
  /** Position up to which Mine was seen. */
  seen: number;
  unseen: number;
  notifications: { unread: number };
  /** How to be told, per reason. */
  notify: Record<string, "off" | "bell" | "mail">;
  epoch: string;
  position: number;
}

export interface Portal {
  name: string;
  users: Person[];
  departments: Department[];
  pipelines: { pipeline: number; name: string }[];
  stages: Stage[];
  sources: { source: string; name: string }[];
  currency: string;
}

export interface Filter {
  kind?: string[];
  author?: number[];
  from?: number;
  to?: number;
  record_kind?: string[];
  q?: string;
}

/** A frame of /live, or an action of the page itself (`type` begins with "page."). */
export interface Frame {
  type: string;
  position?: number;
  at?: number;
  name?: string;
  mine?: boolean;
  actor?: number | null;
  ref?: string;
  data?: any;
  [key: string]: any;
}
