/** Floating windows, for whoever wants one. Their modules come with the first. */

import { problem } from "./elements/toasts.js";

/** Who fills the window of a name. @type {Record<string, () => Promise<{open: (dock: any, wish: any) => unknown}>>} */
const MAKERS = {
  activity: () => import("./elements/activity-window.js"),
  record: () => import("./elements/record-window.js"),
};

/** Opens a window: `openWindow("activity", {type: "task", records: [ref]})`. @param {string} name @param {object} wish */
export async function openWindow(name, wish) {
  try {
    const [{ open }] = await Promise.all([MAKERS[name](), import("./elements/window-dock.js")]);
    await open(document.querySelector("c-window-dock"), wish);
  } catch (error) {
    problem(error);
  }
}
