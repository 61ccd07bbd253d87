/** Gives a group, an organization or an employee contacts that are found by search. */

import { fill, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { findContacts } from "../../sources.js";
import { showDialog } from "../../ui/dialog.js";
import { explain, iconButton } from "../../ui/parts.js";
import { picker } from "../../ui/picker.js";
import { assign, toastAssigned } from "../contact/assign.js";

/** @typedef {import("../contact/assign.js").Target} Target */

/**
 * Asks for contacts and gives them the target.
 *
 * @param {Target} target
 * @param {() => void} changed
 */
export async function addMembers(target, changed) {
  /** @type {Map<number, string>} */
  const chosen = new Map();
  const chips = h("ul", { class: "chips" });
  const error = h("p", { class: "field-error", role: "alert" });
  const render = () => {
    const items = [...chosen].map(([id, name]) =>
      h("li", { class: "chip chip-closable" }, h("span", { class: "chip-text", dir: "auto" }, name), iconButton(t("field.remove", { label: name }), "close", () => {
        chosen.delete(id);
        render();
      })),
    );
    fill(chips, items);
  };
  const { element } = picker({ label: t("groups.find_member"), placeholder: t("groups.find_member"), load: findContacts, once: true, onchange: (option) => {
    if (option) chosen.set(option.id, option.name);
    render();
  } });
  /** @type {import("../contact/assign.js").Given[]} */
  const given = [];
  const check = async () => {
    if (chosen.size === 0) {
      error.textContent = t("bulk.choose_first");
      return false;
    }
    const result = await assign([...chosen.keys()].map((id) => ({ id })), target);
    given.push(...result.given);
    if (!result.error) return true;
    for (const { id } of result.given) chosen.delete(id);
    error.textContent = explain(result.error);
    render();
    return false;
  };
  const answer = await showDialog({ title: t("groups.add_members", { name: target.name }), content: [chips, element, error], confirm: t("add"), check });
  if (given.length > 0) changed();
  if (answer === "confirm" || given.length > 0) toastAssigned(target, given, changed);
}
