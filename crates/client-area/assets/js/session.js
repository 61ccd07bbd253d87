/**
 * Who is signed in, and for whom: signing in and out, the customer that an agent acts for, rights.
 */

import { actFor, send } from "./rpc.js";

/**
 * @typedef {object} Account
 * @property {"customer" | "agent"} kind
 * @property {number} id
 * @property {string} name
 * @property {string} timezone
 * @property {string | null} country its code of ISO 3166, by which national phone numbers are read
 *
 * @typedef {object} Acting the user whose rights decide, and the account that is worked on
 * @property {number} user_id
 * @property {string} login
 * @property {string} name
 * @property {string[]} rights
 * @property {Account} account
 *
 * @typedef {object} Session
 * @property {string} login
 * @property {string} name
 * @property {Account} account
 * @property {Acting} acting
 * @property {string[]} all_rights every right that there is
 * @property {string} address
 * @property {number} idle_seconds
 * @property {number} expires_at
 */

const CHOSEN = "ringbook.user";

/** Why a person could not sign in: a mnemonic of the API's errors, with its parameters. */
export class SignInError extends Error {
  /**
   * @param {string} mnemonic
   * @param {Record<string, unknown>} params
   */
  constructor(mnemonic, params) {
    super(mnemonic);
    this.mnemonic = mnemonic;
    this.params = params;
  }
}

/** @type {Session | null} */
let current = null;

/** The session; to be asked only on screens that need one. */
export function session() {
  if (!current) throw new Error("nobody is signed in");
  return current;
}

/** Whether somebody is signed in. */
export function isSignedIn() {
  return current !== null;
}

/** Whether an agent is signed in who has not chosen a customer yet. */
export function mustChoose() {
  return session().acting.account.kind === "agent";
}

/** Whether the person signed in is an agent. */
export function isAgent() {
  return session().account.kind === "agent";
}

/**
 * Whether the user acted for holds a right.
 *
 * @param {string} right `SECTION:ACTION`
 */
export function may(right) {
  return session().acting.rights.includes(right);
}

/** @param {Response} response */
async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  return new SignInError(body.error?.mnemonic ?? "internal_error", body.error?.params ?? {});
}

/** @param {number | null} userId */
async function read(userId) {
  const query = userId === null ? "" : `?user_id=${userId}`;
  const response = await send("GET", `/client/session${query}`);
  if (!response.ok) throw await refusal(response);
  return /** @type {Session | null} */ (await response.json());
}

/** @param {Session | null} session */
function take(session) {
  current = session;
  const acting = session?.acting;
  actFor(session?.account.kind === "agent" && acting?.account.kind === "customer" ? acting.user_id : null);
}

/** Finds the session that the browser's cookie names; resolves to whether there is one. */
export async function resume() {
  const chosen = Number(sessionStorage.getItem(CHOSEN)) || null;
  try {
    take(await read(chosen));
  } catch (error) {
    if (chosen === null || !(error instanceof SignInError)) throw error;
    // The user that was chosen is gone, or its account no longer admits this address.
    sessionStorage.removeItem(CHOSEN);
    take(await read(null));
  }
  return current !== null;
}

/**
 * Signs in.
 *
 * @param {string} login
 * @param {string} password
 * @throws {SignInError} refused
 */
export async function signIn(login, password) {
  const response = await send("POST", "/client/session", { login, password });
  if (!response.ok) throw await refusal(response);
  await resume();
}

/**
 * Signs out here, or wherever this user is signed in.
 *
 * @param {boolean} everywhere
 */
export async function signOut(everywhere) {
  await send("DELETE", everywhere ? "/client/sessions" : "/client/session", {});
  sessionStorage.removeItem(CHOSEN);
  take(null);
}

/**
 * Acts for a user of a customer from now on.
 *
 * @param {number | null} userId `null` for nobody yet
 */
export async function choose(userId) {
  const next = await read(userId);
  if (userId === null) sessionStorage.removeItem(CHOSEN);
  else sessionStorage.setItem(CHOSEN, String(userId));
  take(next);
}
