/** Starts the page: who reads, in which language, then the bar, the page of the address, and the socket. */

import { ApiError } from "./api.js";
import { connection, live } from "./connection.js";
import { button, h, icon, isTyping, loadIcons } from "./dom.js";
import { loadLocale, t } from "./i18n.js";
import { pictured } from "./later.js";
import { startRouter } from "./router.js";
import { session } from "./session.js";
import "./elements/stream-page.js";
import "./elements/toasts.js";
import "./elements/topbar.js";

/** What the first picture does not need: brought then, so that it is at hand, and there while the service is not. */
const LATER = [
  () => import("./elements/connection-banner.js"),
  () => import("./elements/filter-panels.js"),
  () => import("./elements/entry-panels.js"),
  () => import("./elements/entry-folded.js"),
  () => import("./elements/me-menu.js"),
  () => import("./elements/edit-text.js"),
  () => import("./elements/activity-window.js"),
  () => import("./elements/window-dock.js"),
  () => import("./elements/keys.js"),
];

const guess = localStorage.getItem("language") ?? navigator.language.slice(0, 2);

async function start() {
  const texts = Promise.all([loadLocale(guess), loadIcons()]);
  try {
    await session.load();
  } catch (error) {
    await texts;
    if (error instanceof ApiError && error.status === 401) return;
    return unreachable();
  }
  await texts;
  if (session.me.language !== document.documentElement.lang) await loadLocale(session.me.language);
  localStorage.setItem("language", session.me.language);
  if (session.me.theme) dispatchEvent(new CustomEvent("caudal:theme", { detail: session.me.theme }));

  const main = h("main", { id: "main", tabindex: "-1" });
  document.body.prepend(h(/** @type {any} */ ("c-topbar"), null), main, h("aside", { "aria-label": t("nav.windows") }, h("c-window-dock", null)), h(/** @type {any} */ ("c-toasts"), null),
    h("p", { class: "visually-hidden", id: "announcer", "aria-live": "polite" }));
  document.addEventListener("keydown", keys);
  document.addEventListener("click", closeMenus);
  // Everything on screen is read after this place in the log, so that the socket goes on from here without a hole.
  connection.shown(session.me);
  startRouter(main);
  live.connect();
  pictured.then(() => Promise.all(LATER.map((load) => load()))).catch(() => {
    // Each is asked for again when it is needed.
  });
}

/** The service does not answer: say so, and offer another try. */
function unreachable() {
  document.body.prepend(h("main", { class: "page page--wide" }, h("div", { class: "panel empty", role: "alert" }, icon("offline"), h("h1", null, t("error.start")), h("p", null, t("error.unreachable")),
    h("div", { class: "cluster" }, button(t("act.retry"), { class: "button button--primary", onclick: () => location.reload() }, "undo")))));
}

/** Keys of every page; those of the stream are its own. @param {KeyboardEvent} event */
function keys(event) {
  if (event.key === "Escape") {
    const open = document.querySelector("details.menu[open]");
    if (!open) return;
    event.preventDefault();
    open.removeAttribute("open");
    open.querySelector("summary")?.focus();
  }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "/") {
    event.preventDefault();
    /** @type {any} */ (document.querySelector("c-topbar")).find();
  } else if (event.key === "m") {
    event.preventDefault();
    /** @type {HTMLElement | null} */ (document.querySelector("c-composer"))?.focus();
  } else if (event.key === "?") import("./elements/keys.js").then(({ showKeys }) => showKeys());
}

/** Menus are details elements: a press elsewhere closes them. @param {MouseEvent} event */
function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(/** @type {Node} */ (event.target))) menu.removeAttribute("open");
}

start();
