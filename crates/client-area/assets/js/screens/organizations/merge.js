/**
 * Merges one organization into another: its contacts move, then it is deleted. A merge that was interrupted goes on
 * when it is started again, since contacts that have moved are no longer found.
 */

import { call } from "../../rpc.js";
import { isConflict } from "../contact/save.js";

/** Contacts that are read at once. */
const PAGE = 200;
/** Contacts that move at once. */
const AT_ONCE = 4;

/**
 * @param {number} from
 * @param {number} into
 * @param {(share: number) => void} progress told which part has moved
 */
export async function mergeOrganizations(from, into, progress) {
  const filter = { field: "organization_id", operator: "=", value: from };
  let total = 0;
  let moved = 0;
  for (;;) {
    const result = await call("get.contacts", { filter, fields: ["id"], limit: PAGE });
    total ||= result.metadata.total_items;
    /** @type {{ id: number }[]} */
    const contacts = result.data;
    if (contacts.length === 0) break;
    const work = async () => {
      for (let contact = contacts.shift(); contact; contact = contacts.shift()) {
        try {
          await call("update.contacts", { id: contact.id, organization_id: into, expected: { organization_id: from } });
        } catch (error) {
          // Somebody else has given it another organization meanwhile, which stays.
          if (!isConflict(error)) throw error;
        }
        moved += 1;
        progress(total === 0 ? 1 : moved / total);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
  await call("delete.contact_organizations", { id: from });
}
