/** Rights, as the server names them (`SECTION:ACTION`), in the order and the words of a person. */

import { hasText, t } from "../../i18n.js";

/**
 * The sections and the actions of these rights, each once.
 *
 * @param {string[]} rights
 */
export function sections(rights) {
  const parts = rights.map((right) => right.split(":"));
  const names = [...new Set(parts.map(([section = ""]) => section))];
  const actions = [...new Set(parts.map(([, action = ""]) => action))];
  return { names, actions };
}

/** The word for a section or an action. @param {string} part */
export function rightText(part) {
  const key = `rights.${part}`;
  return hasText(key) ? t(key) : part;
}
