/** What is done with all selected contacts at once. */

import { fill, h } from "../../dom.js";
import { formatNumber, t } from "../../i18n.js";
import { may } from "../../session.js";
import { createGroup, createOrganization, findEmployees, findGroups, findOrganizations } from "../../sources.js";
import { showDialog } from "../../ui/dialog.js";
import { button, explain, toastError } from "../../ui/parts.js";
import { picker } from "../../ui/picker.js";
import { toast } from "../../ui/toast.js";
import { download, toCsv } from "./csv.js";
import { toVcards } from "./vcard.js";
import { assign, toastAssigned, unassign } from "../contact/assign.js";
import { removeContacts, whole } from "../contact/remove.js";

/** @typedef {import("../../types.js").Contact} Contact */
/** @typedef {import("../../ui/picker.js").Option} Option */

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
   * @param {import("../contact/assign.js").Member} member
   */
  const choose = async (title, label, load, create, member) => {
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
  };

  const group = () => choose(t("bulk.group"), t("group"), findGroups, may("address_book:insert") ? createGroup : null, "groups");
  const organization = () =>
    choose(t("bulk.organization"), t("organization"), findOrganizations, may("address_book:insert") ? createOrganization : null, "organization_id");
  const manager = () => choose(t("bulk.manager"), t("manager"), findEmployees, null, "personal_manager_id");

  const leave = async (/** @type {number} */ id) => {
    const { taken, error } = await unassign([...selected.values()], { member: "groups", id, name: "" });
    if (error) toastError(error);
    else toast(t("bulk.done", { count: taken.length }));
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
