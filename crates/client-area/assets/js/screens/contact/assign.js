/**
 * Gives contacts a group, an organization or a personal manager, with a way back: the notice has a button that takes it
 * from those that did not have it before. What others change meanwhile is kept.
 */

import { t } from "../../i18n.js";
import { RpcError, call } from "../../rpc.js";
import { toastError } from "../../ui/parts.js";
import { toast } from "../../ui/toast.js";
import { isConflict } from "./save.js";

/** @typedef {import("../../types.js").Contact} Contact */
/** @typedef {"groups" | "organization_id" | "personal_manager_id"} Member the member of a contact that is changed */
/** @typedef {{ member: Member, id: number, name: string }} Target what contacts are given */
/** @typedef {number[] | number | null} Value the groups, or the id of an organization or an employee */
/** @typedef {{ id: number, before: Value }} Given a contact that was changed, with what it had */

/** Attempts beside other editors of the same contact. */
const ATTEMPTS_MAX = 8;
/** Changes that are under way at once. */
const AT_ONCE = 4;

/** What is said afterwards. @type {Record<Member, import("../../i18n.js").Key>} */
const DONE = { groups: "assign.group", organization_id: "assign.organization", personal_manager_id: "assign.manager" };

/**
 * Works through a list, a few at once; stops at the first failure.
 *
 * @template T, R
 * @param {T[]} list
 * @param {(item: T) => Promise<R>} work
 * @returns {Promise<{ results: R[], error: unknown }>} what was done, and why it stopped, or `null`
 */
export async function eachOf(list, work) {
  const waiting = list.values();
  /** @type {R[]} */
  const results = [];
  /** @type {unknown} */
  let error = null;
  const run = async () => {
    for (let next = waiting.next(); !next.done && error === null; next = waiting.next()) {
      try {
        results.push(await work(next.value));
      } catch (fault) {
        error ??= fault;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  return { results, error };
}

/** @param {Contact} contact @param {Member} member @returns {Value} */
function valueOf(contact, member) {
  return member === "groups" ? contact.groups.map((group) => group.group_id) : contact[member];
}

/** @param {number} id @param {Member} member @returns {Promise<Value | undefined>} `undefined` if the contact is gone */
async function stored(id, member) {
  const filter = { field: "id", operator: "=", value: id };
  const contact = /** @type {Contact | undefined} */ ((await call("get.contacts", { filter, fields: [member], limit: 1 })).data[0]);
  return contact && valueOf(contact, member);
}

/** @param {unknown} error */
function isGone(error) {
  return error instanceof RpcError && error.mnemonic === "entity_not_found" && error.field === "id";
}

/**
 * Changes one member of a contact to what `next` makes of it.
 *
 * @param {number} id
 * @param {Member} member
 * @param {(value: Value) => Value} next
 * @param {Value} [shown] the value as it was read a while ago
 * @returns {Promise<Given | null>} `null` if there was nothing to change, or the contact is gone
 */
async function changeMember(id, member, next, shown) {
  let isFresh = shown === undefined;
  let before = shown === undefined ? await stored(id, member) : shown;
  for (let attempt = 1; before !== undefined; attempt += 1) {
    const after = next(before);
    if (JSON.stringify(after) !== JSON.stringify(before)) {
      try {
        await call("update.contacts", { id, [member]: after, expected: { [member]: before } });
        return { id, before };
      } catch (error) {
        if (isGone(error)) return null;
        if (!isConflict(error) || attempt === ATTEMPTS_MAX) throw error;
      }
    } else if (isFresh) {
      return null;
    }
    before = await stored(id, member);
    isFresh = true;
  }
  return null;
}

/** @param {Target} target @returns {(value: Value) => Value} */
function giving({ member, id }) {
  if (member !== "groups") return () => id;
  return (value) => (Array.isArray(value) && !value.includes(id) ? [...value, id] : value);
}

/** @param {Target} target @returns {(value: Value) => Value} */
function taking({ member, id }) {
  if (member !== "groups") return (value) => (value === id ? null : value);
  return (value) => (Array.isArray(value) ? value.filter((group) => group !== id) : value);
}

/** @param {{ id: number } | Contact} contact @param {Member} member */
function shownValue(contact, member) {
  return "groups" in contact ? valueOf(contact, member) : undefined;
}

/**
 * Gives contacts a target.
 *
 * @param {({ id: number } | Contact)[]} contacts
 * @param {Target} target
 * @returns {Promise<{ given: Given[], error: unknown }>} those that did not have it, and why it stopped, or `null`
 */
export async function assign(contacts, target) {
  const { member } = target;
  const { results, error } = await eachOf(contacts, (contact) => changeMember(contact.id, member, giving(target), shownValue(contact, member)));
  return { given: results.filter((one) => one !== null), error };
}

/**
 * Takes a target from contacts.
 *
 * @param {Contact[]} contacts
 * @param {Target} target
 */
export async function unassign(contacts, target) {
  const { member } = target;
  const { results, error } = await eachOf(contacts, (contact) => changeMember(contact.id, member, taking(target), shownValue(contact, member)));
  return { taken: results.filter((one) => one !== null), error };
}

/**
 * What contacts had before comes back where they still have what they were given.
 *
 * @param {Given[]} given
 * @param {Target} target
 */
export async function restore(given, target) {
  const { member, id } = target;
  const back = (/** @type {Given} */ { id: contact, before }) => {
    const next = member === "groups" ? taking(target) : (/** @type {Value} */ value) => (value === id ? before : value);
    return changeMember(contact, member, next);
  };
  const { results, error } = await eachOf(given, back);
  return { restored: results.flatMap((one) => (one === null ? [] : [one.id])), error };
}

/**
 * Says what contacts were given, with a button that takes it back.
 *
 * @param {Target} target
 * @param {Given[]} given
 * @param {() => void} changed called after it was taken back
 */
export function toastAssigned(target, given, changed) {
  const count = given.length;
  if (count === 0) {
    toast(t("assign.none", { name: target.name }));
    return;
  }
  const undo = async () => {
    const { restored, error } = await restore(given, target);
    changed();
    const kept = count - restored.length;
    if (error) toastError(error);
    else toast([t("assign.undone", { count: restored.length }), kept > 0 && t("assign.kept", { count: kept })].filter(Boolean).join(" "));
  };
  toast(t(DONE[target.member], { count, name: target.name }), { label: t("undo"), run: undo });
}
