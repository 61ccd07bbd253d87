/** Modal dialogs on the browser's own `dialog` element, which keeps the focus inside and closes on Escape. */

import { freshId, h } from "../dom.js";
import { t } from "../i18n.js";

/** @typedef {import("../dom.js").Child} Child */

/**
 * Shows a dialog until it is closed, and resolves to what it was closed with; `""` for Escape and Cancel.
 *
 * @param {object} options
 * @param {string} options.title
 * @param {Child[]} options.content
 * @param {string} options.confirm the text of the button that closes with `confirm`
 * @param {boolean} [options.danger] whether that button destroys something
 * @param {boolean} [options.wide]
 * @param {string | null} [options.cancel] the text of the other button; `null` for none
 * @param {(dialog: HTMLDialogElement) => boolean | Promise<boolean>} [options.check] whether the dialog may close
 */
export function showDialog({ title, content, confirm, danger, wide, cancel = t("cancel"), check }) {
  const opener = document.activeElement;
  const id = freshId("dialog");
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    button.disabled = true;
    const closes = !check || (await check(dialog));
    button.disabled = false;
    if (closes) dialog.close("confirm");
  };
  const button = h("button", { class: `button ${danger ? "button-danger" : "button-primary"}` }, confirm);
  const cancelButton =
    cancel !== null && h("button", { type: "button", class: "button", onclick: () => dialog.close("") }, cancel);
  const dialog = h(
    "dialog",
    { class: wide ? "dialog dialog-wide" : "dialog", "aria-labelledby": id },
    h(
      "form",
      { method: "dialog", onsubmit: submit },
      h("h2", { id, class: "dialog-title" }, title),
      h("div", { class: "dialog-content" }, content),
      h("div", { class: "dialog-buttons" }, cancelButton, button),
    ),
  );
  document.body.append(dialog);
  // Not on what scrolls, which comes first: on the first field, or without one on the button that changes nothing.
  const first = dialog.querySelector("input, select, textarea") ?? (cancelButton || button);
  first.toggleAttribute("autofocus", true);
  dialog.showModal();
  return /** @type {Promise<string>} */ (
    new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        dialog.remove();
        if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
        resolve(dialog.returnValue);
      });
    })
  );
}

/**
 * Asks for one text, and resolves to it, or to `null` when nothing was entered.
 *
 * @param {object} options
 * @param {string} options.title
 * @param {string} options.label
 * @param {string} options.confirm
 * @param {string} [options.value]
 * @param {Child} [options.note]
 * @param {(value: string) => Promise<string | null>} options.apply resolves to what is wrong, or `null`
 */
export async function askText({ title, label, confirm, value = "", note, apply }) {
  const id = freshId("field");
  const input = h("input", { id, class: "input", required: true, maxlength: 255, value, autocomplete: "off" });
  const error = h("p", { class: "field-error", id: `${id}-error`, role: "alert" });
  const check = async () => {
    const wrong = await apply(input.value.trim());
    error.textContent = wrong ?? "";
    input.setAttribute("aria-invalid", String(wrong !== null));
    if (wrong !== null) input.focus();
    return wrong === null;
  };
  input.setAttribute("aria-describedby", error.id);
  const content = [h("label", { for: id, class: "field-label" }, label), input, error, note];
  const result = await showDialog({ title, content, confirm, check });
  return result === "confirm" ? input.value.trim() : null;
}
