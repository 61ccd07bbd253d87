/** What is done with all selected contacts at once. */

import { fill, h } from "../../dom.js";
import { formatNumber, t } from "../../i18n.js";
import { call } from "../../rpc.js";
import { may } from "../../session.js";
import { createGroup, createOrganization, findEmployees, findGroups, findOrganizations } from "../../sources.js";
import { showDialog } from "../../ui/dialog.js";
import { button, explain, toastError } from "../../ui/parts.js";
import { picker } from "../../ui/picker.js";
import { toast } from "../../ui/toast.js";
import { download, toCsv } from "./csv.js";
import { toVcards } from "./vcard.js";
import { removeContacts, whole } from "../contact/remove.js";
import { changeGroups, joining, leaving } from "../groups/members.js";

/** @typedef {import("../../types.js").Contact} Contact */
/** @typedef {import("../../ui/picker.js").Option} Option */

/** Changes that are under way at once. */
const AT_ONCE = 4;

/**
 * Changes contacts one after another, a few at once; stops at the first refusal.
 *
 * @param {Contact[]} contacts
 * @param {(contact: Contact) => Promise<void>} change
 */
async function updateAll(contacts, change) {
  const waiting = [...contacts];
  let done = 0;
  const work = async () => {
    for (let contact = waiting.shift(); contact; contact = waiting.shift()) {
      try {
        await change(contact);
        done += 1;
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  const failed = results.find((result) => result.status === "rejected");
  return { done, error: failed?.status === "rejected" ? failed.reason : null };
}

/** @param {(groups: number[]) => number[]} change @returns {(contact: Contact) => Promise<void>} */
function ofGroups(change) {
  return (contact) => changeGroups(contact.id, change, contact.groups.map((group) => group.group_id));
}

/** @param {Record<string, unknown>} params @returns {(contact: Contact) => Promise<void>} */
function setting(params) {
  return async (contact) => void (await call("update.contacts", { id: contact.id, ...params }));
}

/**
 * The bar for the selected contacts.
 *
 * @param {Map<number, Contact>} selected
 * @param {() => number | null} shownGroup the group that the list is narrowed to
 * @param {() => void} changed called when contacts have changed
 */
export function bulkBar(selected, shownGroup, changed) {
  const bar = h("div", { class: "bulk", role: "group", "aria-label": t("bulk.label") });

  /**
   * @param {string} title
   * @param {string} label
   * @param {Parameters<typeof picker>[0]["load"]} load
   * @param {((name: string) => Promise<Option>) | null} create
   * @param {(option: Option) => (contact: Contact) => Promise<void>} change
   */
  const choose = async (title, label, load, create, change) => {
    /** @type {Option | null} */
    let chosen = null;
    const error = h("p", { class: "field-error", role: "alert" });
    const { element } = picker({ label, load, create, onchange: (option) => { chosen = option; } });
    const check = async () => {
      if (!chosen) {
        error.textContent = t("bulk.choose_first");
        return false;
      }
      const result = await updateAll([...selected.values()], change(chosen));
      if (result.error) {
        error.textContent = `${t("bulk.done_part", { done: result.done })} ${explain(result.error)}`;
        changed();
        return false;
      }
      return true;
    };
    if ((await showDialog({ title, content: [element, error], confirm: t("apply"), check })) !== "confirm") return;
    toast(t("bulk.done", { count: selected.size }));
    selected.clear();
    changed();
  };

  const group = () =>
    choose(t("bulk.group"), t("group"), findGroups, may("address_book:insert") ? createGroup : null, (option) => ofGroups(joining(option.id)));
  const organization = () =>
    choose(t("bulk.organization"), t("organization"), findOrganizations, may("address_book:insert") ? createOrganization : null, (option) => setting({ organization_id: option.id }));
  const manager = () =>
    choose(t("bulk.manager"), t("manager"), findEmployees, null, (option) => setting({ personal_manager_id: option.id }));

  const leave = async (/** @type {number} */ id) => {
    const result = await updateAll([...selected.values()], ofGroups(leaving(id)));
    if (result.error) toastError(result.error);
    else toast(t("bulk.done", { count: result.done }));
    selected.clear();
    changed();
  };
  const save = async () => {
    try {
      download("contacts.csv", toCsv(await whole([...selected.keys()])));
    } catch (error) {
      toastError(error);
    }
  };
  const cards = async () => {
    try {
      download("contacts.vcf", toVcards(await whole([...selected.keys()])), "text/vcard");
    } catch (error) {
      toastError(error);
    }
  };
  const remove = async () => {
    if (await removeContacts([...selected.values()], changed)) {
      selected.clear();
      changed();
    }
  };
  const clear = () => {
    selected.clear();
    changed();
  };

  return {
    element: bar,
    render() {
      bar.hidden = selected.size === 0;
      const mayUpdate = may("address_book:update");
      const inGroup = shownGroup();
      fill(
        bar,
        h("span", { class: "bulk-count" }, t("bulk.count", { count: selected.size, number: formatNumber(selected.size) })),
        mayUpdate && button(t("bulk.group"), "groups", group),
        mayUpdate && inGroup !== null && button(t("bulk.leave_group"), "close", () => leave(inGroup)),
        mayUpdate && button(t("bulk.organization"), "organizations", organization),
        mayUpdate && may("employees:select") && button(t("bulk.manager"), "employees", manager),
        button(t("bulk.export"), "import", save),
        button(t("bulk.vcard"), "import", cards),
        may("address_book:delete") && button(t("delete"), "remove", remove, "button-danger-quiet"),
        button(t("bulk.clear"), "close", clear, "button-quiet"),
      );
    },
  };
}
