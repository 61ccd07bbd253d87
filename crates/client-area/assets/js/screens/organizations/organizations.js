/** Organizations of contacts: with their counts, to be created, renamed, merged and deleted. */

import { fill, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { call } from "../../rpc.js";
import { go, link } from "../../router.js";
import { may } from "../../session.js";
import { findOrganizations } from "../../sources.js";
import { askText, showDialog } from "../../ui/dialog.js";
import { NameList, counter } from "../../ui/name-list.js";
import { button, emptyState, explain, heading, iconButton, markMatches, noRight } from "../../ui/parts.js";
import { icon } from "../../ui/icons.js";
import { picker } from "../../ui/picker.js";
import { toast } from "../../ui/toast.js";
import { addMembers } from "../groups/members.js";
import { mergeOrganizations, takeMergeBack } from "./merge.js";

/** @typedef {import("../../types.js").Named} Named */

/** @type {import("../../shell.js").ScreenFunction} */
export function organizationsScreen(_route, place) {
  const title = t("nav.organizations");
  if (!may("address_book:select")) {
    fill(place, h("div", { class: "page" }, heading(title), noRight("address_book:select")));
    return { title };
  }
  const counts = counter("organization_id");
  const changed = () => {
    counts.forget();
    list.load();
  };

  /** @param {Named} organization @param {string} term */
  const row = (organization, term) => {
    const name = h("a", { class: "list-name", href: link({ organization: organization.id }), dir: "auto" });
    markMatches(name, organization.name, [term]);
    const count = h("span", { class: "list-count" });
    counts.ask(organization.id, count);
    const mayMerge = may("address_book:update") && may("address_book:delete");
    return [
      h("span", { class: "list-icon" }, icon("organizations")),
      name,
      count,
      h(
        "span",
        { class: "list-actions" },
        may("address_book:update") && iconButton(t("groups.add_members", { name: organization.name }), "plus", () => addMembers({ ...organization, member: "organization_id" }, changed)),
        may("address_book:update") && iconButton(t("rename_name", { name: organization.name }), "edit", () => rename(organization, changed)),
        mayMerge && iconButton(t("organizations.merge_name", { name: organization.name }), "merge", () => merge(organization, changed)),
        may("address_book:delete") && iconButton(t("delete_name", { name: organization.name }), "remove", () => remove(organization, changed)),
      ),
    ];
  };

  const list = new NameList({
    method: "get.contact_organizations", fields: ["id", "name"], field: "name", label: title, row, total: "organizations.total",
    empty: () => emptyState("organizations", t("organizations.empty"), t("organizations.empty_text")),
  });
  const addButton = may("address_book:insert") && button(t("organizations.add"), "plus", () => create(changed), "button-primary");
  fill(place, h("div", { class: "page page-list" }, heading(title, addButton), list.element));
  list.load();
  return { title, leave: () => list.close() };
}

/** @param {() => void} changed */
async function create(changed) {
  const apply = async (/** @type {string} */ name) => {
    try {
      await call("create.contact_organizations", { name });
      return null;
    } catch (error) {
      return explain(error);
    }
  };
  const name = await askText({ title: t("organizations.add"), label: t("name"), confirm: t("create"), apply });
  if (name === null) return;
  changed();
  toast(t("created", { name }));
}

/** @param {number} id @returns {Promise<number>} */
async function contactsOf(id) {
  const filter = { field: "organization_id", operator: "=", value: id };
  return (await call("get.contacts", { filter, limit: 0 })).metadata.total_items;
}

/** @param {Named} organization @param {() => void} changed */
async function rename(organization, changed) {
  const count = await contactsOf(organization.id).catch(() => 0);
  const apply = async (/** @type {string} */ name) => {
    try {
      await call("update.contact_organizations", { id: organization.id, name });
      return null;
    } catch (error) {
      return explain(error);
    }
  };
  const note = h("p", { class: "muted" }, t("rename.touches", { count }));
  const name = await askText({ title: t("rename_name", { name: organization.name }), label: t("name"), confirm: t("rename"), value: organization.name, note, apply });
  if (name === null) return;
  changed();
  toast(t("renamed", { name }));
}

/** @param {Named} organization @param {() => void} changed */
async function merge(organization, changed) {
  /** @type {import("../../ui/picker.js").Option | null} */
  let target = null;
  /** The contacts that have moved. @type {number[]} */
  const moved = [];
  const error = h("p", { class: "field-error", role: "alert" });
  const progress = h("progress", { class: "progress", max: 1, value: 0, hidden: true, "aria-label": t("progress") });
  const load = async (/** @type {string} */ term, /** @type {AbortSignal} */ signal) => (await findOrganizations(term, signal)).filter((option) => option.id !== organization.id);
  const { element } = picker({ label: t("organizations.merge_into"), load, onchange: (option) => { target = option; } });
  const check = async () => {
    if (!target) {
      error.textContent = t("bulk.choose_first");
      return false;
    }
    progress.hidden = false;
    try {
      await mergeOrganizations(organization.id, target.id, moved, (share) => { progress.value = share; });
      return true;
    } catch (refused) {
      error.textContent = explain(refused);
      changed();
      return false;
    }
  };
  const count = await contactsOf(organization.id).catch(() => 0);
  // Taking it back creates the organization again.
  const mayUndo = may("address_book:insert");
  const text = [t("organizations.merge_text", { count, name: organization.name }), mayUndo ? t("organizations.merge_undo", { name: organization.name }) : t("organizations.merge_final")];
  const content = [h("p", null, text.join(" ")), element, progress, error];
  const answer = await showDialog({ title: t("organizations.merge_name", { name: organization.name }), content, confirm: t("organizations.merge"), danger: true, check });
  if (answer !== "confirm") return;
  changed();
  const chosen = /** @type {import("../../ui/picker.js").Option | null} */ (target);
  if (!chosen) return;
  /** @type {import("./merge.js").Merge} */
  const merged = { name: organization.name, into: chosen.id, moved, back: 0 };
  const undo = async () => {
    try {
      const { count: back, kept } = await takeMergeBack(merged);
      toast([t("organizations.merge_undone", { name: organization.name, count: back }), kept > 0 && t("assign.kept", { count: kept })].filter(Boolean).join(" "));
    } catch (refused) {
      // Contacts that are back are not moved again.
      toast(explain(refused), { label: t("retry"), run: undo }, "error");
    }
    changed();
  };
  const action = mayUndo ? { label: t("undo"), run: undo } : { label: t("show"), run: () => go(link({ organization: chosen.id })) };
  toast(t("organizations.merged", { name: chosen.name }), action);
}

/** @param {Named} organization @param {() => void} changed */
async function remove(organization, changed) {
  const error = h("p", { class: "field-error", role: "alert" });
  const check = async () => {
    try {
      await call("delete.contact_organizations", { id: organization.id });
      return true;
    } catch (refused) {
      error.textContent = explain(refused);
      return false;
    }
  };
  const count = await contactsOf(organization.id).catch(() => 0);
  const text = count > 0 ? t("organizations.delete_used", { count }) : t("organizations.delete_text");
  const answer = await showDialog({ title: t("delete_name", { name: organization.name }), content: [h("p", null, text), error], confirm: t("delete"), danger: true, check });
  if (answer !== "confirm") return;
  changed();
  toast(t("deleted", { name: organization.name }));
}
