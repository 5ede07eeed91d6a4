/** Which page stands in <main>. Paths choose an element; the query belongs to the page. */

/** @typedef {{record?: number, kind?: string, query: URLSearchParams}} Params */
/** @typedef {HTMLElement & {params?: Params, update?: (params: Params) => void}} Page */

const KINDS = /** @type {Record<string, string>} */ ({ leads: "lead", deals: "deal", contacts: "contact", companies: "company", quotes: "quote" });

/** The modules of pages that are not the first one: loaded when they are first asked for. */
const MODULES = /** @type {Record<string, () => Promise<unknown>>} */ ({
  "c-record-page": () => import("./elements/record-page.js"),
  "c-list-page": () => import("./elements/list-page.js"),
  "c-activities-page": () => import("./elements/activities-page.js"),
  "c-nothing-page": () => import("./elements/nothing-page.js"),
});

/** @type {HTMLElement} */
let outlet;
/** Counts what was asked for: a page whose module comes late is not shown over a newer one. */
let asked = 0;
/** @type {string} */
let shown = "";
let brand = "Caudal";

/**
 * The page of an address.
 * @param {string} path
 * @returns {{tag: string, params: {record?: number, kind?: string}}}
 */
export function match(path) {
  const [section, id, ...rest] = path.split("/").filter(Boolean);
  if (section === "records" && /^\d+$/.test(id ?? "") && !rest.length) return { tag: "c-record-page", params: { record: Number(id) } };
  if (id === undefined && KINDS[section]) return { tag: "c-list-page", params: { kind: KINDS[section] } };
  if (id === undefined && section === "activities") return { tag: "c-activities-page", params: {} };
  if (section === undefined || (section === "stream" && id === undefined)) return { tag: "c-stream-page", params: {} };
  return { tag: "c-nothing-page", params: {} };
}

/**
 * Goes to another address of this page, without a reload.
 * @param {string} href
 * @param {{replace?: boolean}} [options]
 */
export function navigate(href, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", href);
  show();
}

/** @param {string} text  what the page shows; the product's name is added */
export function setTitle(text) {
  document.title = text ? `${text} · ${brand}` : brand;
}

/** Shows the page of the current address. */
async function show() {
  const mine = ++asked;
  const { tag, params } = match(location.pathname);
  if (MODULES[tag] && !customElements.get(tag)) await MODULES[tag]();
  if (mine !== asked) return;
  const all = { ...params, query: new URLSearchParams(location.search) };
  const key = `${tag} ${params.record ?? params.kind ?? ""}`;
  const current = /** @type {Page | null} */ (outlet.firstElementChild);
  if (key === shown && current?.update) current.update(all);
  else {
    const page = /** @type {Page} */ (document.createElement(tag));
    page.params = all;
    outlet.className = /** @type {any} */ (page.constructor).layout ?? "page";
    outlet.replaceChildren(page);
    if (shown && shown !== key) scrollTo(0, 0);
    shown = key;
  }
  dispatchEvent(new Event("caudal:page"));
}

/** @param {MouseEvent} event */
function follow(event) {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = /** @type {Element} */ (event.target).closest?.("a[href]");
  if (!(link instanceof HTMLAnchorElement) || link.target || link.origin !== location.origin || link.hasAttribute("download")) return;
  if (link.pathname.startsWith("/login") || link.pathname.startsWith("/api/") || link.getAttribute("href")?.startsWith("#")) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}

/** @param {HTMLElement} main */
export function startRouter(main) {
  outlet = main;
  addEventListener("popstate", show);
  document.addEventListener("click", follow);
  show();
}
