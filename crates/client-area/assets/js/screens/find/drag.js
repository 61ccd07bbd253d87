/**
 * Drags contacts from the list onto the names beside it, with a mouse or a pen. With a finger a list is scrolled; keyboard, touch
 * and assistive technology select contacts and use the bar or the buttons instead, which do the same.
 */

import { h } from "../../dom.js";
import { t } from "../../i18n.js";

/** @typedef {import("../../types.js").Contact} Contact */
/** @typedef {import("./board.js").Board} Board */
/** @typedef {import("../contact/assign.js").Target} Target */

/** A pointer that has moved so far drags, in pixels. */
const STARTS_AFTER = 6;
/** Near its ends, in pixels, the list of names scrolls by so many pixels in a frame. */
const EDGE = 36;
const SCROLL_STEP = 7;
/** Where a pointer goes down to select text or to use a control, not to drag. */
const NOT_DRAGGED = "input, label, button, .row-phone, .cell-email > span";

/**
 * @typedef {object} DragOptions
 * @property {HTMLElement} viewport the list of contacts
 * @property {(row: Element) => Contact | undefined} contactOf
 * @property {Map<number, Contact>} selected they all move where one of them is dragged
 * @property {Board} board
 * @property {(isDragging: boolean) => void} ondrag told when dragging begins and has ended
 * @property {(contacts: Contact[], target: Target) => void} ondrop
 */

/**
 * Makes the rows of a list draggable. The result ends it.
 *
 * @param {DragOptions} options
 */
export function dragRows({ viewport, contactOf, selected, board, ondrag, ondrop }) {
  /** @type {AbortController | null} */
  let drag = null;

  /** @param {PointerEvent} down @param {Contact} contact */
  const begin = (down, contact) => {
    drag?.abort();
    const mine = new AbortController();
    drag = mine;
    const { signal } = mine;
    const contacts = selected.has(contact.id) ? [...selected.values()] : [contact];
    let [x, y] = [down.clientX, down.clientY];
    let frame = 0;
    /** @type {HTMLElement | null} */
    let ghost = null;
    /** @type {Element | null} */
    let marked = null;

    const mark = () => {
      const row = board.at(x, y)?.row ?? null;
      if (row === marked) return;
      marked?.classList.remove("drop-target");
      row?.classList.add("drop-target");
      marked = row;
    };
    const onFrame = () => {
      const list = board.viewport;
      const box = list?.getBoundingClientRect();
      if (list && box && x >= box.left && x <= box.right) {
        if (y > box.top - EDGE && y < box.top + EDGE) list.scrollTop -= SCROLL_STEP;
        else if (y > box.bottom - EDGE && y < box.bottom + EDGE) list.scrollTop += SCROLL_STEP;
      }
      mark();
      frame = requestAnimationFrame(onFrame);
    };
    const start = () => {
      const text = contacts.length === 1 ? contact.full_name : t("list.contacts", { count: contacts.length });
      ghost = h("div", { class: "drag-ghost", "aria-hidden": "true", dir: "auto" }, text);
      document.body.append(ghost);
      document.body.classList.add("dragging");
      viewport.setPointerCapture(down.pointerId);
      getSelection()?.removeAllRanges();
      ondrag(true);
      frame = requestAnimationFrame(onFrame);
    };
    signal.addEventListener("abort", () => {
      cancelAnimationFrame(frame);
      marked?.classList.remove("drop-target");
      document.body.classList.remove("dragging");
      if (!ghost) return;
      ghost.remove();
      ondrag(false);
    });
    const move = (/** @type {PointerEvent} */ event) => {
      [x, y] = [event.clientX, event.clientY];
      if (!ghost && Math.hypot(x - down.clientX, y - down.clientY) >= STARTS_AFTER) start();
      if (ghost) ghost.style.transform = `translate(${x + 12}px, ${y + 12}px)`;
    };
    const drop = (/** @type {PointerEvent} */ event) => {
      move(event);
      const target = ghost && board.at(x, y)?.target;
      if (ghost) {
        // The click that follows opens nothing.
        const swallow = (/** @type {Event} */ click) => {
          click.preventDefault();
          click.stopPropagation();
        };
        addEventListener("click", swallow, { capture: true, once: true });
        setTimeout(() => removeEventListener("click", swallow, { capture: true }));
      }
      mine.abort();
      if (target) ondrop(contacts, target);
    };
    const escape = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      mine.abort();
    };
    addEventListener("pointermove", move, { signal });
    addEventListener("pointerup", drop, { signal });
    addEventListener("pointercancel", () => mine.abort(), { signal });
    addEventListener("blur", () => mine.abort(), { signal });
    addEventListener("keydown", escape, { signal, capture: true });
  };

  viewport.addEventListener("pointerdown", (event) => {
    const { target } = event;
    if (event.button !== 0 || event.pointerType === "touch" || !(target instanceof Element) || target.closest(NOT_DRAGGED)) return;
    const row = target.closest("[role=row]");
    const contact = row && contactOf(row);
    if (contact) begin(event, contact);
  });
  // Links would be dragged by the browser itself.
  viewport.addEventListener("dragstart", (event) => event.preventDefault());
  return () => drag?.abort();
}
