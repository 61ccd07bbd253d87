/**
 * A list of any length of which only the rows in view exist.
 *
 * Browsers bound the height of an element, so a long list is laid out in a shorter canvas: both ends are to scale, the
 * middle is compressed. Small movements always move the rows as far as the pointer; a jump (dragging the bar) goes
 * to the row at that place. When the movement has ended, the bar is put where the rows are.
 */

import { h } from "../dom.js";

/** Tallest canvas, in pixels; browsers clamp somewhere above 10 million. */
const CANVAS_MAX = 6_000_000;
/** Part at each end of a compressed canvas that is to scale, in pixels. */
const END = 500_000;
/** Rows beyond both edges that exist. */
const BEYOND = 6;
/** A movement of so many heights of the view at once is a jump. */
const JUMP_VIEWS = 3;
/** The movement has ended after so many milliseconds. */
const REST = 160;

/**
 * @typedef {object} Options
 * @property {HTMLElement} viewport the element that scrolls
 * @property {() => number} rowHeight in pixels
 * @property {() => HTMLElement} makeRow
 * @property {(row: HTMLElement, index: number) => void} fillRow
 * @property {(from: number, to: number) => void} onrange told which rows are in view; `to` is behind the last
 */

export class WindowedList {
  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    this.count = 0;
    this.height = options.rowHeight();
    this.shift = 0;
    this.last = 0;
    /** @type {Map<number, HTMLElement>} */
    this.rows = new Map();
    /** @type {HTMLElement[]} */
    this.spare = [];
    this.rest = 0;
    this.frame = 0;
    this.canvas = h("div", { class: "canvas", role: "presentation" });
    options.viewport.append(this.canvas);
    options.viewport.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.observer = new ResizeObserver(() => this.#resized());
    this.observer.observe(options.viewport);
  }

  /** Stops watching the view. */
  close() {
    this.observer.disconnect();
    clearTimeout(this.rest);
    cancelAnimationFrame(this.frame);
  }

  get #virtualMax() {
    return Math.max(0, this.count * this.height - this.options.viewport.clientHeight);
  }

  get #canvasHeight() {
    return Math.min(this.count * this.height, CANVAS_MAX);
  }

  get #physicalMax() {
    return Math.max(0, this.#canvasHeight - this.options.viewport.clientHeight);
  }

  /** Distance of the view from the head of the list, in pixels of the list. */
  get top() {
    return this.options.viewport.scrollTop + this.shift;
  }

  /** @param {number} physical */
  #toVirtual(physical) {
    const [max, virtualMax] = [this.#physicalMax, this.#virtualMax];
    if (max === virtualMax || physical <= END) return physical;
    if (physical >= max - END) return virtualMax - (max - physical);
    return END + ((physical - END) * (virtualMax - 2 * END)) / (max - 2 * END);
  }

  /** @param {number} virtual */
  #toPhysical(virtual) {
    const [max, virtualMax] = [this.#physicalMax, this.#virtualMax];
    if (max === virtualMax || virtual <= END) return virtual;
    if (virtual >= virtualMax - END) return max - (virtualMax - virtual);
    return END + ((virtual - END) * (max - 2 * END)) / (virtualMax - 2 * END);
  }

  #scrolled() {
    const { viewport } = this.options;
    const moved = Math.abs(viewport.scrollTop - this.last);
    this.last = viewport.scrollTop;
    if (moved > viewport.clientHeight * JUMP_VIEWS) this.shift = this.#toVirtual(this.last) - this.last;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.#settle(), REST);
    if (!this.frame) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.#draw();
      });
    }
  }

  /** Puts the bar where the rows are. */
  #settle() {
    this.#place(this.top);
    this.#draw();
  }

  /** @param {number} virtual */
  #place(virtual) {
    const bounded = Math.min(Math.max(0, virtual), this.#virtualMax);
    const physical = Math.round(this.#toPhysical(bounded));
    this.shift = bounded - physical;
    this.last = physical;
    if (this.options.viewport.scrollTop !== physical) this.options.viewport.scrollTop = physical;
  }

  #resized() {
    const height = this.options.rowHeight();
    const first = this.top / this.height;
    if (height !== this.height) {
      this.height = height;
      this.setCount(this.count);
      this.#place(first * height);
    }
    this.#draw();
  }

  /**
   * Sets the length of the list; the view stays where it is, as far as there are rows.
   *
   * @param {number} count
   */
  setCount(count) {
    const top = this.top;
    this.count = count;
    this.canvas.style.height = `${this.#canvasHeight}px`;
    this.#place(top);
    this.#draw();
  }

  /** Fills the rows in view again. */
  refresh() {
    for (const [index, row] of this.rows) this.options.fillRow(row, index);
    this.#draw();
  }

  /**
   * Moves the view so that its first pixel is this one of the list.
   *
   * @param {number} top
   */
  scrollToTop(top) {
    this.#place(top);
    this.#draw();
  }

  /**
   * Moves the view as little as makes a row visible.
   *
   * @param {number} index
   */
  reveal(index) {
    const [from, to] = [index * this.height, (index + 1) * this.height];
    const { clientHeight } = this.options.viewport;
    if (from < this.top) this.scrollToTop(from);
    else if (to > this.top + clientHeight) this.scrollToTop(to - clientHeight);
  }

  #draw() {
    const { viewport, makeRow, fillRow, onrange } = this.options;
    const seen = Math.max(0, Math.floor(this.top / this.height));
    const seenTo = Math.min(this.count, Math.ceil((this.top + viewport.clientHeight) / this.height));
    const [from, to] = [Math.max(0, seen - BEYOND), Math.min(this.count, seenTo + BEYOND)];
    for (const [index, row] of this.rows) {
      if (index < from || index >= to) {
        this.rows.delete(index);
        row.hidden = true;
        this.spare.push(row);
      }
    }
    for (let index = from; index < to; index += 1) {
      let row = this.rows.get(index);
      if (!row) {
        row = this.spare.pop();
        if (!row) {
          row = makeRow();
          this.canvas.append(row);
        }
        row.hidden = false;
        this.rows.set(index, row);
        fillRow(row, index);
      }
      row.style.transform = `translateY(${index * this.height - this.shift}px)`;
    }
    onrange(seen, seenTo);
  }
}
