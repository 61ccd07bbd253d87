/**
 * Finding contacts: one box, filters, and a list of any length. The address holds the question, so that it can be
 * kept as a bookmark, and `#number=…` is what a telephone system opens when a call comes in.
 */

import { fill, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { digitsOf, formatPhone, significant } from "../../phones.js";
import { isAbort } from "../../rpc.js";
import { go, link, replace } from "../../router.js";
import { may } from "../../session.js";
import { button, emptyState, errorState, iconButton, loading, noRight, toastError, withModule } from "../../ui/parts.js";
import { icon } from "../../ui/icons.js";
import { toast } from "../../ui/toast.js";
import { Board } from "./board.js";
import { bulkBar } from "./bulk.js";
import { dragRows } from "./drag.js";
import { filterBar } from "./filters.js";
import { ContactGrid } from "./grid.js";
import { SORTABLE, digitsWanted, filterOf, paramsOf, questionOf, words } from "./query.js";
import { REACH, RowSource } from "./rows.js";

/** @typedef {import("./query.js").Question} Question */
/** @typedef {import("../../types.js").Contact} Contact */
/** @typedef {import("../../shell.js").Screen} Screen */

/** Wait after a keystroke, in milliseconds. */
const DEBOUNCE = 90;
/** Fewer digits of a number that nobody has are not looked for at the end of longer ones. */
const SUFFIX_DIGITS_MIN = 7;
/** Digits at the end of a number that its national and international forms share. */
const SUFFIX_DIGITS = 9;
/** A national number of so many digits that one contact has is taken for the number that was meant. */
const NATIONAL_DIGITS_MIN = 9;

/** Where the list was when a contact was opened, to be there again on the way back. */
const memory = { address: "", top: 0, active: -1 };

/** Columns with their texts, in the order of the list. @type {{ field: string, key: import("../../i18n.js").Key, kind: string }[]} */
const COLUMNS = [
  { field: "full_name", key: "column.name", kind: "name" },
  { field: "", key: "column.phone", kind: "phone" },
  { field: "organization_name", key: "organization", kind: "organization" },
  { field: "", key: "column.email", kind: "email" },
  { field: "", key: "nav.groups", kind: "groups" },
  { field: "", key: "manager", kind: "manager" },
];

/** @type {import("../../shell.js").ScreenFunction} */
export function findScreen(route, place) {
  const title = t("nav.contacts");
  if (!may("address_book:select")) {
    fill(place, h("h1", { class: "hidden" }, title), noRight("address_book:select"));
    return { title };
  }
  const view = new FindView(place, questionOf(route));
  return {
    title,
    update: (next) => {
      view.ask(questionOf(next), { focus: false });
      return true;
    },
    leave: () => view.close(),
  };
}

class FindView {
  /**
   * @param {HTMLElement} place
   * @param {Question} question
   */
  constructor(place, question) {
    this.question = question;
    this.timer = 0;
    /** @type {Map<number, Contact>} */
    this.selected = new Map();
    /** @type {RowSource | null} */
    this.source = null;
    /** What is being read. @type {{ close: () => void } | null} */
    this.opening = null;
    /** How many the list before had. */
    this.total = 0;
    this.grid = new ContactGrid({
      get: (index) => this.source?.get(index),
      want: (from, to) => this.source?.want(from, to),
      terms: () => this.#terms(),
      selected: this.selected,
      onselect: () => this.bulk.render(),
      open: (contact) => this.#open(contact),
    });
    this.bulk = bulkBar(this.selected, () => this.question.group, () => this.#load());
    this.box = h("input", {
      type: "search", id: "find-box", class: "input find-box", "aria-label": t("find.label"), placeholder: t("find.placeholder"), autocomplete: "off",
      spellcheck: "false", maxlength: 200, dir: "auto", "aria-controls": "find-result", value: question.number || question.text,
    });
    this.filters = filterBar(() => this.question, (change) => this.ask({ ...this.question, ...change }, { focus: true }));
    this.status = h("p", { class: "find-status", role: "status" });
    this.note = h("p", { class: "find-note" });
    this.head = h("div", { class: "columns" });
    this.state = h("div", { class: "find-state" });
    this.result = h("div", { class: "find-result", id: "find-result" }, this.head, this.grid.viewport, this.state);
    this.#makeBoard();
    this.body = h("div", { class: "find-body" }, this.result, this.board?.element);
    const add = may("address_book:insert") && button(t("contact.add"), "plus", () => go(link({ contact: "new" })), "button-primary");
    const toggle = iconButton(t("find.filters"), "filter", () => {
      const isOpen = place.classList.toggle("filters-open");
      toggle.setAttribute("aria-expanded", String(isOpen));
    });
    toggle.classList.add("find-toggle");
    toggle.setAttribute("aria-expanded", "false");
    fill(
      place,
      h(
        "div",
        { class: "find" },
        h("h1", { class: "hidden" }, t("nav.contacts")),
        h("div", { class: "find-top" }, h("div", { class: "find-search" }, icon("search"), this.box, h("kbd", { class: "find-key" }, "/")), toggle, add),
        this.filters.element,
        h("div", { class: "find-info" }, this.status, this.note, this.board && this.boardButton),
        this.bulk.element,
        this.body,
      ),
    );
    this.#listen();
    this.bulk.render();
    this.#load();
    if (matchMedia("(pointer: fine)").matches) this.box.focus({ preventScroll: true });
  }

  /** The names that contacts are dragged onto, for those who may change contacts; open while one drags, or as long as one likes. */
  #makeBoard() {
    /** @type {Board | null} */
    this.board = null;
    if (!may("address_book:update")) return;
    let staysOpen = false;
    const stay = (/** @type {boolean} */ isOpen) => {
      staysOpen = isOpen;
      this.#openBoard(isOpen);
    };
    const giveSelected = (/** @type {import("../contact/assign.js").Target} */ target) => {
      if (this.selected.size === 0) toast(t("board.select_first"));
      else this.#give([...this.selected.values()], target);
    };
    const board = new Board(giveSelected, () => {
      stay(false);
      this.boardButton?.focus();
    });
    this.board = board;
    this.boardButton = h("button", { type: "button", class: "link-button find-board", "aria-expanded": "false", onclick: () => stay(!board.isOpen) }, icon("groups"), t("board.open"));
    this.grid.viewport.classList.add("grid-draggable");
    this.stopDragging = dragRows({
      viewport: this.grid.viewport,
      contactOf: (row) => this.grid.contactOf(row),
      selected: this.selected,
      board,
      ondrag: (isDragging) => this.#openBoard(isDragging || staysOpen),
      ondrop: (contacts, target) => this.#give(contacts, target),
    });
  }

  /** @param {boolean} isOpen */
  #openBoard(isOpen) {
    this.board?.setOpen(isOpen);
    this.body?.classList.toggle("board-open", isOpen);
    this.boardButton?.setAttribute("aria-expanded", String(isOpen));
  }

  /** @param {Contact[]} contacts @param {import("../contact/assign.js").Target} target */
  #give(contacts, target) {
    return withModule(import("../contact/assign.js"), async ({ assign, toastAssigned }) => {
      const { given, error } = await assign(contacts, target);
      if (error) toastError(error);
      if (!error || given.length > 0) toastAssigned(target, given, () => this.#load({ stays: true }));
      if (given.length > 0) this.#load({ stays: true });
    });
  }

  #listen() {
    this.box.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask({ ...this.question, text: this.box.value.trim(), number: "" }, { focus: true }), DEBOUNCE);
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.box.value !== "") {
        event.preventDefault();
        this.box.value = "";
        this.ask({ ...this.question, text: "", number: "" }, { focus: true });
      } else {
        this.grid.onKey(event);
      }
    });
    this.keys = (/** @type {KeyboardEvent} */ event) => {
      const inField = event.target instanceof Element && event.target.closest("input, textarea, select, dialog");
      if (event.key === "/" && !inField && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        this.box.focus();
        this.box.select();
      }
    };
    document.addEventListener("keydown", this.keys);
  }

  /** @returns {import("./grid.js").Terms} */
  #terms() {
    const { number, text } = this.question;
    const digits = number ? significant(digitsOf(number) ?? "") || null : digitsWanted(text);
    return { digits, words: digits === null ? words(text) : [] };
  }

  /** @param {Contact} contact */
  #open(contact) {
    memory.address = this.#address();
    memory.top = this.grid.list.top;
    memory.active = this.grid.active;
    go(link({ contact: contact.id }));
  }

  #address() {
    return link(paramsOf(this.question));
  }

  /**
   * Asks another question.
   *
   * @param {Question} question
   * @param {{ focus: boolean }} options whether the question comes from this screen, not from the address
   */
  ask(question, { focus }) {
    clearTimeout(this.timer);
    this.question = question;
    if (focus) replace(this.#address());
    else this.box.value = question.number || question.text;
    this.filters.render();
    this.#load();
  }

  /**
   * Reads the first page, by name if nothing else is asked for. A list that is longer than an order by name can reach is
   * read in the order of entry; where the list before was that long, both are asked for at once.
   *
   * @param {import("../../types.js").Filter} filter
   * @param {import("../../types.js").SortKey | null} sort
   * @returns {Promise<RowSource | null>} `null` if another question was asked meanwhile
   */
  async #first(filter, sort) {
    const begin = (/** @type {import("../../types.js").SortKey | null} */ order) => {
      const source = new RowSource(filter, order, () => this.grid.refresh(), toastError);
      const opened = source.open();
      // A caller that waits for it gets it; a list that no caller waits for any more is dropped.
      opened.catch(() => undefined);
      return { source, opened };
    };
    const byName = begin(sort ?? { field: "full_name", order: "asc" });
    const mayBeLong = sort === null && this.total > REACH;
    let byEntry = mayBeLong ? begin(null) : null;
    const turn = { close: () => [byName, byEntry].forEach((one) => one?.source.close()) };
    this.opening = turn;
    if (byEntry) {
      await byEntry.opened;
    } else {
      await byName.opened;
      if (sort === null && byName.source.total > REACH) {
        byEntry = begin(null);
        await byEntry.opened;
      }
    }
    const isLong = byEntry !== null && byEntry.source.total > REACH;
    if (!isLong) await byName.opened;
    if (this.opening !== turn) return null;
    const [wanted, other] = isLong && byEntry ? [byEntry, byName] : [byName, byEntry];
    other?.source.close();
    this.opening = wanted.source;
    this.total = wanted.source.total;
    return wanted.source;
  }

  /**
   * Reads the first page of the present question; the old rows stay until it is there.
   *
   * @param {{ stays: boolean }} [options] whether the view stays where it is
   */
  async #load({ stays } = { stays: false }) {
    this.source?.close();
    const question = this.question;
    const filter = filterOf(question);
    this.opening?.close();
    if (!this.source) fill(this.state, loading());
    try {
      const source = await this.#first(filter, question.sort);
      if (source === null) return;
      this.source = source;
      if (question.number && source.total === 0 && (await this.#widen(question))) return;
      if (question.number && source.total === 1) {
        const only = source.get(0);
        if (only) location.replace(link({ contact: only.id }));
        return;
      }
      this.#show(source, stays);
    } catch (error) {
      if (isAbort(error)) return;
      this.source = null;
      fill(this.status);
      this.grid.setCount(0);
      this.result.classList.add("find-without-rows");
      fill(this.state, errorState(error, () => this.#load()));
    }
  }

  /**
   * Looks for the end of a number that nobody has exactly; resolves to whether that is asked now.
   *
   * @param {Question} question
   */
  async #widen(question) {
    const all = digitsOf(question.number) ?? "";
    const national = significant(all);
    const digits = national.slice(-SUFFIX_DIGITS);
    if (digits.length < SUFFIX_DIGITS_MIN) return false;
    const filter = { field: "phone_numbers", operator: "like", value: `%${digits}` };
    const source = new RowSource(filter, { field: "full_name" }, () => this.grid.refresh(), toastError);
    this.opening = source;
    await source.open();
    if (source.total === 0 || this.opening !== source) return false;
    const only = source.total === 1 ? source.get(0) : undefined;
    // `8 495 …` and `0 30 …` are the numbers that are stored as `7495…` and `4930…`.
    const isMeant = national !== all && !all.startsWith("00") && national.length >= NATIONAL_DIGITS_MIN;
    if (isMeant && only?.phone_numbers.some((phone) => phone.endsWith(national))) {
      location.replace(link({ contact: only.id }));
      return true;
    }
    this.source = source;
    this.#show(source);
    fill(this.note, t("find.similar", { number: question.number }));
    return true;
  }

  /** @param {RowSource} source @param {boolean} [stays] */
  #show(source, stays = false) {
    fill(this.status, h("strong", null, String(source.total)), ` ${t("find.contacts", { count: source.total })}`);
    fill(this.note, source.reach < source.total && t("find.reach", { count: source.reach }));
    fill(this.state);
    this.result.classList.toggle("find-without-rows", source.total === 0);
    this.#columns(source);
    this.bulk.render();
    this.grid.activate(-1);
    this.grid.setCount(source.reach);
    if (source.total === 0) fill(this.state, this.#nobody());
    if (memory.address === this.#address()) {
      this.grid.list.scrollToTop(memory.top);
      if (memory.active >= 0) this.grid.activate(memory.active);
      memory.address = "";
    } else if (!stays) {
      this.grid.list.scrollToTop(0);
    }
    this.grid.refresh();
  }

  #nobody() {
    const { text, number, group, organization, manager, filter } = this.question;
    const isNarrowed = group !== null || organization !== null || manager !== null || filter !== null;
    const digits = digitsOf(number || text);
    const add = may("address_book:insert") && button(t("contact.add"), "plus", () => go(link({ contact: "new", phone: digits ? number || text : null, name: digits ? null : text || null })), "button-primary");
    if (number) return emptyState("phone", t("find.no_number", { number: formatPhone(digits ?? number) }), t("find.no_number_text"), add);
    if (text || isNarrowed) {
      const clear = button(t("find.clear"), "close", () => this.ask({ ...this.question, group: null, organization: null, manager: null, filter: null }, { focus: true }));
      return emptyState("search", t("find.nobody"), isNarrowed ? t("find.nobody_filters") : t("find.nobody_text"), isNarrowed && clear, text ? add : null);
    }
    return emptyState("contacts", t("find.empty"), t("find.empty_text"), add);
  }

  /** @param {RowSource} source */
  #columns(source) {
    const present = source.sort;
    const cells = COLUMNS.map(({ field, key, kind }) => {
      const label = t(key);
      if (!SORTABLE.includes(field)) return h("span", { class: `cell cell-${kind}` }, label);
      const order = present?.field === field ? (present.order ?? "asc") : null;
      const next = order === "asc" ? "desc" : "asc";
      const sort = () => this.ask({ ...this.question, sort: { field, order: next } }, { focus: true });
      const state = order === null ? label : t(order === "asc" ? "sort.up" : "sort.down", { label });
      const head = h("button", { type: "button", class: "column-button", "aria-label": state, title: state, onclick: sort }, label, order && icon(order === "asc" ? "up" : "down"));
      return h("span", { class: `cell cell-${kind}` }, head);
    });
    fill(this.head, h("span", { class: "cell cell-check" }), cells);
  }

  close() {
    clearTimeout(this.timer);
    this.opening?.close();
    this.source?.close();
    this.stopDragging?.();
    this.board?.close();
    this.grid.close();
    if (this.keys) document.removeEventListener("keydown", this.keys);
  }
}
