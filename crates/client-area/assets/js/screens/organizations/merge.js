/**
 * Merges one organization into another: its contacts move, then it is deleted. A merge that was interrupted goes on
 * when it is started again, since contacts that have moved are no longer found.
 *
 * A merge can be taken back: the organization is created again with its name, under a new number, and the contacts that have moved
 * return. Contacts that have another organization by then stay where they are.
 */

import { RpcError, call } from "../../rpc.js";
import { eachOf, restore } from "../contact/assign.js";
import { isConflict } from "../contact/save.js";

/** Contacts that are read at once. */
const PAGE = 200;

/**
 * A merge that was carried out.
 *
 * @typedef {object} Merge
 * @property {string} name the name of the organization that was deleted
 * @property {number} into
 * @property {number[]} moved the contacts that have moved and not come back
 * @property {number} back contacts that have come back
 */

/**
 * @param {number} from
 * @param {number} into
 * @param {number[]} moved takes the contacts that have moved, also where the merge fails halfway
 * @param {(share: number) => void} progress told which part has moved
 */
export async function mergeOrganizations(from, into, moved, progress) {
  const filter = { field: "organization_id", operator: "=", value: from };
  let total = 0;
  let done = 0;
  for (;;) {
    const result = await call("get.contacts", { filter, fields: ["id"], limit: PAGE });
    total ||= result.metadata.total_items;
    /** @type {{ id: number }[]} */
    const contacts = result.data;
    if (contacts.length === 0) break;
    const { error } = await eachOf(contacts, async ({ id }) => {
      try {
        await call("update.contacts", { id, organization_id: into, expected: { organization_id: from } });
        moved.push(id);
      } catch (fault) {
        // Somebody else has given it another organization meanwhile, which stays.
        if (!isConflict(fault)) throw fault;
      }
      done += 1;
      progress(total === 0 ? 1 : done / total);
    });
    if (error) throw error;
  }
  await call("delete.contact_organizations", { id: from });
}

/** @param {string} name @returns {Promise<number>} the id of the organization, which somebody may have created meanwhile */
async function createAgain(name) {
  try {
    return (await call("create.contact_organizations", { name })).id;
  } catch (error) {
    if (!(error instanceof RpcError) || error.mnemonic !== "duplicate_entity") throw error;
    const filter = { field: "name", operator: "=", value: name };
    const found = (await call("get.contact_organizations", { filter, fields: ["id"], limit: 1 })).data[0];
    if (!found) throw error;
    return found.id;
  }
}

/**
 * Takes a merge back. Where it fails halfway it can be tried again.
 *
 * @param {Merge} merge
 * @returns {Promise<{ count: number, kept: number }>} contacts that came back, and those that others have changed or deleted
 */
export async function takeMergeBack(merge) {
  const before = await createAgain(merge.name);
  const given = merge.moved.map((id) => ({ id, before }));
  const { restored, error } = await restore(given, { member: "organization_id", id: merge.into, name: "" });
  const back = new Set(restored);
  merge.moved = merge.moved.filter((id) => !back.has(id));
  merge.back += back.size;
  if (error) throw error;
  return { count: merge.back, kept: merge.moved.length };
}
