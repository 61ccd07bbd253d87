/** Operations on the own account: what only people with the right `account:manage` do. */

import { OfflineError, RpcError, send, userId, withSession } from "../../rpc.js";

/**
 * @typedef {object} AccountUser
 * @property {number} id
 * @property {string} login
 * @property {string} name
 * @property {string} description
 * @property {string[] | null} rights
 *
 * @typedef {object} AccountKey
 * @property {number} id
 * @property {number} user
 * @property {string} name
 * @property {string | null} expires_at
 * @property {boolean} blocked
 *
 * @typedef {object} AccountView
 * @property {AccountUser[]} users
 * @property {AccountKey[]} keys
 * @property {string[]} blocks
 * @property {string} timezone
 * @property {string | null} country
 * @property {string | null} area_code
 * @property {string | null} outside_prefix
 * @property {string[]} countries the codes of all countries that there are rules for
 * @property {string[]} rights every right that there is
 */

/**
 * Carries out an operation.
 *
 * @param {string} operation
 * @param {Record<string, unknown>} [params]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 * @throws {RpcError} it is refused
 */
export async function operate(operation, params = {}, signal) {
  const body = { operation, user_id: userId(), ...params };
  const response = await withSession(() => send("POST", "/client/account", body, signal));
  const answer = await response.json().catch(() => null);
  if (answer?.result !== undefined) return answer.result;
  if (!answer?.error) throw new OfflineError(`status ${response.status}`);
  const { mnemonic, params: details = {} } = answer.error;
  throw new RpcError(mnemonic, { mnemonic, field: details.field ?? null, value: null, params: details });
}
