/**
 * Deletes contacts, with a way back: the notice has a button that adds them again with everything they had. A contact
 * that comes back has a new number.
 */

import { t } from "../../i18n.js";
import { call } from "../../rpc.js";
import { may } from "../../session.js";
import { showDialog } from "../../ui/dialog.js";
import { toastError } from "../../ui/parts.js";
import { toast } from "../../ui/toast.js";

/** @typedef {import("../../types.js").Contact} Contact */

/** More contacts than these are deleted only after a question. */
const WITHOUT_QUESTION_MAX = 10;
/** Contacts in one call of `delete.contacts`. */
const CALL_MAX = 10_000;

/**
 * Contacts with all members.
 *
 * @param {number[]} ids at most {@link CALL_MAX}
 * @returns {Promise<Contact[]>}
 */
export async function whole(ids) {
  const filter = { field: "id", operator: "in", value: ids };
  return (await call("get.contacts", { filter, limit: CALL_MAX })).data;
}

/** @param {Contact} contact */
function draft({ last_name, first_name, patronymic, emails, phone_numbers, personal_manager_id, organization_id, groups }) {
  const ids = groups.map((group) => group.group_id);
  return { last_name, first_name, patronymic, emails, phone_numbers, personal_manager_id, organization_id, groups: ids };
}

/**
 * Deletes contacts; resolves to whether it was done.
 *
 * @param {{ id: number, full_name: string }[]} contacts at most {@link CALL_MAX}
 * @param {() => void} restored called when they were added again
 */
export async function removeContacts(contacts, restored) {
  const count = contacts.length;
  const name = contacts[0]?.full_name ?? "";
  if (count > WITHOUT_QUESTION_MAX) {
    const title = t("remove.title", { count });
    const answer = await showDialog({ title, content: [t("remove.text")], confirm: t("delete"), danger: true });
    if (answer !== "confirm") return false;
  }
  const ids = contacts.map((contact) => contact.id);
  try {
    const before = await whole(ids);
    await call("delete.contacts", { ids });
    const undo = async () => {
      try {
        await call("upload.contacts", { contacts: before.map(draft), on_error: "reject" });
        toast(t("remove.restored", { count, name }));
        restored();
      } catch (error) {
        toastError(error);
      }
    };
    const text = count === 1 ? t("remove.done_one", { name }) : t("remove.done", { count });
    toast(text, may("address_book:insert") ? { label: t("undo"), run: undo } : null);
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}
