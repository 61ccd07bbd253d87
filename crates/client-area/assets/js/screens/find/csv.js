/** Contacts as a CSV file that spreadsheets open, with formulas disarmed. */

/** @typedef {import("../../types.js").Contact} Contact */

/** The columns that an import knows. */
const HEADER = /** @type {const} */ ([
  "id", "last_name", "first_name", "patronymic", "full_name", "emails", "phone_numbers", "personal_manager_id",
  "personal_manager_full_name", "organization_id", "organization_name", "groups",
]);

/**
 * A cell of a CSV file.
 *
 * @param {string} text
 */
export function cell(text) {
  // A spreadsheet would compute what begins so.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {Contact} contact @param {(typeof HEADER)[number]} name */
function value(contact, name) {
  if (name === "groups") return contact.groups.map((group) => group.group_name).join("\n");
  if (name === "emails") return contact.emails.join("\n");
  if (name === "phone_numbers") return contact.phone_numbers.join("\n");
  return String(contact[name] ?? "");
}

/**
 * @param {Contact[]} contacts with all members
 * @returns {string}
 */
export function toCsv(contacts) {
  const rows = contacts.map((contact) => HEADER.map((name) => value(contact, name)));
  const lines = [HEADER, ...rows].map((row) => row.map(cell).join(","));
  return `\ufeff${lines.join("\r\n")}\r\n`;
}

/**
 * Hands a text to the browser as a file.
 *
 * @param {string} name
 * @param {string} text
 * @param {string} [type]
 */
export function download(name, text, type = "text/csv") {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
