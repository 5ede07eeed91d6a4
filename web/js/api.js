/**
 * The HTTP API under /api/v1: JSON in, JSON out, errors as ApiError. Writes carry an Idempotency-Key, so that one
 * that was cut off can be sent again without being done twice.
 */

const ROOT = "/api/v1";
/** Waits before a write is sent again after a network failure, ms. */
const RETRIES = [400, 1500];

/** What the server refused, or `status` 0 when it could not be reached. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{code?: string, title?: string, errors?: {field?: string, code: string, message?: string, params?: Record<string, any>}[], params?: Record<string, any>}} problem
   */
  constructor(status, problem) {
    super(problem.title ?? problem.code ?? String(status));
    this.status = status;
    /** Stable code of the contract: "invalid", "not_found", "forbidden" … or "unreachable". */
    this.code = problem.code ?? "unavailable";
    this.errors = problem.errors ?? [];
    this.params = problem.params ?? this.errors[0]?.params ?? {};
    /** Key of the sentence in the locales. */
    this.key = `error.${this.code}`;
  }
}

/** Query string of parameters; lists repeat their name, empty values are left out. @param {Record<string, any>} [params] */
export function query(params = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) for (const one of [value].flat()) if (one != null && one !== "") search.append(name, String(one));
  const text = search.toString();
  return text && `?${text}`;
}

/** @param {number} ms */
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {{key?: string, signal?: AbortSignal, stay?: boolean}} [options]  key: Idempotency-Key; stay: a 401 is an error and does not lead to the sign-in page
 * @returns {Promise<any>}
 */
async function send(method, path, body, { key, signal, stay } = {}) {
  const write = method !== "GET";
  const headers = /** @type {Record<string, string>} */ ({ Accept: "application/json" });
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (write) headers["Idempotency-Key"] = key ?? crypto.randomUUID();
  const request = { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) };

  for (const wait of write ? [...RETRIES, null] : [null]) {
    try {
      return await read(await fetch(ROOT + path, request), stay);
    } catch (error) {
      if (error instanceof ApiError || signal?.aborted) throw error;
      if (wait == null) throw new ApiError(0, { code: "unreachable" });
      await pause(wait);
    }
  }
}

/** @param {Response} response @param {boolean} [stay] */
async function read(response, stay) {
  const text = await response.text();
  const answer = text && /json/.test(response.headers.get("Content-Type") ?? "") ? JSON.parse(text) : null;
  if (response.ok) return answer;
  if (response.status === 401 && !stay) signIn();
  throw new ApiError(response.status, answer ?? { code: response.status === 404 ? "not_found" : "unavailable" });
}

/** Goes to the sign-in page, and back here afterwards. @param {string} [why]  "ended&": the login was ended elsewhere */
export function signIn(why = "") {
  location.assign(`/login?${why}next=${encodeURIComponent(location.pathname + location.search)}`);
}

export const api = {
  /** @param {string} path @param {Record<string, any>} [params] @param {{signal?: AbortSignal, stay?: boolean}} [options] */
  get: (path, params, options) => send("GET", path + query(params), undefined, options),
  /** @param {string} path @param {unknown} [body] @param {{key?: string, stay?: boolean, signal?: AbortSignal}} [options] */
  post: (path, body = {}, options) => send("POST", path, body, options),
  /** @param {string} path @param {unknown} body @param {{key?: string}} [options] */
  patch: (path, body, options) => send("PATCH", path, body, options),
  /** @param {string} path @param {unknown} [body] @param {{key?: string}} [options] */
  put: (path, body, options) => send("PUT", path, body, options),
  /** @param {string} path @param {{key?: string}} [options] */
  del: (path, options) => send("DELETE", path, undefined, options),
};
