/** The filters beside the box: a group, an organization, a manager, and conditions of any kind. */

import { fill, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { employeeById, findEmployees, findGroups, findOrganizations, groupById, organizationById } from "../../sources.js";
import { may } from "../../session.js";
import { withModule } from "../../ui/parts.js";
import { picker } from "../../ui/picker.js";
import { icon } from "../../ui/icons.js";

/** @typedef {import("./query.js").Question} Question */

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
    const edit = () => withModule(import("./edit-filter.js"), ({ editFilter }) => editFilter(now, change));
    const json = h("button", { type: "button", class: `button ${isSet ? "button-set" : ""}`, onclick: edit }, icon("filter"), t("find.more"));
    fill(bar, elements, json, isSet && h("button", { type: "button", class: "link-button", onclick: () => change({ filter: null }) }, t("find.json_clear")));
  }

  render();
  return { element: bar, render };
}
