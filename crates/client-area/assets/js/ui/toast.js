/** Short notices at the bottom of the page, perhaps with one action such as taking a deletion back. */

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "./icons.js";

/** How long a notice is shown, in milliseconds, and one that offers an action. */
const SHOWN = 5_000;
const SHOWN_WITH_ACTION = 12_000;

/** @type {HTMLElement | null} */
let region = null;

function place() {
  if (!region?.isConnected) {
    region = h("div", { class: "toasts", "aria-live": "polite", role: "log", "aria-label": t("notices") });
    document.body.append(region);
  }
  return region;
}

/**
 * Shows a notice.
 *
 * @param {string} text
 * @param {{ label: string, run: () => void } | null} [action]
 * @param {"plain" | "error"} [kind]
 */
export function toast(text, action = null, kind = "plain") {
  const element = h("div", { class: `toast toast-${kind}` }, h("span", { class: "toast-text" }, text));
  const close = () => {
    clearTimeout(timer);
    element.remove();
  };
  const wait = () => setTimeout(close, action ? SHOWN_WITH_ACTION : SHOWN);
  let timer = wait();
  if (action) {
    const run = () => {
      close();
      action.run();
    };
    element.append(h("button", { type: "button", class: "button toast-action", onclick: run }, action.label));
  }
  const closeLabel = { type: "button", class: "icon-button", "aria-label": t("close"), onclick: close };
  element.append(h("button", closeLabel, icon("close")));
  // Who reads or tabs into a notice keeps it.
  for (const name of ["pointerenter", "focusin"]) element.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["pointerleave", "focusout"]) {
    element.addEventListener(name, () => {
      clearTimeout(timer);
      timer = wait();
    });
  }
  place().append(element);
}

/** Removes all notices. */
export function clearToasts() {
  region?.replaceChildren();
}
