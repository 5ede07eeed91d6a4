/** What the service refused, in the reader's language. */

import { has, t } from "./i18n.js";

/** @typedef {{field?: string, code: string, message?: string, params?: Record<string, any>}} FieldError */

/** The sentence of an error; the service's own only where we have none. @param {FieldError} error */
export function errorText({ code, message, params = {} }) {
  const named = code === "forbidden" && params.title ? "field.error.forbidden_record" : "";
  const key = [named, `field.error.${code}`, `error.${code}`].find(has);
  return key ? t(key, params) : message || t("field.error.invalid");
}

/** The errors of a refused request; a refusal without fields is one error of the whole. @param {any} error @returns {FieldError[]} */
export const errorsOf = (error) =>
  error?.errors?.length ? error.errors : [{ code: error?.code ?? "unreachable", message: error?.message, params: error?.params ?? {} }];
