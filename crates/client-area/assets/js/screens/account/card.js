/** The cards of the account screen and the fields in them. */

import { freshId, h } from "../../dom.js";

/**
 * @param {string} title
 * @param {import("../../dom.js").Child} action
 * @param {...import("../../dom.js").Child} children
 */
export function card(title, action, ...children) {
  const id = freshId("card");
  return h("section", { class: "card", "aria-labelledby": id }, h("div", { class: "card-top" }, h("h2", { id, class: "card-title" }, title), action), children);
}

/**
 * A labelled box.
 *
 * @param {string} label
 * @param {Record<string, unknown>} props
 */
export function field(label, props) {
  const id = freshId("field");
  const input = h("input", { id, class: "input", autocomplete: "off", ...props });
  return { input, element: h("div", { class: "field" }, h("label", { for: id, class: "field-label" }, label), input) };
}

/**
 * @param {string[]} head the columns; an empty text for one of buttons
 * @param {HTMLElement[]} rows
 * @param {string} label
 */
export function table(head, rows, label) {
  const cells = head.map((text) => (text === "" ? h("td") : h("th", { scope: "col" }, text)));
  return h("div", { class: "table-wrap" }, h("table", { class: "table", "aria-label": label }, h("thead", null, h("tr", null, cells)), h("tbody", null, rows)));
}
