/**
 * Calls of the API with the session of the cookie. Every screen reads and changes data through {@link call}.
 */

/** @typedef {import("./types.js").Limits} Limits */

/** A refusal of the API, with the members of its error object. */
export class RpcError extends Error {
  /**
   * @param {string} message
   * @param {{ mnemonic: string, field: string | null, value: string | null, params: Record<string, unknown> }} data
   */
  constructor(message, data) {
    super(message);
    this.mnemonic = data.mnemonic;
    this.field = data.field;
    this.value = data.value;
    this.params = data.params;
  }
}

/** The server could not be reached, or answered with something that is no answer. */
export class OfflineError extends Error {}

/** The session is over, and nobody signed in again. */
export class SignedOutError extends Error {}

/** Methods that take no `user_id`. */
const WITHOUT_USER = new Set(["get.customer_users", "rpc.discover", "logout.user"]);

/** Longest wait for an answer, in milliseconds. */
const ANSWER_TIME_MAX = 60_000;

const state = {
  /** @type {number | null} */
  userId: null,
  /** @type {Limits} */
  limits: {},
  /** @type {() => Promise<boolean>} */
  signInAgain: async () => false,
  id: 0,
};

/**
 * Names the user that an agent acts for; `null` for a customer's own user.
 *
 * @param {number | null} userId
 */
export function actFor(userId) {
  state.userId = userId;
}

/**
 * Sets what is done when the session is over: resolves to whether somebody has signed in again.
 *
 * @param {() => Promise<boolean>} signInAgain
 */
export function onSessionOver(signInAgain) {
  state.signInAgain = signInAgain;
}

/** The limits that the last answer told. */
export function limits() {
  return state.limits;
}

/**
 * Sends a request to a path of the client area.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {AbortSignal} [signal]
 */
export function send(method, path, body, signal) {
  return request(method, path, "application/json", body === undefined ? null : JSON.stringify(body), signal);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {string} type
 * @param {BodyInit | null} body
 * @param {AbortSignal} [signal]
 */
async function request(method, path, type, body, signal) {
  const timeout = AbortSignal.timeout(ANSWER_TIME_MAX);
  try {
    return await fetch(path, {
      method,
      headers: { "Content-Type": type, "X-Ringbook": "1" },
      body,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new OfflineError(String(error));
  }
}

/**
 * Sends a file behind a line of options; asks for the password if the session is over.
 *
 * @param {string} path
 * @param {unknown} options
 * @param {Blob} file
 * @param {AbortSignal} [signal]
 */
export async function sendFile(path, options, file, signal) {
  const body = new Blob([JSON.stringify(options), "\n", file]);
  return withSession(() => request("POST", path, "application/octet-stream", body, signal));
}

/**
 * Sends a request, and once more when its session was over and somebody has signed in again.
 *
 * @param {() => Promise<Response>} send
 * @throws {SignedOutError} nobody has
 */
export async function withSession(send) {
  let response = await send();
  if (response.status === 401) {
    if (!(await state.signInAgain())) throw new SignedOutError();
    response = await send();
  }
  if (response.status === 401) throw new SignedOutError();
  return response;
}

/** The user that an agent acts for; `null` for a customer's own user. */
export function userId() {
  return state.userId;
}

/**
 * The parameters as they are sent: with the user that an agent acts for.
 *
 * @param {string} method
 * @param {Record<string, unknown>} params
 */
export function withUser(method, params) {
  const needsUser = state.userId !== null && !WITHOUT_USER.has(method);
  return needsUser ? { user_id: state.userId, ...params } : params;
}

/**
 * Calls a method.
 *
 * @param {string} method
 * @param {Record<string, unknown>} [params]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>} the member `result`
 * @throws {RpcError} the API refuses
 * @throws {OfflineError} there is no answer
 * @throws {SignedOutError} the session is over
 */
export async function call(method, params = {}, signal) {
  const answer = await callRaw(method, withUser(method, params), signal);
  const limits = answer.result?.metadata?.limits ?? answer.error?.data?.metadata?.limits;
  if (limits) state.limits = limits;
  if (answer.error) throw new RpcError(answer.error.message, answer.error.data);
  return answer.result;
}

/**
 * Calls a method with exactly these parameters, and returns the whole answer.
 *
 * @param {string} method
 * @param {unknown} params
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function callRaw(method, params, signal) {
  state.id += 1;
  const body = { jsonrpc: "2.0", id: state.id, method, params };
  const response = await withSession(() => send("POST", "/client/rpc", body, signal));
  try {
    return await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new OfflineError(`status ${response.status}: ${error}`);
  }
}

/**
 * Whether an error only says that the caller has lost interest.
 *
 * @param {unknown} error
 */
export function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}
