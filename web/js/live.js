/**
 * The socket to /live: subscribes, resumes after every break, measures. It keeps no entries: frames go to its
 * listeners, and where to resume from is asked of whoever holds the snapshots.
 */

/** @typedef {import("./types.d.ts").Frame} Frame */
/** @typedef {{channel: string, filter?: Record<string, any>}} Channel */
/** @typedef {"connecting" | "live" | "reconnecting" | "ended"} LiveState */

/** Bounds of the wait before another attempt, ms. */
const FIRST = 1_000;
const LONGEST = 30_000;
/** Without a frame for this many heartbeats the connection counts as dead; routers drop idle ones silently. */
const SILENCE = 2.5;
/** How far back the latency looks, ms. */
const WINDOW = 60_000;
/** Wait for the server's first frame, ms. */
const HANDSHAKE = 10_000;

/**
 * Full jitter: anywhere between the first wait and a bound that doubles, so that a restart is no stampede.
 * @param {number} attempt  0 for the first
 * @param {number} random  0..1
 * @returns {number} ms
 */
export const backoff = (attempt, random) => FIRST + Math.round((Math.min(LONGEST, FIRST * 2 ** (attempt + 1)) - FIRST) * random);

/** Whether a close code says not to come back: 4500–4999. @param {number} code */
export const isFinal = (code) => code >= 4500 && code <= 4999;

/**
 * The 99th percentile of the last minute.
 * @param {{at: number, ms: number}[]} samples
 * @param {number} now
 * @returns {number | null} ms, null without samples
 */
export function p99(samples, now) {
  const recent = samples.filter((sample) => now - sample.at <= WINDOW).map((sample) => sample.ms).sort((a, b) => a - b);
  return recent.length ? recent[Math.min(recent.length - 1, Math.floor(recent.length * 0.99))] : null;
}

/** Events: "frame" (detail: the frame), "state", "latency". */
export class Live extends EventTarget {
  /** @type {LiveState} */
  state = "connecting";
  /** When the connection was lost, or null. */
  /** @type {number | null} */
  lostAt = null;
  /** When the next attempt is due, or null. */
  /** @type {number | null} */
  retryAt = null;
  /** Close code that ended it for good, or null. */
  /** @type {number | null} */
  endedBy = null;

  /**
   * @param {object} options
   * @param {() => {epoch: string, position: number} | null} options.cursor  where to resume from; null: no snapshot yet
   * @param {() => WebSocket} [options.open]
   * @param {() => number} [options.now]
   * @param {() => number} [options.random]
   */
  constructor({ cursor, open = dial, now = Date.now, random = Math.random }) {
    super();
    this.cursor = cursor;
    this.open = open;
    this.now = now;
    this.random = random;
    /** @type {Channel[]} */
    this.channels = [];
    /** @type {{at: number, ms: number}[]} */
    this.samples = [];
    /** @type {Map<number, (frame: Frame) => void>} */
    this.waiting = new Map();
    /** @type {WebSocket | null} */
    this.socket = null;
    this.nextId = 1;
    this.attempt = 0;
    this.welcomed = false;
    this.resumed = false;
    this.heartbeat = 20;
    /** Position at the welcome: events up to here are a replay and say nothing about speed. */
    this.head = 0;
    /** The server's clock minus ours, ms. */
    this.skew = 0;
    /** @type {number | null} */
    this.retryHint = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.alarm = undefined;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.pulse = undefined;
  }

