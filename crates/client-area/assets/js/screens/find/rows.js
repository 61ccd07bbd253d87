/**
 * The contacts that a question finds, by their place in the list, read in pages as the view moves.
 *
 * In an order by a column a page is read by its offset, which reaches {@link OFFSET_MAX} contacts. In the order of
 * entry (by id) a page is read by key, which reaches all: the answer to `id > X` tells how many follow, and so at
 * which place its first contact stands. Where no neighbour is known, X is guessed between the known ones.
 */

import { call, isAbort } from "../../rpc.js";

/** @typedef {import("../../types.js").Contact} Contact */
/** @typedef {import("../../types.js").Filter} Filter */
/** @typedef {import("../../types.js").SortKey} SortKey */

/** Contacts in a page. */
const PAGE = 100;
/** The largest offset of the API. */
const OFFSET_MAX = 100_000;
/** Contacts that an order by a column reaches. */
export const REACH = OFFSET_MAX + PAGE;
/** Guesses at most before a place is read. */
const GUESSES_MAX = 12;
/** Pages kept; the furthest from the view are dropped beyond. */
const ROWS_KEPT_MAX = 5_000;

const FIELDS = [
  "id", "full_name", "emails", "phone_numbers", "personal_manager_id", "personal_manager_full_name", "organization_id",
  "organization_name", "groups",
];

/**
 * @param {Filter} filter
 * @param {number} id
 * @returns {Filter}
 */
function after(filter, id) {
  const key = { field: "id", operator: ">", value: id };
  return Object.keys(filter).length === 0 ? key : { condition: "and", filters: [key, filter] };
}

export class RowSource {
  /**
   * @param {Filter} filter
   * @param {SortKey | null} sort `null` for the order of entry
   * @param {() => void} onchange told when contacts have arrived
   * @param {(error: unknown) => void} onerror
   */
  constructor(filter, sort, onchange, onerror) {
    this.filter = filter;
    this.sort = sort;
    this.onchange = onchange;
    this.onerror = onerror;
    this.total = 0;
    /** @type {Map<number, Contact>} */
    this.rows = new Map();
    /** Places with their ids, for guesses: place 0 follows id 0. @type {Map<number, number>} */
    this.marks = new Map();
    this.abort = new AbortController();
    this.busy = false;
    /** @type {[number, number] | null} */
    this.wanted = null;
  }

  /** How many places can be reached. */
  get reach() {
    return this.sort ? Math.min(this.total, REACH) : this.total;
  }

  /** Stops what runs. */
  close() {
    this.abort.abort();
  }

  /** Reads the first page. */
  async open() {
    const result = await this.#read(this.filter, 0);
    this.total = result.metadata.total_items;
    this.#keep(0, result.data);
  }

  /**
   * @param {Filter} filter
   * @param {number} offset
   */
  #read(filter, offset) {
    const sort = this.sort ? [this.sort] : [];
    return call("get.contacts", { filter, sort, fields: FIELDS, limit: PAGE, offset }, this.abort.signal);
  }

  /**
   * @param {number} place
   * @param {Contact[]} contacts
   */
  #keep(place, contacts) {
    for (const [at, contact] of contacts.entries()) this.rows.set(place + at, contact);
    const last = contacts.at(-1);
    const first = contacts[0];
    if (first && last && !this.sort) {
      this.marks.set(place, first.id - 1);
      this.marks.set(place + contacts.length, last.id);
    }
    this.#forget();
  }

  #forget() {
    if (this.rows.size <= ROWS_KEPT_MAX || !this.wanted) return;
    const middle = (this.wanted[0] + this.wanted[1]) / 2;
    const near = [...this.rows.keys()].sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
    for (const place of near.slice(ROWS_KEPT_MAX / 2)) this.rows.delete(place);
  }

  /**
   * The contact at a place, if it has been read.
   *
   * @param {number} place
   */
  get(place) {
    return this.rows.get(place);
  }

  /** The contacts that have been read, by place. */
  known() {
    return [...this.rows.entries()].sort(([a], [b]) => a - b);
  }

  /**
   * Reads what is missing between two places; a later call replaces what an earlier one still waits for.
   *
   * @param {number} from
   * @param {number} to
   */
  async want(from, to) {
    this.wanted = [from, to];
    if (this.busy) return;
    this.busy = true;
    try {
      for (let place = this.#missing(); place !== null; place = this.#missing()) {
        if (this.sort) await this.#readByOffset(place);
        else await this.#readByKey(place);
        if (this.abort.signal.aborted) return;
        this.onchange();
      }
    } catch (error) {
      if (!isAbort(error)) this.onerror(error);
    } finally {
      this.busy = false;
    }
  }

  #missing() {
    const [from, to] = this.wanted ?? [0, 0];
    for (let place = from; place < Math.min(to, this.reach); place += 1) if (!this.rows.has(place)) return place;
    return null;
  }

  /** @param {number} place */
  async #readByOffset(place) {
    const offset = Math.min(Math.floor(place / PAGE) * PAGE, OFFSET_MAX);
    const result = await this.#read(this.filter, offset);
    this.#keep(offset, result.data);
    if (result.data.length < Math.min(PAGE, this.total - offset)) this.total = offset + result.data.length;
  }

  /** @param {number} place */
  async #readByKey(place) {
    for (let guess = 0; guess < GUESSES_MAX; guess += 1) {
      const id = this.#idBefore(place, guess);
      const result = await this.#read(after(this.filter, id), 0);
      const first = Math.max(0, this.total - result.metadata.total_items);
      this.marks.set(first, id);
      this.#keep(first, result.data);
      if (this.rows.has(place) || this.abort.signal.aborted) return;
      // The book has changed: what is read now begins where it was asked for.
      if (result.data.length === 0 && guess + 1 === GUESSES_MAX) this.total = place;
    }
    this.total = Math.min(this.total, place);
  }

  /**
   * An id after which the place is expected to come within a page.
   *
   * @param {number} place
   * @param {number} guess how often a guess has failed
   */
  #idBefore(place, guess) {
    let [lowPlace, lowId] = [0, 0];
    let [highPlace, highId] = [Infinity, Infinity];
    for (const [known, id] of this.marks) {
      if (known <= place && known >= lowPlace) [lowPlace, lowId] = [known, Math.max(id, known === lowPlace ? lowId : 0)];
      if (known > place && known < highPlace) [highPlace, highId] = [known, id];
    }
    if (place - lowPlace < PAGE) return lowId;
    const aim = place - PAGE / 4 - lowPlace;
    if (highPlace === Infinity) return lowId + Math.max(1, Math.round(aim * (lowPlace > 0 ? lowId / lowPlace : 1)));
    const share = guess % 3 === 2 ? 0.5 : aim / (highPlace - lowPlace);
    return Math.min(highId - 1, lowId + Math.max(1, Math.floor((highId - lowId) * share)));
  }
}
