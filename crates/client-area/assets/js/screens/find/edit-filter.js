/** The dialog for conditions of any kind: lines, the filter that they make, and how many contacts it finds. */

import { freshId, h } from "../../dom.js";
import { formatNumber, t } from "../../i18n.js";
import { call, isAbort } from "../../rpc.js";
import { showDialog } from "../../ui/dialog.js";
import { explain } from "../../ui/parts.js";
import { builder } from "./builder.js";
import { filterOf } from "./query.js";

/** @typedef {import("./query.js").Question} Question */
/** @typedef {import("../../types.js").Filter} Filter */

/** Wait after a change before the contacts are counted, in milliseconds. */
const COUNT_AFTER = 250;

/**
 * Builds a filter by lines, shows it as the API takes it, and takes a pasted one.
 *
 * @param {Question} question
 * @param {(change: Partial<Question>) => void} change
 */
export async function editFilter(question, change) {
  const id = freshId("json");
  const whole = filterOf(question);
  const box = h("textarea", { id, class: "input code-area", rows: 8, spellcheck: "false", dir: "ltr" });
  const error = h("p", { class: "field-error", role: "alert" });
  const note = h("p", { class: "muted", hidden: true }, t("builder.too_rich"));
  const count = h("p", { class: "muted", "aria-live": "polite" });
  /** @type {Filter} */
  let filter = whole;
  let timer = 0;
  let abort = new AbortController();

  const countLater = () => {
    clearTimeout(timer);
    abort.abort();
    timer = setTimeout(async () => {
      abort = new AbortController();
      try {
        const { metadata } = await call("get.contacts", { filter, limit: 0 }, abort.signal);
        count.textContent = t("builder.count", { count: metadata.total_items, number: formatNumber(metadata.total_items) });
        error.textContent = "";
      } catch (wrong) {
        if (isAbort(wrong)) return;
        count.textContent = "";
        error.textContent = explain(wrong);
      }
    }, COUNT_AFTER);
  };
  const form = builder((made) => {
    filter = made;
    box.value = JSON.stringify(filter, null, 2);
    error.textContent = "";
    countLater();
  });
  const show = () => {
    note.hidden = form.show(filter);
  };
  box.value = JSON.stringify(whole, null, 2);
  box.addEventListener("input", () => {
    try {
      const read = JSON.parse(box.value);
      if (typeof read !== "object" || read === null || Array.isArray(read)) return;
      filter = read;
      show();
      countLater();
    } catch {
      // It is being typed; the button says what is wrong.
    }
  });
  show();
  countLater();

  const check = async () => {
    try {
      filter = JSON.parse(box.value);
      await call("get.contacts", { filter, limit: 0 });
      return true;
    } catch (wrong) {
      error.textContent = wrong instanceof SyntaxError ? t("find.json_syntax", { reason: wrong.message }) : explain(wrong);
      box.focus();
      return false;
    }
  };
  const json = h("details", { class: "details", open: true }, h("summary", null, t("find.json")), h("p", { class: "muted" }, t("find.json_text")), h("label", { for: id, class: "hidden" }, t("find.json_label")), box);
  const content = [form.element, note, count, json, error];
  const result = await showDialog({ title: t("find.more"), content, confirm: t("find.json_apply"), check, wide: true });
  clearTimeout(timer);
  abort.abort();
  if (result === "confirm" && JSON.stringify(filter) !== JSON.stringify(whole)) {
    change({ text: "", number: "", group: null, organization: null, manager: null, filter });
  }
}
