/** <c-live-state>: how live the page is, by word and dot, in the bar. */

import { live } from "../connection.js";
import { h, replace } from "../dom.js";
import { t } from "../i18n.js";

/** A break shorter than this is not worth a word, ms. */
const GRACE = 2_000;
/** From here on the page says that it shows a copy, ms. */
const STALE = 10_000;

/** Latency in steps of 10 ms: a number that dances is not read. @param {number | null} ms */
const steps = (ms) => (ms == null ? "" : t("live.ms", { ms: Math.max(10, Math.round(ms / 10) * 10) }));

/** What there is to say now. */
export function verdict(now = Date.now()) {
  if (live.state === "ended") return "ended";
  const gone = live.lostAt == null ? 0 : now - live.lostAt;
  if (live.state === "live" || gone < GRACE) return live.state === "connecting" ? "connecting" : "live";
  return gone > STALE ? "offline" : "reconnecting";
}

/** An element whose words follow the connection. */
export class Watching extends HTMLElement {
  /** @type {ReturnType<typeof setInterval> | undefined} */ #timer;
  #said = "";

  connectedCallback() {
    live.addEventListener("state", this.#look);
    live.addEventListener("latency", this.#look);
    this.#timer = setInterval(this.#look, 1_000);
    this.#look();
  }

  disconnectedCallback() {
    live.removeEventListener("state", this.#look);
    live.removeEventListener("latency", this.#look);
    clearInterval(this.#timer);
  }

  #look = () => {
    const words = this.words();
    const said = JSON.stringify(words);
    if (said === this.#said) return;
    this.#said = said;
    this.show(words);
  };

  /** What the words depend on. @returns {string[]} */
  words() {
    return [];
  }

  /** @param {string[]} _ */
  show(_) {}
}

class LiveState extends Watching {
  words() {
    return [verdict(), steps(live.latency())];
  }

  /** @param {string[]} words */
  show([state, latency]) {
    const isLive = state === "live";
    replace(this, h("span", { class: "button button--quiet live", "data-tone": isLive || state === "connecting" ? null : "caution", title: t(`live.${state}_hint`) },
      h("span", { class: "live__dot" }), h("span", null, t(`live.${state}`)), isLive && latency ? h("span", { class: "faint num" }, latency) : null));
  }
}

customElements.define("c-live-state", LiveState);
