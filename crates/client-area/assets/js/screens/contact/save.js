/**
 * Saves an edited contact without overwriting what somebody else has changed meanwhile: only what was edited is sent,
 * with the values that the person has seen, which the server compares in the same step as it changes them. Where both
 * have changed the same, the person decides.
 */

import { h } from "../../dom.js";
import { formatList, t } from "../../i18n.js";
import { formatPhone } from "../../phones.js";
import { RpcError, call } from "../../rpc.js";
import { showDialog } from "../../ui/dialog.js";

/** @typedef {import("../../types.js").Contact} Contact */
/** @typedef {import("./form.js").Values} Values */
/** @typedef {import("../../i18n.js").Key} Key */

/** What each parameter is called. @type {Record<keyof Values, Key>} */
const LABELS = {
  last_name: "last_name",
  first_name: "first_name",
  patronymic: "patronymic",
  phone_numbers: "contact.phones",
  emails: "contact.emails",
  organization_id: "organization",
  personal_manager_id: "manager",
  groups: "nav.groups",
};

/** @param {Contact} contact @returns {Values} */
function valuesOf(contact) {
  return {
    last_name: contact.last_name,
    first_name: contact.first_name,
    patronymic: contact.patronymic,
    phone_numbers: contact.phone_numbers,
    emails: contact.emails,
    organization_id: contact.organization_id,
    personal_manager_id: contact.personal_manager_id,
    groups: contact.groups.map((group) => group.group_id),
  };
}

/** @param {keyof Values} name @param {unknown} value */
function comparable(name, value) {
  if (name === "phone_numbers") return JSON.stringify(/** @type {string[]} */ (value).map((phone) => phone.replace(/\D/g, "")));
  if (name === "groups") return JSON.stringify([.../** @type {number[]} */ (value)].sort((a, b) => a - b));
  return JSON.stringify(value);
}

/** @param {Contact} contact @param {keyof Values} name */
function shown(contact, name) {
  if (name === "phone_numbers") return contact.phone_numbers.map(formatPhone).join(", ");
  if (name === "emails") return contact.emails.join(", ");
  if (name === "organization_id") return contact.organization_name ?? "";
  if (name === "personal_manager_id") return contact.personal_manager_full_name ?? "";
  if (name === "groups") return contact.groups.map((group) => group.group_name).join(", ");
  return contact[name] ?? "";
}

/** Attempts to save beside other editors, who change other members of the same contact. */
const ATTEMPTS_MAX = 8;

/** @param {Values} values @param {(keyof Values)[]} names */
function pick(values, names) {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

/** Whether a contact was not changed because it no longer is as it was read. @param {unknown} error */
export function isConflict(error) {
  return error instanceof RpcError && error.mnemonic === "invalid_parameter_value" && (error.field ?? "").startsWith("expected.");
}

/** The members of a form that differ from the contact. @param {Contact} opened @param {Values} values */
export function editedMembers(opened, values) {
  const before = valuesOf(opened);
  const names = /** @type {(keyof Values)[]} */ (Object.keys(LABELS));
  return names.filter((name) => comparable(name, values[name]) !== comparable(name, before[name]));
}

/**
 * Saves what differs from the contact as it was opened.
 *
 * @param {Contact} opened
 * @param {Values} values
 * @param {(id: number) => Promise<Contact | undefined>} read
 * @returns {Promise<"saved" | "unchanged" | "stopped" | "gone">}
 */
export async function saveContact(opened, values, read) {
  const edited = editedMembers(opened, values);
  if (edited.length === 0) return "unchanged";
  let seen = valuesOf(opened);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await call("update.contacts", { id: opened.id, ...pick(values, edited), expected: pick(seen, edited) });
      return "saved";
    } catch (error) {
      if (error instanceof RpcError && error.mnemonic === "entity_not_found" && error.field === "id") return "gone";
      if (!isConflict(error) || attempt === ATTEMPTS_MAX) throw error;
    }
    const present = await read(opened.id);
    if (!present) return "gone";
    const now = valuesOf(present);
    const differs = (/** @type {keyof Values} */ name, /** @type {Values} */ other) => comparable(name, now[name]) !== comparable(name, other[name]);
    const both = edited.filter((name) => differs(name, seen) && differs(name, values));
    if (both.length > 0 && !(await mayOverwrite(present, both))) return "stopped";
    // From now on only a change that the person has not seen is in the way.
    seen = now;
  }
}

/** @param {Contact} present @param {(keyof Values)[]} names */
async function mayOverwrite(present, names) {
  const lines = names.map((name) => h("div", { class: "fact-line" }, h("dt", null, t(LABELS[name])), h("dd", { dir: "auto" }, shown(present, name) || "—")));
  const content = [h("p", null, t("conflict.text", { fields: formatList(names.map((name) => t(LABELS[name]))) })), h("dl", { class: "conflict" }, lines)];
  const answer = await showDialog({ title: t("conflict.title"), content, confirm: t("conflict.overwrite"), cancel: t("conflict.keep"), danger: true });
  return answer === "confirm";
}
