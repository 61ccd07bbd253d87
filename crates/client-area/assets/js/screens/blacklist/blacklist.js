/** The numbers on the blacklist: to be added and taken off. */

import { fill, freshId, h } from "../../dom.js";
import { formatMoment, t } from "../../i18n.js";
import { formatPhone } from "../../phones.js";
import { call } from "../../rpc.js";
import { link } from "../../router.js";
import { may } from "../../session.js";
import { showDialog } from "../../ui/dialog.js";
import { NameList } from "../../ui/name-list.js";
import { button, emptyState, explain, heading, iconButton, noRight, toastError } from "../../ui/parts.js";
import { toast } from "../../ui/toast.js";
import { markPhone } from "../find/grid.js";

/** @typedef {import("../../types.js").BlockedNumber} BlockedNumber */

const FIELDS = ["id", "phone_number", "add_user_name", "add_comment", "add_date_time"];

/** @type {import("../../shell.js").ScreenFunction} */
export function blacklistScreen(_route, place) {
  const title = t("nav.blacklist");
  if (!may("address_book:select")) {
    fill(place, h("div", { class: "page" }, heading(title), noRight("address_book:select")));
    return { title };
  }
  const changed = () => list.load();

  /** @param {BlockedNumber} blocked @param {string} term */
  const row = (blocked, term) => {
    const number = h("a", { class: "list-name phone", dir: "ltr", href: link({ number: `+${blocked.phone_number}` }) });
    markPhone(number, blocked.phone_number, term.replace(/\D/g, "") || null);
    const date = formatMoment(blocked.add_date_time, { dateStyle: "medium" });
    return [
      number,
      h("span", { class: "list-detail", dir: "auto" }, blocked.add_comment ?? ""),
      h("span", { class: "list-count" }, [blocked.add_user_name, date].filter(Boolean).join(" · ")),
      h("span", { class: "list-actions" }, may("address_book:delete") && iconButton(t("blacklist.remove", { number: formatPhone(blocked.phone_number) }), "remove", () => remove(blocked, changed))),
    ];
  };

  const list = new NameList({
    method: "get.blacklist_phone_numbers", fields: FIELDS, field: "phone_number", label: title, row, total: "blacklist.total",
    empty: () => emptyState("blacklist", t("blacklist.empty"), t("blacklist.empty_text")),
  });
  const addButton = may("address_book:insert") && button(t("blacklist.add"), "plus", () => add(changed), "button-primary");
  fill(place, h("div", { class: "page page-list" }, heading(title, addButton), list.element));
  list.load();
  return { title, leave: () => list.close() };
}

/** @param {() => void} changed */
async function add(changed) {
  const [numberId, commentId] = [freshId("number"), freshId("comment")];
  const number = h("input", { id: numberId, class: "input", type: "tel", required: true, maxlength: 64, autocomplete: "off", dir: "ltr" });
  const comment = h("input", { id: commentId, class: "input", maxlength: 255, autocomplete: "off", dir: "auto" });
  const error = h("p", { class: "field-error", role: "alert" });
  const check = async () => {
    try {
      await call("create.phone_number_to_blacklist", { phone_number: number.value.trim(), add_comment: comment.value.trim() || null });
      return true;
    } catch (refused) {
      error.textContent = explain(refused);
      number.focus();
      return false;
    }
  };
  const content = [
    h("label", { for: numberId, class: "field-label" }, t("column.phone")),
    number,
    h("label", { for: commentId, class: "field-label" }, t("blacklist.comment")),
    comment,
    error,
  ];
  if ((await showDialog({ title: t("blacklist.add"), content, confirm: t("add"), check })) !== "confirm") return;
  changed();
  toast(t("contact.blocked", { number: number.value.trim() }));
}

/** @param {BlockedNumber} blocked @param {() => void} changed */
async function remove(blocked, changed) {
  const { id, phone_number, add_comment } = blocked;
  try {
    await call("delete.phone_number_from_blacklist", { id });
    changed();
    const undo = async () => {
      try {
        await call("create.phone_number_to_blacklist", { phone_number, add_comment });
        changed();
      } catch (error) {
        toastError(error);
      }
    };
    toast(t("blacklist.removed", { number: formatPhone(phone_number) }), may("address_book:insert") ? { label: t("undo"), run: undo } : null);
  } catch (error) {
    toastError(error);
  }
}
