/** Has the server read a file, and finds out which of its contacts are in the book. Changes nothing. */

import { OfflineError, RpcError, call, sendFile, userId } from "../../rpc.js";

/** @typedef {{ field: string | null, value: string | null, reason: string }} Remark */
/** @typedef {"new" | "known" | "repeated"} Outcome */

/**
 * A contact of the file.
 *
 * @typedef {object} ReadContact
 * @property {number} row
 * @property {{ phone_numbers: string[], [member: string]: unknown }} contact as `upload.contacts` takes it
 * @property {string} full_name
 * @property {string | null} manager
 * @property {Remark[]} remarks
 * @property {Outcome} [outcome]
 */

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {string | null} read_as
 * @property {number} cells
 * @property {string | null} looks_like
 * @property {boolean} is_ignored
 */

/**
 * @typedef {object} ReadFile
 * @property {string} format
 * @property {{ name: string, guessed: boolean } | null} encoding
 * @property {string[]} notes
 * @property {Column[]} columns
 * @property {ReadContact[]} contacts
 * @property {(Remark & { row: number })[]} refused
 */

/** Numbers that one question asks about. */
const VALUES_MAX = 4_000;
/** Contacts in a page of an answer. */
const PAGE = 10_000;
/** Fewest digits of a national number that are looked for at the end of an international one. */
const NATIONAL_DIGITS_MIN = 7;

/**
 * Has the server read a file.
 *
 * @param {File} file
 * @param {{ columns: Record<number, string>, encoding: string }} options what columns mean, by their number from 1
 * @param {AbortSignal} signal
 * @returns {Promise<ReadFile>}
 */
export async function readFile(file, { columns, encoding }, signal) {
  const options = { name: file.name, user_id: userId(), columns, encoding };
  const response = await sendFile("/client/import", options, file, signal);
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  const error = body?.error;
  if (!error) throw new OfflineError(`status ${response.status}`);
  throw new RpcError(error.mnemonic, { mnemonic: error.mnemonic, field: null, value: null, params: error.params ?? {} });
}

/** @param {string} phone @param {string} name */
function key(phone, name) {
  return `${phone}\n${name}`;
}

/** A number without the prefix that is dialled before national numbers. @param {string} sent */
function national(sent) {
  const digits = sent.replace(/\D/g, "");
  const rest = digits.startsWith("8") && digits.length === 11 ? digits.slice(1) : digits.replace(/^0+/, "");
  return rest.length >= NATIONAL_DIGITS_MIN ? rest : digits;
}

/**
 * Sets the outcome of each contact: known is one with the same full name and a number in common.
 *
 * @param {ReadContact[]} contacts
 * @param {(share: number) => void} progress
 * @param {AbortSignal} signal
 */
export async function lookUp(contacts, progress, signal) {
  const wanted = [...new Set(contacts.flatMap(({ contact }) => contact.phone_numbers))];
  /** Numbers of the book by the full names that have them. @type {Map<string, Set<string>>} */
  const byName = new Map();
  for (let at = 0; at < wanted.length; at += VALUES_MAX) {
    progress(at / wanted.length);
    await learn(wanted.slice(at, at + VALUES_MAX), byName, signal);
  }
  const seen = new Set();
  for (const read of contacts) {
    const { contact, full_name: name } = read;
    const stored = [...(byName.get(name) ?? [])];
    const isKnown = contact.phone_numbers.some((sent) => stored.some((phone) => isStoredAs(sent, phone)));
    const keys = contact.phone_numbers.map((sent) => key(sent, name));
    read.outcome = isKnown ? "known" : keys.some((one) => seen.has(one)) ? "repeated" : "new";
    for (const one of keys) seen.add(one);
  }
}

/** @param {string} sent @param {string} stored digits */
function isStoredAs(sent, stored) {
  if (sent.replace(/\D/g, "") === stored) return true;
  if (sent.startsWith("+")) return false;
  const rest = national(sent);
  return rest.length >= NATIONAL_DIGITS_MIN && stored.length > rest.length && stored.endsWith(rest);
}

/**
 * @param {string[]} phones
 * @param {Map<string, Set<string>>} byName
 * @param {AbortSignal} signal
 */
async function learn(phones, byName, signal) {
  let last = 0;
  for (;;) {
    const filters = [
      { field: "phone_numbers", operator: "overlap", value: phones },
      { field: "id", operator: ">", value: last },
    ];
    const params = { filter: { condition: "and", filters }, fields: ["id", "full_name", "phone_numbers"], limit: PAGE };
    const { data } = await call("get.contacts", params, signal);
    for (const { id, full_name: name, phone_numbers: numbers } of data) {
      const known = byName.get(name) ?? new Set();
      for (const number of numbers) known.add(number);
      byName.set(name, known);
      last = id;
    }
    if (data.length < PAGE) return;
  }
}
