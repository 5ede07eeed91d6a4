// Appearance: the system decides unless the reader chose. A plain script in the head, so that the first paint is right.
(() => {
  const root = document.documentElement;

  /** @param {string | null} theme */
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };

  apply(localStorage.getItem("theme"));

  addEventListener("caudal:theme", (event) => {
    const theme = /** @type {CustomEvent} */ (event).detail;
    if (theme) localStorage.setItem("theme", theme);
    else localStorage.removeItem("theme");
    apply(theme);
  });
})();
