/** What the buttons of the bar for the selected contacts do. */

import { h } from "../../dom.js";
import { t } from "../../i18n.js";
import { may } from "../../session.js";
import { createGroup, createOrganization, findEmployees, findGroups, findOrganizations } from "../../sources.js";
import { showDialog } from "../../ui/dialog.js";
import { explain, toastError } from "../../ui/parts.js";
import { picker } from "../../ui/picker.js";
import { toast } from "../../ui/toast.js";
import { download, toCsv } from "./csv.js";
import { toVcards } from "./vcard.js";
import { assign, toastAssigned, unassign } from "../contact/assign.js";
import { removeContacts, whole } from "../contact/remove.js";

/** @typedef {import("../../types.js").Contact} Contact */
/** @typedef {import("../../ui/picker.js").Option} Option */

/**
 * @param {Map<number, Contact>} selected
 * @param {() => void} changed
 * @param {string} title
 * @param {string} label
 * @param {Parameters<typeof picker>[0]["load"]} load
 * @param {((name: string) => Promise<Option>) | null} create
 * @param {import("../contact/assign.js").Member} member
 */
async function choose(selected, changed, title, label, load, create, member) {
  /** @type {Option | null} */
  let chosen = null;
  /** @type {import("../contact/assign.js").Given[]} */
  const given = [];
  const error = h("p", { class: "field-error", role: "alert" });
  const { element } = picker({ label, load, create, onchange: (option) => { chosen = option; } });
  const check = async () => {
    if (!chosen) {
      error.textContent = t("bulk.choose_first");
      return false;
    }
    const result = await assign([...selected.values()], { ...chosen, member });
    given.push(...result.given);
    if (!result.error) return true;
    error.textContent = `${t("bulk.done_part", { done: result.given.length })} ${explain(result.error)}`;
    changed();
    return false;
  };
  const answer = await showDialog({ title, content: [element, error], confirm: t("apply"), check });
  const target = /** @type {Option | null} */ (chosen);
  if (target && (answer === "confirm" || given.length > 0)) toastAssigned({ ...target, member }, given, changed);
  if (answer !== "confirm") return;
  selected.clear();
  changed();
}

/** @param {Map<number, Contact>} selected @param {() => void} changed */
export function group(selected, changed) {
  return choose(selected, changed, t("bulk.group"), t("group"), findGroups, may("address_book:insert") ? createGroup : null, "groups");
}

/** @param {Map<number, Contact>} selected @param {() => void} changed */
export function organization(selected, changed) {
  return choose(selected, changed, t("bulk.organization"), t("organization"), findOrganizations, may("address_book:insert") ? createOrganization : null, "organization_id");
}

/** @param {Map<number, Contact>} selected @param {() => void} changed */
export function manager(selected, changed) {
  return choose(selected, changed, t("bulk.manager"), t("manager"), findEmployees, null, "personal_manager_id");
}

/** @param {Map<number, Contact>} selected @param {() => void} changed @param {number} id the group that they leave */
export async function leave(selected, changed, id) {
  const { taken, error } = await unassign([...selected.values()], { member: "groups", id, name: "" });
  if (error) toastError(error);
  else toast(t("bulk.done", { count: taken.length }));
  selected.clear();
  changed();
}

/** @param {Map<number, Contact>} selected */
export async function save(selected) {
  try {
    download("contacts.csv", toCsv(await whole([...selected.keys()])));
  } catch (error) {
    toastError(error);
  }
}

/** @param {Map<number, Contact>} selected */
export async function cards(selected) {
  try {
    download("contacts.vcf", toVcards(await whole([...selected.keys()])), "text/vcard");
  } catch (error) {
    toastError(error);
  }
}

/** @param {Map<number, Contact>} selected @param {() => void} changed */
export async function remove(selected, changed) {
  if (await removeContacts([...selected.values()], changed)) {
    selected.clear();
    changed();
  }
}
