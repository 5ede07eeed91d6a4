/** When the first picture of the page stands: what it did not need waits until then. */

/** Where there is no stream, nobody says so; ms. */
const LONGEST = 3_000;

/** @type {(value?: unknown) => void} */
let done;

/** Resolves when entries were painted, or after a while. */
export const pictured = new Promise((resolve) => (done = resolve));
setTimeout(() => done(), LONGEST);

/** The first entries stand in the page; the browser paints them next. */
export function entriesShown() {
  if (performance.getEntriesByName("entries").length) return;
  performance.mark("entries");
  requestAnimationFrame(() => setTimeout(done));
}
