/** The reader's own menu: appearance, language, keys, signing out. */

import { api, signIn } from "../api.js";
import { live } from "../connection.js";
import { h, icon, replace } from "../dom.js";
import { language, t } from "../i18n.js";
import { session } from "../session.js";
import { showKeys } from "./keys.js";
import { attempt } from "./toasts.js";

const LANGUAGES = [["en", "English"], ["es", "Español"]];

/** @param {HTMLElement} panel */
export function fillMeMenu(panel) {
  const radio = (/** @type {string} */ name, /** @type {string} */ value, /** @type {string} */ chosen, /** @type {string} */ label, /** @type {(value: string) => void} */ choose) =>
    h("label", { lang: name === "language" ? value : null }, h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => choose(value) }), label);
  const theme = document.documentElement.dataset.theme ?? "";
  const item = (/** @type {string} */ name, /** @type {string} */ key, /** @type {() => void} */ run) => h("button", { type: "button", class: "menu__item mid", onclick: run }, icon(name), t(key));
  replace(panel,
    h("p", { class: "menu__who" }, h("strong", null, session.me.name), h("small", null, session.me.email)),
    h("fieldset", { class: "segmented" }, h("legend", { class: "visually-hidden" }, t("me.appearance")), ["", "light", "dark"].map((value) => radio("theme", value, theme, t(`me.theme.${value || "system"}`), setTheme))),
    h("fieldset", { class: "segmented" }, h("legend", { class: "visually-hidden" }, t("me.language")), LANGUAGES.map(([value, label]) => radio("language", value, language(), label, setLanguage))),
    h("hr", { class: "menu__rule" }), item("template", "keys.title", showKeys),
    h("hr", { class: "menu__rule" }), item("forward", "me.sign_out", signOut));
}

/** @param {string} theme "" follows the system */
function setTheme(theme) {
  dispatchEvent(new CustomEvent("caudal:theme", { detail: theme || null }));
  attempt(api.patch("/me", { theme: theme || null }));
}

/** Every text changes: the page starts anew, where it is. @param {string} name */
async function setLanguage(name) {
  localStorage.setItem("language", name);
  if (await attempt(api.patch("/me", { language: name }))) location.reload();
}

async function signOut() {
  if (!(await attempt(api.del("/session")))) return;
  live.end();
  signIn();
}
