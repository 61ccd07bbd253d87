/**
 * The address after `#` as the state of the page: `#contact=12`, `#groups`, `#q=ivanov&group=3`.
 *
 * A plus sign is a plus sign here, unlike in forms: telephone systems open `#number=+79161234567` as it is.
 */

/** @typedef {Map<string, string>} Route */

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Reads the part of an address after `#`.
 *
 * @param {string} hash
 * @returns {Route}
 */
export function parse(hash) {
  const parts = hash.replace(/^#/, "").split("&").filter(Boolean);
  return new Map(
    parts.map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [decode(part), ""] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
    }),
  );
}

/**
 * Writes an address: `false`, `null`, `undefined` are left out, `true` is a name without a value.
 *
 * @param {Record<string, string | number | boolean | null | undefined>} params
 */
export function link(params) {
  const parts = Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== false);
  const text = parts.map(([name, value]) => {
    const encoded = encodeURIComponent(String(value)).replaceAll("%2B", "+").replaceAll("%2C", ",");
    return value === true ? name : `${name}=${encoded}`;
  });
  return `#${text.join("&")}`;
}

/** The present route. */
export function route() {
  return parse(location.hash);
}

/**
 * Goes to an address, as a new entry of the history.
 *
 * @param {string} address
 */
export function go(address) {
  location.hash = address;
}

/**
 * Changes the address without a new entry of the history and without a change of screen.
 *
 * @param {string} address
 */
export function replace(address) {
  history.replaceState(history.state, "", address === "#" ? location.pathname + location.search : address);
}
