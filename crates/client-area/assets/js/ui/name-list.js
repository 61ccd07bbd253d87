/** A list of names with a box to narrow it, read in pages as the view moves; for groups and organizations. */

import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { call, isAbort } from "../rpc.js";
import { likeText } from "../screens/find/query.js";
import { emptyState, errorState, loading, toastError } from "./parts.js";
import { WindowedList } from "./windowed.js";

/** @typedef {import("../types.js").Named} Named */

/** Names in a page. */
const PAGE = 100;
/** Wait after a keystroke, in milliseconds. */
const DEBOUNCE = 90;
/** The largest offset of the API. */
const OFFSET_MAX = 100_000;

/**
 * @typedef {object} NameListOptions
 * @property {string} method
 * @property {string[]} fields
 * @property {string} field the member that the list is searched and ordered by
 * @property {string} label
 * @property {(record: any, term: string) => import("../dom.js").Child[]} row
 * @property {() => HTMLElement} empty
 * @property {import("../i18n.js").Key} total
 */

export class NameList {
  /** @param {NameListOptions} options */
  constructor(options) {
    this.options = options;
    /** @type {Map<number, any>} */
    this.records = new Map();
    this.total = 0;
    this.busy = false;
    /** @type {[number, number]} */
    this.wanted = [0, 0];
    this.abort = new AbortController();
    let timer = 0;
    const narrow = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.load(), DEBOUNCE);
    };
    this.box = h("input", { type: "search", class: "input", "aria-label": t("list.find", { label: options.label }), placeholder: t("list.find", { label: options.label }), autocomplete: "off", spellcheck: "false", dir: "auto", oninput: narrow });
    this.status = h("p", { role: "status", class: "find-status" });
    this.state = h("div", { class: "find-state" });
    this.viewport = h("div", { class: "grid list", role: "list", "aria-label": options.label, tabindex: 0 });
    this.list = new WindowedList({
      viewport: this.viewport,
      rowHeight: () => parseFloat(getComputedStyle(this.viewport).getPropertyValue("--row-height")) || 44,
      makeRow: () => h("div", { role: "listitem", class: "row list-row" }),
      fillRow: (row, index) => {
        const record = this.records.get(index);
        row.classList.toggle("row-loading", !record);
        row.setAttribute("aria-posinset", String(index + 1));
        row.setAttribute("aria-setsize", String(this.total));
        fill(row, record ? options.row(record, this.term) : h("span", { class: "bone" }));
      },
      onrange: (from, to) => this.#want(from, to),
    });
    this.element = h("div", { class: "find-result" }, h("div", { class: "list-top" }, h("div", { class: "find-search" }, this.box), this.status), this.viewport, this.state);
  }

  get term() {
    return this.box.value.trim();
  }

  /** @param {number} offset */
  async #read(offset) {
    const { method, fields, field } = this.options;
    const filter = this.term ? { field, operator: "ilike", value: likeText(this.term) } : {};
    const params = { filter, fields, sort: [{ field }], limit: PAGE, offset };
    const result = await call(method, params, this.abort.signal);
    for (const [at, record] of result.data.entries()) this.records.set(offset + at, record);
    return result;
  }

  /** Reads the list again. */
  async load() {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.busy = false;
    if (this.records.size === 0) fill(this.state, loading());
    try {
      const before = this.records;
      this.records = new Map();
      const result = await this.#read(0).catch((error) => {
        if (isAbort(error)) this.records = before;
        throw error;
      });
      this.total = result.metadata.total_items;
      fill(this.status, h("strong", null, String(this.total)), ` ${t(this.options.total, { count: this.total })}`);
      fill(this.state, this.total === 0 && (this.term ? emptyState("search", t("list.nobody")) : this.options.empty()));
      this.element.classList.toggle("find-without-rows", this.total === 0);
      this.list.setCount(Math.min(this.total, OFFSET_MAX + PAGE));
      this.list.refresh();
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      this.element.classList.add("find-without-rows");
      fill(this.status);
      fill(this.state, errorState(error, () => this.load()));
    }
  }

  /** @param {number} from @param {number} to */
  async #want(from, to) {
    this.wanted = [from, to];
    if (this.busy) return;
    this.busy = true;
    try {
      for (let place = this.#missing(); place !== null; place = this.#missing()) {
        const offset = Math.min(Math.floor(place / PAGE) * PAGE, OFFSET_MAX);
        const result = await this.#read(offset);
        if (result.data.length === 0) break;
        this.list.refresh();
      }
    } catch (error) {
      if (!isAbort(error)) toastError(error);
    } finally {
      this.busy = false;
    }
  }

  #missing() {
    const [from, to] = this.wanted;
    for (let place = from; place < Math.min(to, this.total); place += 1) if (!this.records.has(place)) return place;
    return null;
  }

  /** Stops what runs. */
  close() {
    this.abort.abort();
    this.list.close();
  }
}

/** Contacts counted at once. */
const COUNTS_AT_ONCE = 2;

/**
 * Counts of contacts by a filter, asked for while their rows are in view, a few at once, each once.
 *
 * @param {string} field
 */
export function counter(field) {
  /** @type {Map<number, number>} */
  const known = new Map();
  /** @type {{ id: number, place: HTMLElement }[]} */
  const waiting = [];
  let running = 0;

  /** @param {HTMLElement} place @param {number} count */
  const show = (place, count) => {
    place.textContent = t("list.contacts", { count });
  };

  const run = async () => {
    if (running >= COUNTS_AT_ONCE) return;
    running += 1;
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { id, place } = next;
      if (!place.isConnected) continue;
      try {
        const count = known.get(id) ?? (await call("get.contacts", { filter: { field, operator: "=", value: id }, limit: 0 })).metadata.total_items;
        known.set(id, count);
        show(place, count);
      } catch {
        // A count that cannot be had is left out; the list itself says what is wrong.
        waiting.length = 0;
      }
    }
    running -= 1;
  };

  return {
    /** @param {number} id @param {HTMLElement} place */
    ask(id, place) {
      const count = known.get(id);
      if (count !== undefined) {
        show(place, count);
        return;
      }
      waiting.push({ id, place });
      queueMicrotask(run);
    },
    forget: () => known.clear(),
  };
}
