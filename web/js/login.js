// The sign-in page: in the reader's language, with errors in words, and on to where they came from.
import { api } from "./api.js";
import { icon, replace } from "./dom.js";
import { has, language, loadLocale, t } from "./i18n.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("form"));
const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

/**
 * The path to go to after signing in. Only one of this origin: anything else leads to the stream.
 * @param {string|null} next
 * @param {string} origin
 */
export function safeNext(next, origin) {
  if (!next?.startsWith("/")) return "/";
  const url = new URL(next, origin);
  return url.origin === origin && url.pathname !== "/login" ? url.pathname + url.search + url.hash : "/";
}

const asked = new URLSearchParams(location.search);
const goOn = () => location.replace(safeNext(asked.get("next"), location.origin));

/** The language chosen here before, else the first of the browser's that there is. */
function preferred() {
  const wanted = [localStorage.getItem("language"), ...navigator.languages].map((name) => name?.slice(0, 2));
  return wanted.find((name) => name === "en" || name === "es") ?? "en";
}

/** @param {string} name */
async function speak(name) {
  await loadLocale(name);
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = t(node.getAttribute("data-text") ?? "");
  if (asked.has("ended")) replace(/** @type {HTMLElement} */ (document.querySelector("[data-text='login.hint']")), t("login.ended"));
  for (const node of document.querySelectorAll("[data-language]")) node.setAttribute("aria-current", String(node.getAttribute("data-language") === language()));
  document.title = `${t("login.title")} · Caudal`;
}

/** @param {string} name of the field @param {string|null} text */
function say(name, text) {
  const error = /** @type {HTMLElement} */ (document.getElementById(`${name}-error`));
  error.hidden = !text;
  replace(error, text && icon("alert", "s"), text);
  const input = field(name);
  input.removeAttribute("aria-invalid");
  input.removeAttribute("aria-describedby");
  if (!text) return;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", error.id);
  input.focus();
}

function missing() {
  say("email", null);
  say("password", null);
  if (!field("password").value) say("password", t("login.no_password"));
  if (!field("email").value.trim()) say("email", t("login.no_email"));
  else if (!field("email").validity.valid) say("email", t("login.bad_email"));
  return form.querySelector("[aria-invalid]") !== null;
}

async function signIn() {
  if (missing()) return;
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"));
  button.disabled = true;
  try {
    await api.post("/session", { email: field("email").value.trim(), password: field("password").value }, { stay: true });
    goOn();
  } catch (error) {
    button.disabled = false;
    const key = `login.${error.code}`;
    say("password", t(has(key) ? key : "login.failed"));
    field("password").select();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  signIn();
});
for (const node of document.querySelectorAll("[data-language]")) {
  node.addEventListener("click", () => {
    const name = node.getAttribute("data-language") ?? "en";
    localStorage.setItem("language", name);
    speak(name);
  });
}

await speak(preferred());
field("email").focus();