  /** Opens the socket; a call while it is open or after its end does nothing. */
  connect() {
    if (this.socket || this.state === "ended") return;
    clearTimeout(this.timer);
    this.retryAt = null;
    const socket = this.open();
    this.socket = socket;
    this.welcomed = false;
    this.resumed = false;
    socket.addEventListener("message", ({ data }) => this.receive(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => this.lost(socket, code));
    this.listen(HANDSHAKE);
  }

  /** Another attempt now, whatever the wait. */
  retry() {
    this.attempt = 0;
    this.connect();
  }

  /** Ends it for good: signed out. */
  end() {
    clearTimeout(this.timer);
    clearTimeout(this.alarm);
    this.become("ended");
    this.socket?.close(1000);
  }

  /**
   * Makes these the channels of this client. Resolves when the server has them, or at once while there is no
   * connection: the resume will name them. A snapshot that is read after that has no hole before its events.
   * @param {Channel[]} channels
   */
  async watch(channels) {
    const before = this.channels;
    this.channels = channels;
    if (!this.resumed) return this.resume();
    const same = (/** @type {Channel} */ a, /** @type {Channel} */ b) => JSON.stringify(a) === JSON.stringify(b);
    const gone = before.filter((one) => !channels.some((other) => other.channel === one.channel));
    const fresh = channels.filter((one) => !before.some((other) => same(one, other)));
    for (const { channel } of gone) this.ask({ op: "unsubscribe", channel });
    await Promise.all(fresh.map((one) => this.ask({ op: "subscribe", ...one })));
  }

  /** Resumes from the cursor when both the welcome and a snapshot are there. Call it when a snapshot has come. */
  async resume() {
    const cursor = this.cursor();
    if (!this.welcomed || this.resumed || !cursor) return;
    this.resumed = true;
    await this.ask({ op: "resume", ...cursor, channels: this.channels });
  }

  /** A frame without an answer: typing, viewing. @param {Record<string, any>} frame */
  tell(frame) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  /** Latency of the last minute (99th percentile, ms), or null. */
  latency() {
    return p99(this.samples, this.now());
  }

  /** @param {Record<string, any>} frame @returns {Promise<Frame | null>} the reply, null when the connection was lost first */
  ask(frame) {
    if (!this.socket) return Promise.resolve(null);
    const id = this.nextId++;
    this.tell({ id, ...frame });
    return new Promise((done) => this.waiting.set(id, done));
  }

  /** @param {Frame} frame */
  receive(frame) {
    this.listen(this.heartbeat * SILENCE * 1000);
    if (frame.type === "welcome") this.welcome(frame);
    else if (frame.type === "reply") {
      this.waiting.get(frame.id)?.(frame);
      this.waiting.delete(frame.id);
    } else if (frame.type === "bye") this.retryHint = frame.retry_ms ?? null;
    else if (frame.type === "event" && frame.at && (frame.position ?? 0) > this.head) this.measure(frame.at);
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  /** @param {Frame} frame */
  welcome(frame) {
    this.heartbeat = frame.heartbeat ?? this.heartbeat;
    this.head = frame.position ?? 0;
    if (frame.at) this.skew = frame.at - this.now();
    this.attempt = 0;
    this.lostAt = null;
    this.welcomed = true;
    clearInterval(this.pulse);
    this.pulse = setInterval(() => this.tell({ op: "ping" }), this.heartbeat * 1000);
    this.become("live");
    this.resume();
  }

  /** @param {number} at  when the event was committed */
  measure(at) {
    const now = this.now();
    const ms = Math.max(0, now + this.skew - at);
    if (ms > LONGEST) return;
    this.samples = this.samples.filter((sample) => now - sample.at <= WINDOW);
    this.samples.push({ at: now, ms });
    this.dispatchEvent(new Event("latency"));
  }

  /** @param {WebSocket} socket @param {number} code */
  lost(socket, code) {
    if (socket !== this.socket) return;
    this.socket = null;
    this.resumed = false;
    clearTimeout(this.alarm);
    clearInterval(this.pulse);
    for (const done of this.waiting.values()) done(/** @type {any} */ (null));
    this.waiting.clear();
    if (this.state === "ended") return;
    if (isFinal(code)) {
      this.endedBy = code;
      this.become("ended");
      return;
    }
    const wait = this.retryHint ?? backoff(this.attempt, this.random());
    this.retryHint = null;
    this.attempt += 1;
    this.lostAt ??= this.now();
    this.retryAt = this.now() + wait;
    this.timer = setTimeout(() => this.connect(), wait);
    this.become("reconnecting");
  }

  /** Gives up on a connection that has been silent for so long, ms. A half-open one may take minutes to close. @param {number} ms */
  listen(ms) {
    clearTimeout(this.alarm);
    this.alarm = setTimeout(() => {
      const socket = this.socket;
      if (!socket) return;
      socket.close();
      this.lost(socket, 4010);
    }, ms);
  }

  /** @param {LiveState} state */
  become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

/** The socket of this page's own server. */
function dial() {
  return new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`, "caudal.json");
}
