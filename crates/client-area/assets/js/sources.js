/** Names of groups, organizations and employees, found while one types and looked up by id. */

import { formatPhone } from "./phones.js";
import { call } from "./rpc.js";
import { filterOf, likeText, questionOf } from "./screens/find/query.js";

/** @typedef {import("./ui/picker.js").Option} Option */
/** @typedef {import("./types.js").Group} Group */

/** Names offered at once. */
const OFFERED = 20;

/**
 * @param {string} method
 * @param {string} field the member that holds the name
 */
function finder(method, field) {
  /**
   * @param {string} term
   * @param {AbortSignal} [signal]
   * @returns {Promise<Option[]>}
   */
  return async (term, signal) => {
    const filter = term ? { field, operator: "ilike", value: likeText(term) } : {};
    const result = await call(method, { filter, fields: ["id", field], sort: [{ field }], limit: OFFERED }, signal);
    return result.data.map((/** @type {any} */ record) => ({ id: record.id, name: record[field] }));
  };
}

export const findGroups = finder("get.group_contacts", "name");
export const findOrganizations = finder("get.contact_organizations", "name");
export const findEmployees = finder("get.employees", "full_name");

/**
 * Contacts by name, or by number where the text is one.
 *
 * @param {string} term
 * @param {AbortSignal} [signal]
 * @returns {Promise<Option[]>}
 */
export async function findContacts(term, signal) {
  const question = questionOf(new Map([["q", term]]));
  const result = await call("get.contacts", { filter: filterOf(question), fields: ["id", "full_name", "phone_numbers"], limit: OFFERED }, signal);
  return result.data.map((/** @type {any} */ record) => ({ id: record.id, name: [record.full_name, ...record.phone_numbers.slice(0, 1).map(formatPhone)].join(" · ") }));
}

/**
 * @param {string} method
 * @param {string} field
 */
function namer(method, field) {
  /**
   * @param {number} id
   * @returns {Promise<Option | null>}
   */
  return async (id) => {
    const filter = { field: "id", operator: "=", value: id };
    const record = (await call(method, { filter, fields: ["id", field], limit: 1 })).data[0];
    return record ? { id, name: record[field] } : null;
  };
}

export const groupById = namer("get.group_contacts", "name");
export const organizationById = namer("get.contact_organizations", "name");
export const employeeById = namer("get.employees", "full_name");

/**
 * @param {string} name
 * @returns {Promise<Option>}
 */
export async function createGroup(name) {
  return { id: (await call("create.group_contacts", { name })).id, name };
}

/**
 * @param {string} name
 * @returns {Promise<Option>}
 */
export async function createOrganization(name) {
  return { id: (await call("create.contact_organizations", { name })).id, name };
}
