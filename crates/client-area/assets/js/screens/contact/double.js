/** Contacts that a new or changed one may be a duplicate of, shown before it is saved. */

import { h } from "../../dom.js";
import { t } from "../../i18n.js";
import { digitsOf, formatPhone } from "../../phones.js";
import { call } from "../../rpc.js";
import { link } from "../../router.js";
import { showDialog } from "../../ui/dialog.js";
import { avatar } from "../../ui/parts.js";

/** @typedef {import("../../types.js").Contact} Contact */
/** @typedef {import("../../types.js").Filter} Filter */
/** @typedef {import("./form.js").Values} Values */

/** Contacts shown. */
const SHOWN_MAX = 5;

/**
 * Shows the contacts that have the same name or one of the numbers; resolves to whether to save. Of a contact that is
 * edited only a new name and new numbers count, so that nobody is asked twice about the same pair.
 *
 * @param {Values} values
 * @param {Contact | null} opened the contact that is edited, `null` for a new one
 */
export async function mayDouble(values, opened) {
  const name = [values.last_name, values.first_name, values.patronymic].filter(Boolean).join(" ");
  const known = new Set(opened?.phone_numbers);
  const phones = values.phone_numbers.filter((phone) => !known.has(digitsOf(phone) ?? ""));
  /** @type {Filter[]} */
  const filters = [];
  if (name !== opened?.full_name) filters.push({ field: "full_name", operator: "=", value: name });
  if (phones.length > 0) filters.push({ field: "phone_numbers", operator: "in", value: phones });
  if (filters.length === 0) return true;
  const alike = { condition: /** @type {const} */ ("or"), filters };
  const filter = opened ? { condition: /** @type {const} */ ("and"), filters: [alike, { field: "id", operator: "!=", value: opened.id }] } : alike;
  const params = { filter, fields: ["id", "full_name", "phone_numbers", "organization_name"], limit: SHOWN_MAX };
  const { data, metadata } = await call("get.contacts", params);
  const same = /** @type {Contact[]} */ (data);
  if (same.length === 0) return true;
  const items = same.map((contact) => {
    const title = h("a", { href: link({ contact: contact.id }), target: "_blank", dir: "auto" }, contact.full_name);
    const details = [contact.phone_numbers.map(formatPhone).join(", "), contact.organization_name].filter(Boolean).join(" · ");
    return h("li", { class: "double" }, avatar(contact.full_name), h("span", { class: "double-text" }, title, h("span", { class: "muted" }, details)));
  });
  const more = metadata.total_items - same.length;
  const content = [h("p", null, t("double.text")), h("ul", { class: "doubles" }, items), more > 0 && h("p", { class: "muted" }, t("double.more", { count: more }))];
  const confirm = opened ? t("double.save") : t("double.confirm");
  return (await showDialog({ title: t("double.title"), content, confirm })) === "confirm";
}
