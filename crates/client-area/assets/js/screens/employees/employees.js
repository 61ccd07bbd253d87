/** Employees, who may be personal managers: to be created, edited and deleted. */

import { fill, freshId, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { formatPhone } from "../../phones.js";
import { RpcError, call } from "../../rpc.js";
import { link } from "../../router.js";
import { may } from "../../session.js";
import { showDialog } from "../../ui/dialog.js";
import { NameList } from "../../ui/name-list.js";
import { avatar, button, emptyState, explain, heading, iconButton, markMatches, noRight } from "../../ui/parts.js";
import { toast } from "../../ui/toast.js";
import { addMembers } from "../groups/members.js";

/** @typedef {import("../../types.js").Employee} Employee */

const FIELDS = ["id", "last_name", "first_name", "patronymic", "full_name", "email", "phone_numbers"];

/** @type {import("../../shell.js").ScreenFunction} */
export function employeesScreen(_route, place) {
  const title = t("nav.employees");
  if (!may("employees:select")) {
    fill(place, h("div", { class: "page" }, heading(title), noRight("employees:select")));
    return { title };
  }
  const changed = () => list.load();

  /** @param {Employee} employee @param {string} term */
  const row = (employee, term) => {
    const name = h("span", { class: "list-name", dir: "auto" });
    markMatches(name, employee.full_name, [term]);
    const phone = employee.phone_numbers[0]?.phone_number;
    return [
      avatar(employee.full_name),
      name,
      h("span", { class: "list-detail" }, [phone && formatPhone(phone), employee.email].filter(Boolean).join(" · ")),
      h(
        "span",
        { class: "list-actions" },
        may("address_book:select") && h("a", { class: "link-button", href: link({ manager: employee.id }) }, t("employees.contacts")),
        may("address_book:select") && may("address_book:update") && iconButton(t("groups.add_members", { name: employee.full_name }), "plus", () => addMembers({ member: "personal_manager_id", id: employee.id, name: employee.full_name }, () => undefined)),
        may("employees:update") && iconButton(t("edit_name", { name: employee.full_name }), "edit", () => edit(employee, changed)),
        may("employees:delete") && iconButton(t("delete_name", { name: employee.full_name }), "remove", () => remove(employee, changed)),
      ),
    ];
  };

  const list = new NameList({
    method: "get.employees", fields: FIELDS, field: "full_name", label: title, row, total: "employees.total",
    empty: () => emptyState("employees", t("employees.empty"), t("employees.empty_text")),
  });
  const add = may("employees:insert") && button(t("employees.add"), "plus", () => edit(null, changed), "button-primary");
  fill(place, h("div", { class: "page page-list" }, heading(title, add), list.element));
  list.load();
  return { title, leave: () => list.close() };
}

/** @param {import("../../i18n.js").Key} label @param {string} value @param {string} field */
function input(label, value, field) {
  const id = freshId("employee");
  const element = h("input", { id, class: "input", value, maxlength: 255, autocomplete: "off", dir: "auto", "data-field": field, required: field === "last_name" });
  return { element, field: h("div", { class: "field" }, h("label", { for: id, class: "field-label" }, t(label)), element) };
}

/** @param {Employee | null} employee `null` for a new one @param {() => void} changed */
async function edit(employee, changed) {
  const last = input("last_name", employee?.last_name ?? "", "last_name");
  const first = input("first_name", employee?.first_name ?? "", "first_name");
  const patronymic = input("patronymic", employee?.patronymic ?? "", "patronymic");
  const email = input("column.email", employee?.email ?? "", "email");
  const phones = input("employees.phones", (employee?.phone_numbers ?? []).map((phone) => phone.phone_number).join(", "), "phone_numbers");
  const error = h("p", { class: "field-error", role: "alert" });
  const check = async () => {
    const known = new Map((employee?.phone_numbers ?? []).map((phone) => [phone.phone_number, phone]));
    const numbers = phones.element.value.split(",").map((text) => text.trim()).filter(Boolean);
    const params = {
      last_name: last.element.value.trim(),
      first_name: first.element.value.trim() || null,
      patronymic: patronymic.element.value.trim() || null,
      email: email.element.value.trim() || null,
      phone_numbers: numbers.map((number) => known.get(number) ?? { phone_number: number }),
    };
    try {
      if (employee) await call("update.employees", { id: employee.id, ...params });
      else await call("create.employees", params);
      return true;
    } catch (refused) {
      error.textContent = explain(refused);
      const name = refused instanceof RpcError ? (refused.field ?? "").split(".")[0] : "";
      for (const { element } of [last, first, patronymic, email, phones]) {
        const isWrong = element.dataset["field"] === name;
        element.setAttribute("aria-invalid", String(isWrong));
        if (isWrong) element.focus();
      }
      return false;
    }
  };
  const title = employee ? t("edit_name", { name: employee.full_name }) : t("employees.add");
  const content = [last.field, first.field, patronymic.field, email.field, phones.field, h("p", { class: "muted" }, t("employees.phones_note")), error];
  if ((await showDialog({ title, content, confirm: t("save"), check })) !== "confirm") return;
  changed();
  toast(t("saved"));
}

/** @param {Employee} employee @param {() => void} changed */
async function remove(employee, changed) {
  const error = h("p", { class: "field-error", role: "alert" });
  const check = async () => {
    try {
      await call("delete.employees", { id: employee.id });
      return true;
    } catch (refused) {
      error.textContent = refused instanceof RpcError && refused.mnemonic === "dependency_error" ? t("employees.is_manager") : explain(refused);
      return false;
    }
  };
  const content = [h("p", null, t("employees.delete_text")), error];
  const answer = await showDialog({ title: t("delete_name", { name: employee.full_name }), content, confirm: t("delete"), danger: true, check });
  if (answer !== "confirm") return;
  changed();
  toast(t("deleted", { name: employee.full_name }));
}
