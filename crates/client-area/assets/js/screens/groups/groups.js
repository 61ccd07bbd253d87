/** Groups of contacts: with their counts, to be created, renamed and deleted. */

import { fill, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { call } from "../../rpc.js";
import { go, link } from "../../router.js";
import { may } from "../../session.js";
import { askText, showDialog } from "../../ui/dialog.js";
import { NameList, counter } from "../../ui/name-list.js";
import { button, emptyState, explain, heading, iconButton, markMatches, noRight } from "../../ui/parts.js";
import { icon } from "../../ui/icons.js";
import { toast } from "../../ui/toast.js";
import { addMembers } from "./members.js";

/** @typedef {import("../../types.js").Named} Named */

/** @type {import("../../shell.js").ScreenFunction} */
export function groupsScreen(_route, place) {
  const title = t("nav.groups");
  if (!may("address_book:select")) {
    fill(place, h("div", { class: "page" }, heading(title), noRight("address_book:select")));
    return { title };
  }
  const counts = counter("groups");
  const add = () => create(() => list.load());

  /** @param {Named} group @param {string} term */
  const row = (group, term) => {
    const name = h("a", { class: "list-name", href: link({ group: group.id }), dir: "auto" });
    markMatches(name, group.name, [term]);
    const count = h("span", { class: "list-count" });
    counts.ask(group.id, count);
    const changed = () => list.load();
    return [
      h("span", { class: "list-icon" }, icon(group.is_system ? "blacklist" : "groups")),
      name,
      group.is_system && h("span", { class: "badge" }, t("groups.system")),
      count,
      h(
        "span",
        { class: "list-actions" },
        may("address_book:update") && iconButton(t("groups.add_members", { name: group.name }), "plus", () => addMembers({ ...group, member: "groups" }, () => {
          counts.forget();
          list.load();
        })),
        !group.is_system && may("address_book:update") && iconButton(t("rename_name", { name: group.name }), "edit", () => rename(group, changed)),
        !group.is_system && may("address_book:delete") && iconButton(t("delete_name", { name: group.name }), "remove", () => remove(group, changed)),
      ),
    ];
  };

  const list = new NameList({
    method: "get.group_contacts", fields: ["id", "name", "is_system"], field: "name", label: title, row, total: "groups.total",
    empty: () => emptyState("groups", t("groups.empty"), t("groups.empty_text")),
  });
  const addButton = may("address_book:insert") && button(t("groups.add"), "plus", add, "button-primary");
  fill(place, h("div", { class: "page page-list" }, heading(title, addButton), list.element));
  list.load();
  return { title, leave: () => list.close() };
}

/** @param {() => void} changed */
async function create(changed) {
  let id = 0;
  const apply = async (/** @type {string} */ name) => {
    try {
      id = (await call("create.group_contacts", { name })).id;
      return null;
    } catch (error) {
      return explain(error);
    }
  };
  const name = await askText({ title: t("groups.add"), label: t("name"), confirm: t("create"), apply });
  if (name === null) return;
  changed();
  toast(t("created", { name }), { label: t("groups.members"), run: () => go(link({ group: id })) });
}

/** @param {Named} group @param {() => void} changed */
async function rename(group, changed) {
  const filter = { field: "groups", operator: "=", value: group.id };
  const count = await call("get.contacts", { filter, limit: 0 }).then((result) => result.metadata.total_items).catch(() => 0);
  const apply = async (/** @type {string} */ name) => {
    try {
      await call("update.group_contacts", { id: group.id, name });
      return null;
    } catch (error) {
      return explain(error);
    }
  };
  const note = h("p", { class: "muted" }, t("rename.touches", { count }));
  const name = await askText({ title: t("rename_name", { name: group.name }), label: t("name"), confirm: t("rename"), value: group.name, note, apply });
  if (name === null) return;
  changed();
  toast(t("renamed", { name }));
}

/** @param {Named} group @param {() => void} changed */
async function remove(group, changed) {
  const error = h("p", { class: "field-error", role: "alert" });
  const check = async () => {
    try {
      await call("delete.group_contacts", { id: group.id });
      return true;
    } catch (refused) {
      error.textContent = explain(refused);
      return false;
    }
  };
  const content = [h("p", null, t("groups.delete_text")), error];
  const answer = await showDialog({ title: t("delete_name", { name: group.name }), content, confirm: t("delete"), danger: true, check });
  if (answer !== "confirm") return;
  changed();
  toast(t("deleted", { name: group.name }));
}
