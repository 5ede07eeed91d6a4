// What the pages without a stream share: they subscribe, read a snapshot, and say to the socket where it stands.
import { connection } from "../connection.js";
import { store } from "../store.js";

/**
 * Subscribes to channels in place of those of the page before, whose stream is let go.
 * @param {string} key of the page
 * @param {string[]} channels
 */
export function listenTo(key, channels) {
  store.dispatch({ type: "page.open", key, channel: "" });
  return connection.watch(channels.map((channel) => ({ channel })));
}
