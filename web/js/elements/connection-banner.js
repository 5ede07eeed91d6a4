/** <c-connection-banner>: stands over what is shown when that is an old copy. */

import { live } from "../connection.js";
import { button, h, icon, replace } from "../dom.js";
import { time } from "../format.js";
import { t } from "../i18n.js";
import { Watching, verdict } from "./live-state.js";

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

customElements.define("c-connection-banner", ConnectionBanner);
