/** The page's one socket, joined to the page's one store. */

import { signIn } from "./api.js";
import { Live } from "./live.js";
import { session } from "./session.js";
import { store } from "./store.js";

/** @typedef {import("./live.js").Channel} Channel */

/** Close code of a login that ended; the sign-in page is where it goes on. */
const SIGNED_OUT = [4501, 4503];
/** Wait before lists that could not be loaded anew are asked for again, ms. */
const AGAIN = 3_000;

export const live = new Live({ cursor: () => (store.state.epoch ? { epoch: store.state.epoch, position: store.state.position } : null) });

live.addEventListener("frame", (event) => {
  const frame = /** @type {CustomEvent} */ (event).detail;
  if (frame.type === "reset") {
    // What is known is no longer a base for events: forget it, read it again, and resume from there.
    live.resumed = false;
    store.dispatch({ type: "page.reload", reason: frame.reason });
    document.dispatchEvent(new CustomEvent("caudal:frame", { detail: frame }));
    if (frame.reason === "access") session.reload();
    // Whatever the page shows, a snapshot of it says where to go on. Where none came, they are asked again.
    setTimeout(() => store.state.epoch ?? live.dispatchEvent(new CustomEvent("frame", { detail: frame })), AGAIN);
    return;
  }
  if (frame.type === "event") {
    frame.me = session.me.user;
    frame.own = session.isMe(frame.actor);
    session.apply(frame);
  }
  store.dispatch(frame);
  document.dispatchEvent(new CustomEvent("caudal:frame", { detail: frame }));
});

live.addEventListener("state", () => {
  if (live.state === "ended" && SIGNED_OUT.includes(live.endedBy ?? 0)) signIn("ended&");
});

addEventListener("online", () => live.retry());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && live.state === "reconnecting") live.retry();
});

export const connection = {
  /**
   * Makes these the channels of this page. Await it, then read the snapshot.
   * @param {Channel[]} channels
   */
  watch: (channels) => live.watch(channels),

  /**
   * Says that a snapshot is on screen: the socket may resume from it.
   * @param {{epoch: string, position: number}} answer
   */
  shown(answer) {
    store.dispatch({ type: "page.snapshot", answer });
    live.resume();
  },
};
