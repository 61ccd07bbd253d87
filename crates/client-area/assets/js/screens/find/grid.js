/** The list of contacts: a grid of one row a contact, moved through by keyboard or pointer. */

import { fill, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { formatPhone } from "../../phones.js";
import { link } from "../../router.js";
import { avatar, markMatches } from "../../ui/parts.js";
import { WindowedList } from "../../ui/windowed.js";

/** @typedef {import("../../types.js").Contact} Contact */

/** Rows that Page Up and Page Down move by. */
const PAGE_ROWS = 10;
/** Groups shown in a row; the others are counted. */
const GROUPS_SHOWN = 1;

/** @typedef {{ words: string[], digits: string | null }} Terms what is marked in the rows */

/**
 * @typedef {object} GridOptions
 * @property {(index: number) => Contact | undefined} get
 * @property {(from: number, to: number) => void} want
 * @property {() => Terms} terms
 * @property {Map<number, Contact>} selected
 * @property {() => void} onselect
 * @property {(contact: Contact) => void} open
 */

/**
 * Puts a number into an element with the digits marked that were asked for, between the separators.
 *
 * @param {Element} element
 * @param {string} phone
 * @param {string | null} wanted
 */
export function markPhone(element, phone, wanted) {
  const text = formatPhone(phone);
  const at = wanted ? phone.indexOf(wanted) : -1;
  if (at < 0 || !wanted) {
    element.textContent = text;
    return;
  }
  let digit = 0;
  let [from, to] = [0, text.length];
  for (const [place, letter] of [...text].entries()) {
    if (!/\d/.test(letter)) continue;
    if (digit === at) from = place;
    digit += 1;
    if (digit === at + wanted.length) to = place + 1;
  }
  fill(element, text.slice(0, from), h("mark", null, text.slice(from, to)), text.slice(to));
}

export class ContactGrid {
  /** @param {GridOptions} options */
  constructor(options) {
    this.options = options;
    this.active = -1;
    this.viewport = h("div", {
      class: "grid", role: "grid", "aria-label": t("nav.contacts"), "aria-multiselectable": "true", tabindex: 0,
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.onKey(event),
    });
    this.list = new WindowedList({
      viewport: this.viewport,
      rowHeight: () => parseFloat(getComputedStyle(this.viewport).getPropertyValue("--row-height")) || 44,
      makeRow: () => h("div", { role: "row", class: "row" }),
      fillRow: (row, index) => this.#fillRow(row, index),
      onrange: (from, to) => options.want(from, to),
    });
  }

  /** @param {number} count rows that there are */
  setCount(count) {
    this.viewport.setAttribute("aria-rowcount", String(count));
    if (this.active >= count) this.activate(-1);
    this.list.setCount(count);
  }

  /** @param {HTMLElement} row @param {number} index */
  #fillRow(row, index) {
    const contact = this.options.get(index);
    row.id = `contact-row-${index}`;
    row.setAttribute("aria-rowindex", String(index + 1));
    row.classList.toggle("row-active", index === this.active);
    row.classList.toggle("row-loading", !contact);
    if (!contact) {
      row.removeAttribute("aria-selected");
      fill(row, h("div", { role: "gridcell", class: "cell cell-name" }, h("span", { class: "bone" })));
      return;
    }
    row.setAttribute("aria-selected", String(this.options.selected.has(contact.id)));
    fill(row, this.#cells(contact, index));
    row.onclick = (event) => {
      const isControl = event.target instanceof Element && event.target.closest("a, input, label, button");
      const selectsText = (getSelection()?.toString() ?? "") !== "";
      if (!isControl && !selectsText) this.options.open(contact);
    };
  }

  /** @param {Contact} contact @param {number} index */
  #cells(contact, index) {
    const { words, digits } = this.options.terms();
    const cell = (/** @type {string} */ kind, /** @type {import("../../dom.js").Child[]} */ ...children) =>
      h("div", { role: "gridcell", class: `cell cell-${kind}` }, children);
    const toggle = () => this.#toggle(contact, index);
    const check = h("input", { type: "checkbox", class: "check", tabindex: -1, "aria-label": t("find.select", { name: contact.full_name }), onchange: toggle });
    check.checked = this.options.selected.has(contact.id);
    const name = h("a", { class: "row-name", href: link({ contact: contact.id }), tabindex: -1, dir: "auto" });
    markMatches(name, contact.full_name, words);
    const phones = [...contact.phone_numbers];
    const hit = digits ? phones.find((phone) => phone.includes(digits)) : undefined;
    const shown = hit ?? phones[0] ?? "";
    const phone = h("span", { class: "row-phone", dir: "ltr" });
    markPhone(phone, shown, digits);
    const more = phones.length > 1 && h("span", { class: "more" }, `+${phones.length - 1}`);
    const organization = h("span", { dir: "auto" });
    markMatches(organization, contact.organization_name ?? "", words);
    const hitEmail = contact.emails.find((email) => words.some((word) => email.toLowerCase().includes(word.toLowerCase())));
    const email = h("span", null);
    markMatches(email, hitEmail ?? contact.emails[0] ?? "", words);
    const groups = contact.groups.slice(0, GROUPS_SHOWN).map((group) => h("span", { class: "chip chip-small", dir: "auto" }, group.group_name));
    const moreGroups = contact.groups.length > GROUPS_SHOWN && h("span", { class: "more" }, `+${contact.groups.length - GROUPS_SHOWN}`);
    return [
      cell("check", h("label", { class: "check-area" }, check)),
      cell("name", avatar(contact.full_name), name),
      cell("phone", phone, more),
      cell("organization", organization),
      cell("email", email),
      cell("groups", ...groups, moreGroups),
      cell("manager", h("span", { dir: "auto" }, contact.personal_manager_full_name ?? "")),
    ];
  }

  /** @param {Contact} contact @param {number} index */
  #toggle(contact, index) {
    const { selected, onselect } = this.options;
    if (selected.has(contact.id)) selected.delete(contact.id);
    else selected.set(contact.id, contact);
    const row = this.list.rows.get(index);
    if (row) this.#fillRow(row, index);
    onselect();
  }

  /** Fills the rows in view again. */
  refresh() {
    this.list.refresh();
  }

  /** The contact of a row in view. @param {Element} row */
  contactOf(row) {
    const index = Number(row.getAttribute("aria-rowindex")) - 1;
    return this.list.rows.get(index) === row ? this.options.get(index) : undefined;
  }

  /** @param {number} index */
  activate(index) {
    const before = this.list.rows.get(this.active);
    this.active = index;
    before?.classList.remove("row-active");
    if (index >= 0) this.list.reveal(index);
    this.list.rows.get(index)?.classList.add("row-active");
    for (const element of [this.viewport, document.getElementById("find-box")]) {
      if (index >= 0) element?.setAttribute("aria-activedescendant", `contact-row-${index}`);
      else element?.removeAttribute("aria-activedescendant");
    }
  }

  /**
   * Moves through the rows; also called for keys in the search box, where letters and the keys that move in a text
   * stay the box's.
   *
   * @param {KeyboardEvent} event
   */
  onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const inBox = event.target !== this.viewport;
    const last = this.list.count - 1;
    /** @type {Record<string, number>} */
    const moves = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + PAGE_ROWS, PageUp: this.active - PAGE_ROWS };
    if (!inBox) Object.assign(moves, { Home: 0, End: last });
    const next = moves[event.key];
    if (next !== undefined && last >= 0) {
      event.preventDefault();
      this.activate(Math.max(next, inBox && next < 0 ? -1 : 0) > last ? last : Math.max(next, inBox ? -1 : 0));
      return;
    }
    const contact = this.active >= 0 ? this.options.get(this.active) : undefined;
    if (event.key === "Enter" && contact) {
      event.preventDefault();
      this.options.open(contact);
    } else if (event.key === " " && contact && !inBox) {
      event.preventDefault();
      this.#toggle(contact, this.active);
    }
  }

  /** Stops what runs. */
  close() {
    this.list.close();
  }
}
