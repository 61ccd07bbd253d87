/**
 * Why a row or a value of a file was left out, in the reader's language. The server says it in English; a reason that
 * is not listed here is shown as it is.
 */

import { language, t } from "../../i18n.js";

/** @typedef {import("../../i18n.js").Key} Key */

/** The reasons, with the names of what differs. @type {[RegExp, Key, string[]][]} */
const REASONS = [
  [/^is missing, and nothing can stand for it$/, "file.no_name", []],
  [/^is missing: a contact has at least one phone number$/, "file.no_phone", []],
  [/^is too long for the name of a group and was left out$/, "file.group_long", []],
  [/^was left out: at most (\d+) groups are read$/, "file.groups_max", ["max"]],
  [/^was left out: a contact has at most (\d+)$/, "file.values_max", ["max"]],
  [/^was left out: ids differ from book to book, give the name$/, "file.id", []],
  [/^was cut to (\d+) characters$/, "file.cut", ["max"]],
  [/^has characters that were lost before: .*$/, "file.lost", []],
  [/^is not a phone number$/, "file.not_phone", []],
  [/^has too few or too many digits for a phone number \((\d+) to (\d+)\)$/, "file.digits", ["min", "max"]],
  [/^has more than the (\d+) digits of numbers under \+1 and \+7$/, "file.digits_code", ["max"]],
  [/^the extension (.*) was left out$/, "file.extension", ["text"]],
  [/^the text "(.*)" after the number was left out$/, "file.comment", ["text"]],
  [/^lost digits in a spreadsheet \(scientific notation\)$/, "file.scientific", []],
  [/^is not an e-mail address$/, "file.not_email", []],
  [/^is an address inside of a mail server$/, "file.email_internal", []],
  [/^has more cells than the header.*$/, "file.cells", []],
  [/^is no member of a contact, and was left out.*$/, "file.member", []],
  [/^is no property that can be read, and was left out$/, "file.property", []],
  [/^cannot be decoded, and was left out$/, "file.undecoded", []],
  [/^is given by a URL, which is not followed, and was left out$/, "file.url", []],
  [/^is no base64, and was left out$/, "file.base64", []],
  [/^is a change of a directory, and only entries are read$/, "file.ldif_change", []],
  [/^has no dn$/, "file.no_dn", []],
  [/^is half a card: .*$/, "file.half_card", []],
  [/^is no JSON.*$/, "file.no_json", []],
  [/^is longer than (\d+) bytes.*$/, "file.bytes_max", ["max"]],
  [/^no employee, or several, have this name$/, "file.no_manager", []],
  [/^the kind of the file is not known.*$/, "file.kind", []],
  [/^has (\d+) contacts; `ringbook import` reads more than (\d+)$/, "file.too_many", ["count", "max"]],
  [/^is empty.*$/, "file.empty", []],
];

/**
 * @param {string} reason in English
 * @returns {{ text: string, language: string }}
 */
export function reasonText(reason) {
  for (const [pattern, key, names] of REASONS) {
    const found = pattern.exec(reason);
    if (found) return { text: t(key, Object.fromEntries(names.map((name, at) => [name, found[at + 1] ?? ""]))), language: language() };
  }
  return { text: reason, language: "en" };
}
