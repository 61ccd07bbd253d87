/** Uploads the contacts of a file in batches, and keeps what became of each row. */

import { call } from "../../rpc.js";
import { may } from "../../session.js";

/** @typedef {import("./read.js").ReadContact} ReadContact */
/** @typedef {import("./read.js").Remark} Remark */

/**
 * A line of the report.
 *
 * @typedef {{ row: number, outcome: "refused" | "partly" | "known" | "not_sent", field: string | null, value: string | null, reason: string }} Line
 */

/**
 * @typedef {object} Result
 * @property {number} created
 * @property {number} known
 * @property {number} refused
 * @property {number} partly
 * @property {number} notSent rows of which nothing was sent, or of which it is not known what became
 * @property {Line[]} lines
 * @property {unknown} error why it stopped, or `null`
 */

/** Contacts of a batch, and their size in characters of JSON. */
const BATCH_MAX = 500;
const BATCH_CHARS_MAX = 400_000;
/** Names that one question about employees has. */
const NAMES_MAX = 1_000;

/**
 * @param {ReadContact[]} contacts
 * @returns {Promise<Map<string, number | null>>} the id of each employee; `null` if several have the name
 */
async function managers(contacts) {
  const names = [...new Set(contacts.flatMap(({ manager }) => (manager === null ? [] : [manager])))];
  /** @type {Map<string, number | null>} */
  const found = new Map();
  if (!may("employees:select")) return found;
  for (let at = 0; at < names.length; at += NAMES_MAX) {
    const filter = { field: "full_name", operator: "in", value: names.slice(at, at + NAMES_MAX) };
    const { data } = await call("get.employees", { filter, fields: ["id", "full_name"], limit: 10_000 });
    for (const { id, full_name: name } of data) found.set(name, found.has(name) ? null : id);
  }
  return found;
}

/** @param {ReadContact[]} contacts @returns {ReadContact[][]} */
function batches(contacts) {
  /** @type {ReadContact[][]} */
  const made = [];
  let chars = Infinity;
  for (const read of contacts) {
    const size = JSON.stringify(read.contact).length;
    const last = made.at(-1);
    if (!last || last.length === BATCH_MAX || chars + size > BATCH_CHARS_MAX) {
      made.push([read]);
      chars = size;
    } else {
      last.push(read);
      chars += size;
    }
  }
  return made;
}

/**
 * Uploads contacts; stops at what concerns all of them, and between two batches when told so.
 *
 * @param {ReadContact[]} contacts those that are to be added
 * @param {Result} result counts so far
 * @param {(done: number) => void} progress
 * @param {AbortSignal} stop
 */
export async function upload(contacts, result, progress, stop) {
  let done = 0;
  try {
    const ids = await managers(contacts);
    for (const batch of batches(contacts)) {
      if (stop.aborted) break;
      const records = batch.map(({ contact, manager }) => {
        const id = manager === null ? null : (ids.get(manager) ?? null);
        return id === null ? contact : { ...contact, personal_manager_id: id };
      });
      const { data } = await call("upload.contacts", { contacts: records, on_error: "skip" });
      keep(batch, data, ids, result);
      done += batch.length;
      progress(done);
    }
  } catch (error) {
    result.error = error;
  }
  for (const { row } of contacts.slice(done)) {
    result.notSent += 1;
    result.lines.push({ row, outcome: "not_sent", field: null, value: null, reason: "" });
  }
}

/**
 * @param {ReadContact[]} batch
 * @param {{ ids: (number | null)[], errors: { index: number, mnemonic: string, field: string | null, value: string | null }[] }} data
 * @param {Map<string, number | null>} ids
 * @param {Result} result
 */
function keep(batch, { ids: created, errors }, ids, result) {
  for (const { index, mnemonic, field, value } of errors) {
    const row = batch[index]?.row ?? 0;
    result.lines.push({ row, outcome: "refused", field, value, reason: mnemonic });
  }
  for (const [at, read] of batch.entries()) {
    if (created[at] === null) {
      result.refused += 1;
      continue;
    }
    result.created += 1;
    const remarks = [...read.remarks];
    if (read.manager !== null && typeof ids.get(read.manager) !== "number") {
      remarks.push({ field: "personal_manager_full_name", value: read.manager, reason: "no employee, or several, have this name" });
    }
    if (remarks.length > 0) result.partly += 1;
    for (const remark of remarks) result.lines.push({ row: read.row, outcome: "partly", ...remark });
  }
}
