/** The filters beside the box: a group, an organization, a manager, and a filter of the API as JSON. */

import { fill, freshId, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { employeeById, findEmployees, findGroups, findOrganizations, groupById, organizationById } from "../../sources.js";
import { may } from "../../session.js";
import { call } from "../../rpc.js";
import { showDialog } from "../../ui/dialog.js";
import { explain } from "../../ui/parts.js";
import { picker } from "../../ui/picker.js";
import { filterOf } from "./query.js";

/** @typedef {import("./query.js").Question} Question */
/** @typedef {import("../../types.js").Filter} Filter */

/**
 * @typedef {object} FilterKind
 * @property {"group" | "organization" | "manager"} name
 * @property {import("../../i18n.js").Key} label
 * @property {(term: string, signal: AbortSignal) => Promise<import("../../ui/picker.js").Option[]>} find
 * @property {(id: number) => Promise<import("../../ui/picker.js").Option | null>} byId
 */

/** @type {FilterKind[]} */
const KINDS = [
  { name: "group", label: "group", find: findGroups, byId: groupById },
  { name: "organization", label: "organization", find: findOrganizations, byId: organizationById },
  { name: "manager", label: "manager", find: findEmployees, byId: employeeById },
];

/**
 * @param {() => Question} question
 * @param {(change: Partial<Question>) => void} change
 */
export function filterBar(question, change) {
  const bar = h("div", { class: "filters", role: "group", "aria-label": t("find.filters") });
  let asked = 0;

  async function render() {
    asked += 1;
    const mine = asked;
    const now = question();
    const kinds = KINDS.filter(({ name }) => name !== "manager" || may("employees:select"));
    const pickers = kinds.map(async ({ name, label, find, byId }) => {
      const id = now[name];
      const value = id === null ? null : await byId(id).catch(() => null);
      const shown = value ?? (id === null ? null : { id, name: `#${id}` });
      const onchange = (/** @type {{ id: number } | null} */ option) => change({ [name]: option?.id ?? null });
      const { element } = picker({ label: t(label), placeholder: t(label), load: find, value: shown, onchange });
      element.classList.toggle("picker-set", id !== null);
      return element;
    });
    const elements = await Promise.all(pickers);
    if (mine !== asked) return;
    const isSet = now.filter !== null;
    const json = h("button", { type: "button", class: `button ${isSet ? "button-set" : ""}`, onclick: () => editJson(now, change) }, t("find.json"));
    fill(bar, elements, json, isSet && h("button", { type: "button", class: "link-button", onclick: () => change({ filter: null }) }, t("find.json_clear")));
  }

  render();
  return { element: bar, render };
}

/**
 * Shows the filter as the API takes it, and takes another one.
 *
 * @param {Question} question
 * @param {(change: Partial<Question>) => void} change
 */
async function editJson(question, change) {
  const id = freshId("json");
  const whole = filterOf(question);
  const box = h("textarea", { id, class: "input code-area", rows: 12, spellcheck: "false", dir: "ltr" });
  box.value = JSON.stringify(whole, null, 2);
  const error = h("p", { class: "field-error", role: "alert" });
  /** @type {Filter} */
  let filter = whole;
  const check = async () => {
    try {
      filter = JSON.parse(box.value);
      await call("get.contacts", { filter, limit: 0 });
      return true;
    } catch (wrong) {
      error.textContent = wrong instanceof SyntaxError ? t("find.json_syntax", { reason: wrong.message }) : explain(wrong);
      box.focus();
      return false;
    }
  };
  const content = [h("p", { class: "muted" }, t("find.json_text")), h("label", { for: id, class: "field-label" }, t("find.json_label")), box, error];
  const result = await showDialog({ title: t("find.json"), content, confirm: t("find.json_apply"), check, wide: true });
  if (result === "confirm" && JSON.stringify(filter) !== JSON.stringify(whole)) {
    change({ text: "", number: "", group: null, organization: null, manager: null, filter });
  }
}
