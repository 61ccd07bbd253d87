/** Exporting the whole address book, as CSV in the columns that an import knows, or as vCards. */

import { fill, h } from "../../dom.js";
import { formatNumber, t } from "../../i18n.js";
import { call } from "../../rpc.js";
import { button, toastError } from "../../ui/parts.js";
import { download, toCsv } from "../find/csv.js";
import { toVcards } from "../find/vcard.js";

/** @typedef {import("../../types.js").Contact} Contact */

/** Contacts in a page. */
const PAGE = 5_000;

/** Reads the whole book by id. @param {(share: number) => void} progress */
async function everybody(progress) {
  /** @type {Contact[]} */
  const contacts = [];
  let total = 0;
  for (;;) {
    const filter = { field: "id", operator: ">", value: contacts.at(-1)?.id ?? 0 };
    const { data, metadata } = await call("get.contacts", { filter, limit: PAGE });
    if (contacts.length === 0) total = metadata.total_items;
    contacts.push(...data);
    progress(total === 0 ? 1 : contacts.length / total);
    if (data.length < PAGE) return contacts;
  }
}

/** The part of the screen that exports. */
export function exportCard() {
  const status = h("div", { role: "status" });
  /** @param {string} name @param {string} type @param {(contacts: Contact[]) => string} write */
  const run = async (name, type, write) => {
    for (const one of buttons) one.disabled = true;
    const bar = h("progress", { class: "progress", max: 1, value: 0, "aria-label": t("progress") });
    fill(status, bar);
    try {
      const contacts = await everybody((share) => { bar.value = share; });
      download(name, write(contacts), type);
      fill(status, t("export.done", { count: contacts.length, number: formatNumber(contacts.length) }));
    } catch (error) {
      fill(status);
      toastError(error);
    } finally {
      for (const one of buttons) one.disabled = false;
    }
  };
  const buttons = [
    button(t("export.start"), "down", () => run("contacts.csv", "text/csv", toCsv)),
    button(t("export.vcard"), "down", () => run("contacts.vcf", "text/vcard", toVcards)),
  ];
  return h("section", { class: "card", "aria-label": t("export.title") }, h("h2", { class: "card-title" }, t("export.title")), h("p", { class: "muted" }, t("export.text")), h("div", { class: "card-buttons" }, buttons), status);
}
