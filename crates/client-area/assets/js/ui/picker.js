/** A box that finds one of many names while one types (the pattern `combobox` with a list). */

import { fill, freshId, h } from "../dom.js";
import { t } from "../i18n.js";
import { isAbort } from "../rpc.js";
import { icon } from "./icons.js";
import { explain, markMatches } from "./parts.js";

/** @typedef {{ id: number, name: string }} Option */

/** Wait after a keystroke, in milliseconds. */
const DEBOUNCE = 120;

/**
 * @typedef {object} PickerOptions
 * @property {string} label
 * @property {(term: string, signal: AbortSignal) => Promise<Option[]>} load
 * @property {(option: Option | null) => void} onchange
 * @property {Option | null} [value]
 * @property {string} [placeholder]
 * @property {((name: string) => Promise<Option>) | null} [create] makes an entry of the name that was typed
 * @property {boolean} [once] the box empties after a choice, so that several can be made
 * @property {string} [id]
 */

/**
 * @param {PickerOptions} options
 * @returns {{ element: HTMLElement, input: HTMLInputElement, clear: () => void }}
 */
export function picker({ label, load, onchange, value = null, placeholder = "", create = null, once = false, id = freshId("picker") }) {
  /** @type {(Option & { isNew?: boolean })[]} */
  let options = [];
  let active = -1;
  let chosen = value;
  let timer = 0;
  let abort = new AbortController();

  const list = h("ul", { class: "picker-list", role: "listbox", id: `${id}-list`, "aria-label": label, hidden: true });
  const input = h("input", {
    id, class: "input picker-input", role: "combobox", "aria-label": label, "aria-expanded": "false", "aria-autocomplete": "list",
    "aria-controls": list.id, autocomplete: "off", spellcheck: "false", maxlength: 255, placeholder, value: value?.name ?? "", dir: "auto",
  });
  const clearButton = h("button", { type: "button", class: "icon-button picker-clear", "aria-label": t("picker.clear", { label }), tabindex: -1, onclick: () => clear(true) }, icon("close"));
  const element = h("div", { class: "picker" }, input, clearButton, list);
  clearButton.hidden = chosen === null;

  const open = (/** @type {boolean} */ isOpen) => {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) activate(-1);
  };

  /** @param {number} index */
  function activate(index) {
    active = index;
    for (const [at, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(at === index));
    const item = index >= 0 ? list.children[index] : null;
    item?.scrollIntoView({ block: "nearest" });
    if (item) input.setAttribute("aria-activedescendant", item.id);
    else input.removeAttribute("aria-activedescendant");
  }

  const clear = (/** @type {boolean} */ tell = false) => {
    input.value = "";
    chosen = null;
    clearButton.hidden = true;
    open(false);
    if (tell) {
      onchange(null);
      input.focus();
    }
  };

  /** @param {Option & { isNew?: boolean }} option */
  const choose = async (option) => {
    let made = option;
    try {
      if (option.isNew && create) made = await create(option.name);
    } catch (error) {
      fill(list, h("li", { class: "picker-note", role: "option", "aria-disabled": "true" }, explain(error)));
      return;
    }
    open(false);
    chosen = once ? null : made;
    input.value = once ? "" : made.name;
    clearButton.hidden = chosen === null;
    onchange(made);
  };

  const show = async () => {
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    const term = input.value.trim();
    try {
      const found = await load(chosen && term === chosen.name ? "" : term, signal);
      if (signal.aborted || document.activeElement !== input) return;
      options = [...found];
      const isKnown = found.some((option) => option.name.toLowerCase() === term.toLowerCase());
      if (create && term && !isKnown) options.push({ id: 0, name: term, isNew: true });
      const items = options.map((option, at) => {
        const text = h("span", { dir: "auto" });
        if (option.isNew) text.textContent = t("picker.create", { name: option.name });
        else markMatches(text, option.name, [term]);
        const pick = (/** @type {Event} */ event) => {
          event.preventDefault();
          choose(option);
        };
        return h("li", { class: "picker-option", role: "option", id: `${id}-${at}`, "aria-selected": "false", onpointerdown: pick }, text);
      });
      const none = h("li", { class: "picker-note", role: "option", "aria-disabled": "true" }, t("picker.none"));
      fill(list, items.length > 0 ? items : none);
      open(true);
      if (term && options.length > 0) activate(0);
    } catch (error) {
      if (isAbort(error)) return;
      fill(list, h("li", { class: "picker-note", role: "option", "aria-disabled": "true" }, explain(error)));
      open(true);
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, DEBOUNCE);
  });
  input.addEventListener("focus", () => {
    input.select();
    show();
  });
  input.addEventListener("blur", () => {
    abort.abort();
    clearTimeout(timer);
    open(false);
    // An emptied box clears; anything else that is no choice goes back.
    if (!once && chosen && input.value.trim() === "") clear(true);
    else if (!once) input.value = chosen?.name ?? "";
  });
  input.addEventListener("keydown", (event) => {
    const isOpen = !list.hidden;
    const count = options.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) show();
      else if (count > 0) activate((active + (event.key === "ArrowDown" ? 1 : -1) + count) % count);
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      const option = options[active];
      if (option) choose(option);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      input.value = once ? "" : (chosen?.name ?? "");
      open(false);
    }
  });
  return { element, input, clear: () => clear(false) };
}
