/** Contacts as a CSV file that spreadsheets open, with formulas disarmed. */

import { formatPhone } from "../../phones.js";

/** @typedef {import("../../types.js").Contact} Contact */

const HEADER = ["full_name", "phone_numbers", "emails", "organization_name", "groups", "personal_manager_full_name"];

/** @param {string} text */
function cell(text) {
  // A spreadsheet would compute what begins so.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * @param {Contact[]} contacts
 * @returns {string}
 */
export function toCsv(contacts) {
  const rows = contacts.map((contact) => [
    contact.full_name,
    contact.phone_numbers.map(formatPhone).join("; ").replaceAll("\u00a0", " "),
    contact.emails.join("; "),
    contact.organization_name ?? "",
    contact.groups.map((group) => group.group_name).join("; "),
    contact.personal_manager_full_name ?? "",
  ]);
  const lines = [HEADER, ...rows].map((row) => row.map(cell).join(","));
  return `\ufeff${lines.join("\r\n")}\r\n`;
}

/**
 * Hands a text to the browser as a file.
 *
 * @param {string} name
 * @param {string} text
 */
export function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
