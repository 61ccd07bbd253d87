/**
 * Phone numbers: from what a person types to what the book is asked for, and from stored digits to what a person
 * reads. No rule of a country beyond its calling code: the server has those.
 */

/** Calling codes of one and two digits; all others have three. */
const SHORT_CODES = new Set(
  ("1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 " +
    "86 90 91 92 93 94 95 98").split(" "),
);

/** Fewer digits are an internal number and shown as they are. */
const INTERNATIONAL_DIGITS_MIN = 10;

/**
 * The digits of a text that looks like a phone number, in whatever form; `null` for other texts.
 *
 * @param {string} text
 */
export function digitsOf(text) {
  const plain = text.normalize("NFKC").replace(/^\s*(tel|callto|sip):/i, "").replace(/@.*$/, "");
  if (!/^[\s\d+().\-\u2010-\u2015\u2212/\u200e\u200f\u202a-\u202e\u2066-\u2069]+$/u.test(plain)) return null;
  const digits = plain.replace(/\D/g, "");
  return digits.length === 0 ? null : digits;
}

/**
 * The part of a number that is the same in its national and its international form: without an exit code and without
 * the 0 or 8 that is dialled before national numbers.
 *
 * @param {string} digits
 */
export function significant(digits) {
  if (digits.startsWith("00")) return digits.slice(2);
  if (digits.startsWith("0") && digits.length > 4) return digits.slice(1);
  if (digits.startsWith("8") && digits.length === 11) return digits.slice(1);
  return digits;
}

/** @param {string} digits */
function codeOf(digits) {
  return [1, 2].map((length) => digits.slice(0, length)).find((code) => SHORT_CODES.has(code)) ?? digits.slice(0, 3);
}

/**
 * The lengths of the groups that the digits after the calling code are written in.
 *
 * @param {string} code
 * @param {number} length
 */
function groups(code, length) {
  if (code === "7" && length === 10) return [3, 3, 2, 2];
  if (code === "1" && length === 10) return [3, 3, 4];
  const sizes = [];
  let left = length;
  while (left > 4) {
    sizes.push(3);
    left -= 3;
  }
  if (left > 0) sizes.push(left);
  return sizes;
}

/**
 * A stored number as a person reads it.
 *
 * @param {string} digits
 */
export function formatPhone(digits) {
  if (!/^\d+$/.test(digits) || digits.length < INTERNATIONAL_DIGITS_MIN) return digits;
  const code = codeOf(digits);
  let rest = digits.slice(code.length);
  const parts = groups(code, rest.length).map((size) => {
    const part = rest.slice(0, size);
    rest = rest.slice(size);
    return part;
  });
  return `+${code} ${parts.join("\u00a0")}`.replace(" ", "\u00a0");
}

/** What a click on a number starts, by setting. */
export const CALL_SCHEMES = ["tel", "sip", "callto"];

const SCHEME = "ringbook.call";

/** The scheme of call links in this browser. */
export function callScheme() {
  const saved = localStorage.getItem(SCHEME) ?? "";
  return CALL_SCHEMES.includes(saved) ? saved : "tel";
}

/** @param {string} scheme */
export function setCallScheme(scheme) {
  localStorage.setItem(SCHEME, scheme);
}

/**
 * The address of a link that calls a stored number.
 *
 * @param {string} digits
 */
export function callLink(digits) {
  const number = digits.length < INTERNATIONAL_DIGITS_MIN ? digits : `+${digits}`;
  return `${callScheme()}:${number}`;
}
