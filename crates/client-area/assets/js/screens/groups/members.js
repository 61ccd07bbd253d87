/** Puts contacts into a group, found by search, without losing groups that others give them meanwhile. */

import { fill, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { call } from "../../rpc.js";
import { findContacts } from "../../sources.js";
import { showDialog } from "../../ui/dialog.js";
import { explain, iconButton } from "../../ui/parts.js";
import { picker } from "../../ui/picker.js";
import { toast } from "../../ui/toast.js";
import { isConflict } from "../contact/save.js";

/** @typedef {import("../../types.js").Contact} Contact */
/** @typedef {import("../../types.js").Named} Named */

/** Attempts beside other editors of the same contact. */
const ATTEMPTS_MAX = 8;

/** @param {number} id @returns {Promise<number[] | null>} `null` if the contact is gone */
async function groupsOf(id) {
  const filter = { field: "id", operator: "=", value: id };
  const contact = /** @type {Contact | undefined} */ ((await call("get.contacts", { filter, fields: ["groups"], limit: 1 })).data[0]);
  return contact?.groups.map((group) => group.group_id) ?? null;
}

/**
 * Changes the groups of a contact; what others change meanwhile is kept.
 *
 * @param {number} id
 * @param {(groups: number[]) => number[]} change
 * @param {number[] | null} known the groups as they were read, `null` to read them first
 */
export async function changeGroups(id, change, known) {
  let groups = known ?? (await groupsOf(id));
  for (let attempt = 1; groups; attempt += 1) {
    const next = change(groups);
    if (next.length === groups.length && next.every((group) => groups?.includes(group))) return;
    try {
      await call("update.contacts", { id, groups: next, expected: { groups } });
      return;
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS_MAX) throw error;
      groups = await groupsOf(id);
    }
  }
}

/** @param {number} group @returns {(groups: number[]) => number[]} */
export function joining(group) {
  return (groups) => (groups.includes(group) ? groups : [...groups, group]);
}

/** @param {number} group @returns {(groups: number[]) => number[]} */
export function leaving(group) {
  return (groups) => groups.filter((id) => id !== group);
}

/**
 * Asks for contacts and puts them into the group.
 *
 * @param {Named} group
 * @param {() => void} changed
 */
export async function addMembers(group, changed) {
  /** @type {Map<number, string>} */
  const chosen = new Map();
  const chips = h("ul", { class: "chips" });
  const error = h("p", { class: "field-error", role: "alert" });
  const render = () => {
    const items = [...chosen].map(([id, name]) =>
      h("li", { class: "chip chip-closable" }, h("span", { dir: "auto" }, name), iconButton(t("field.remove", { label: name }), "close", () => {
        chosen.delete(id);
        render();
      })),
    );
    fill(chips, items);
  };
  const { element } = picker({ label: t("groups.find_member"), placeholder: t("groups.find_member"), load: findContacts, once: true, onchange: (option) => {
    if (option) chosen.set(option.id, option.name);
    render();
  } });
  let done = 0;
  const check = async () => {
    if (chosen.size === 0) {
      error.textContent = t("bulk.choose_first");
      return false;
    }
    try {
      for (const id of [...chosen.keys()]) {
        await changeGroups(id, joining(group.id), null);
        chosen.delete(id);
        done += 1;
      }
      return true;
    } catch (refused) {
      error.textContent = explain(refused);
      render();
      return false;
    }
  };
  const answer = await showDialog({ title: t("groups.add_members", { name: group.name }), content: [chips, element, error], confirm: t("add"), check });
  if (done > 0) changed();
  if (answer === "confirm") toast(t("bulk.done", { count: done }));
}
