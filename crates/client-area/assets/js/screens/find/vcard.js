/** Contacts as vCards (RFC 2426, version 3.0), which telephones and mail programs read. */

/** @typedef {import("../../types.js").Contact} Contact */

/** Longest line in bytes; longer ones are folded (RFC 2426, section 2.6). */
const LINE_BYTES_MAX = 75;
/** Numbers of fewer digits are internal and get no plus sign. */
const INTERNATIONAL_DIGITS_MIN = 10;

/** @param {string} text */
function escaped(text) {
  return text.replace(/[\\,;]/g, "\\$&").replace(/\r\n?|\n/g, "\\n");
}

/** @param {string} line */
export function folded(line) {
  const encoder = new TextEncoder();
  let bytes = 0;
  let text = "";
  for (const letter of line) {
    const size = encoder.encode(letter).length;
    if (bytes + size > LINE_BYTES_MAX) {
      text += "\r\n ";
      bytes = 1;
    }
    text += letter;
    bytes += size;
  }
  return text;
}

/** @param {Contact} contact */
function card(contact) {
  const names = [contact.last_name, contact.first_name, contact.patronymic, null, null].map((name) => escaped(name ?? ""));
  const groups = contact.groups.map((group) => escaped(group.group_name));
  const lines = [
    "BEGIN:VCARD",
    "VERSION:3.0",
    `N:${names.join(";")}`,
    `FN:${escaped(contact.full_name)}`,
    contact.organization_name && `ORG:${escaped(contact.organization_name)}`,
    ...contact.phone_numbers.map((phone) => `TEL;TYPE=VOICE:${phone.length < INTERNATIONAL_DIGITS_MIN ? "" : "+"}${phone}`),
    ...contact.emails.map((email) => `EMAIL;TYPE=INTERNET:${escaped(email)}`),
    groups.length > 0 && `CATEGORIES:${groups.join(",")}`,
    "END:VCARD",
  ];
  return lines.filter((line) => typeof line === "string").map(folded);
}

/**
 * @param {Contact[]} contacts with all members
 * @returns {string}
 */
export function toVcards(contacts) {
  return `${contacts.flatMap(card).join("\r\n")}\r\n`;
}
