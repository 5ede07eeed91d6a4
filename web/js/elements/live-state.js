/** How live the page is: <c-live-state> in the bar, by word and dot, and <c-connection-banner> over what is shown when it is an old copy. */

import { live } from "../connection.js";
import { button, h, icon, replace } from "../dom.js";
import { time } from "../format.js";
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

class Watching extends HTMLElement {
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

class ConnectionBanner extends Watching {
  words() {
    const state = verdict();
    if (state !== "offline" && state !== "ended") return [""];
    return [state, live.retryAt == null ? "" : String(Math.max(1, Math.ceil((live.retryAt - Date.now()) / 1000)))];
  }

  /** @param {string[]} words */
  show([state, seconds]) {
    this.hidden = !state;
    if (!state) return replace(this);
    const known = this.querySelector(".num");
    if (known && state === "offline") {
      known.textContent = seconds ? t("live.again", { count: Number(seconds) }) : t("live.reconnecting");
      return;
    }
    replace(this, h("div", { class: "banner cluster", "data-tone": "caution", role: "status" }, icon("offline"),
      h("p", null, h("strong", null, t(state === "ended" ? "live.ended_head" : "live.lost_head")), " ", state === "ended" ? t("live.ended_hint") : t("live.copy", { time: time(live.lostAt ?? Date.now()) })),
      state === "offline" ? h("span", { class: "num", "aria-live": "off" }, t("live.again", { count: Number(seconds) || 1 })) : null,
      button(t(state === "ended" ? "live.reload" : "live.try_now"), { class: "button button--small", onclick: () => (state === "ended" ? location.reload() : live.retry()) })));
  }
}

customElements.define("c-live-state", LiveState);
customElements.define("c-connection-banner", ConnectionBanner);
