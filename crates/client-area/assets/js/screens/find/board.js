/** Names beside the list of contacts, which contacts are dragged onto: groups, organizations, and employees as managers. */

import { fill, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { may } from "../../session.js";
import { NameList } from "../../ui/name-list.js";
import { emptyState, iconButton, markMatches } from "../../ui/parts.js";

/** @typedef {import("../contact/assign.js").Target} Target */
/** @typedef {import("../contact/assign.js").Member} Member */

/**
 * @typedef {object} Kind
 * @property {Member} member
 * @property {string} method
 * @property {"name" | "full_name"} field
 * @property {import("../../i18n.js").Key} label
 * @property {import("../../i18n.js").Key} total
 * @property {import("../../i18n.js").Key} empty
 * @property {import("../../ui/icons.js").IconName} icon
 * @property {string} right
 */

/** @type {Kind[]} */
const KINDS = [
  { member: "groups", method: "get.group_contacts", field: "name", label: "nav.groups", total: "groups.total", empty: "groups.empty", icon: "groups", right: "address_book:select" },
  { member: "organization_id", method: "get.contact_organizations", field: "name", label: "nav.organizations", total: "organizations.total", empty: "organizations.empty", icon: "organizations", right: "address_book:select" },
  { member: "personal_manager_id", method: "get.employees", field: "full_name", label: "nav.employees", total: "employees.total", empty: "employees.empty", icon: "employees", right: "employees:select" },
];

export class Board {
  /**
   * @param {(target: Target) => void} give gives the selected contacts a target
   * @param {() => void} closed called when a person has closed it
   */
  constructor(give, closed) {
    this.give = give;
    this.kinds = KINDS.filter(({ right }) => may(right));
    /** @type {NameList | null} */
    this.list = null;
    this.place = h("div", { class: "board-list" });
    this.tabs = this.kinds.map((kind) => h("button", { type: "button", class: "tab", "aria-pressed": "false", onclick: () => this.#show(kind) }, t(kind.label)));
    this.element = h(
      "aside",
      { class: "board", "aria-label": t("board.label"), hidden: true },
      h("div", { class: "board-top" }, h("div", { class: "tabs" }, this.tabs), iconButton(t("close"), "close", closed)),
      h("p", { class: "muted board-hint" }, t("board.hint")),
      this.place,
    );
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** @param {boolean} isOpen */
  setOpen(isOpen) {
    this.element.hidden = !isOpen;
    const [first] = this.kinds;
    if (isOpen && !this.list && first) this.#show(first);
  }

  /** @param {Kind} kind */
  #show(kind) {
    this.list?.close();
    for (const [at, tab] of this.tabs.entries()) tab.setAttribute("aria-pressed", String(this.kinds[at] === kind));
    const { member, method, field, label, total, empty } = kind;
    const row = (/** @type {{ id: number, [field: string]: any }} */ record, /** @type {string} */ term) => {
      const target = { member, id: record.id, name: record[field] };
      const name = h("span", { class: "list-name", dir: "auto" });
      markMatches(name, target.name, [term]);
      this.targets.set(name, target);
      return [name, h("span", { class: "list-actions" }, iconButton(t("board.give", { name: target.name }), "plus", () => this.give(target)))];
    };
    this.list = new NameList({ method, fields: ["id", field], field, label: t(label), row, total, empty: () => emptyState(kind.icon, t(empty)) });
    fill(this.place, this.list.element);
    this.list.load();
  }

  /** What each name in view stands for. @type {WeakMap<Element, Target>} */
  targets = new WeakMap();

  /**
   * The row at a place of the window, with what it stands for.
   *
   * @param {number} x
   * @param {number} y
   */
  at(x, y) {
    const row = document.elementFromPoint(x, y)?.closest(".board .list-row") ?? null;
    const name = row?.querySelector(".list-name");
    const target = name && this.targets.get(name);
    return row && target ? { row, target } : null;
  }

  /** The element that scrolls. */
  get viewport() {
    return this.list?.viewport ?? null;
  }

  /** Stops what runs. */
  close() {
    this.list?.close();
  }
}
