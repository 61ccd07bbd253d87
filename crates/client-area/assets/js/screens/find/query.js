/**
 * From what stands in the box and the filters beside it to a filter of the API.
 *
 * A text that looks like a number is looked for among the numbers, whatever its form. Of other texts every word must
 * be in the name, the organization or an e-mail address; one or two letters are looked for in names and organizations only,
 * because they are in nearly every address.
 */

import { digitsOf, significant } from "../../phones.js";

/** @typedef {import("../../types.js").Filter} Filter */
/** @typedef {import("../../types.js").SortKey} SortKey */

/**
 * What a person asks for; all of it is in the address.
 *
 * @typedef {object} Question
 * @property {string} text
 * @property {string} number a number that must be equal, from a screen-pop
 * @property {number | null} group
 * @property {number | null} organization
 * @property {number | null} manager
 * @property {Filter | null} filter
 * @property {SortKey | null} sort
 */

/** Most words of a text that are looked for. */
const WORDS_MAX = 8;
/** Fewest letters of a word that is looked for in e-mail addresses. */
const EMAIL_CHARS_MIN = 3;

/** Columns that the list can be ordered by. */
export const SORTABLE = ["full_name", "last_name", "first_name", "organization_name"];

/**
 * A pattern for `like` that finds a text anywhere.
 *
 * @param {string} text
 */
export function likeText(text) {
  return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}

/**
 * The words of a text as they are looked for and marked.
 *
 * @param {string} text
 */
export function words(text) {
  return text.trim().split(/\s+/u).filter(Boolean).slice(0, WORDS_MAX);
}

/**
 * The digits that a text looks for, if it looks like a phone number.
 *
 * @param {string} text
 */
export function digitsWanted(text) {
  const digits = digitsOf(text);
  return digits !== null && digits.length >= 2 ? significant(digits) : null;
}

/**
 * @param {string} word
 * @returns {Filter}
 */
function wordFilter(word) {
  const value = likeText(word);
  const named = ["full_name", "organization_name"];
  const fields = word.includes("@") ? ["emails"] : [...word].length < EMAIL_CHARS_MIN ? named : [...named, "emails"];
  return { condition: "or", filters: fields.map((field) => ({ field, operator: "ilike", value })) };
}

/**
 * @param {string} text
 * @returns {Filter[]}
 */
function textFilters(text) {
  const digits = digitsWanted(text);
  if (digits !== null) return [{ field: "phone_numbers", operator: "like", value: `%${digits}%` }];
  return words(text).map(wordFilter);
}

/**
 * The filter of a question; `{}` for everybody.
 *
 * @param {Question} question
 * @returns {Filter}
 */
export function filterOf(question) {
  /** @type {Filter[]} */
  const filters = question.number
    ? [{ field: "phone_numbers", operator: "=", value: question.number }]
    : textFilters(question.text);
  if (question.group !== null) filters.push({ field: "groups", operator: "=", value: question.group });
  if (question.organization !== null) filters.push({ field: "organization_id", operator: "=", value: question.organization });
  if (question.manager !== null) filters.push({ field: "personal_manager_id", operator: "=", value: question.manager });
  if (question.filter && Object.keys(question.filter).length > 0) filters.push(question.filter);
  const [only] = filters;
  if (only === undefined) return {};
  return filters.length === 1 ? only : { condition: "and", filters };
}

/**
 * Reads a question from the address.
 *
 * @param {import("../../router.js").Route} route
 * @returns {Question}
 */
export function questionOf(route) {
  const id = (/** @type {string} */ name) => {
    const number = Number(route.get(name));
    return Number.isSafeInteger(number) && number > 0 ? number : null;
  };
  const sort = route.get("sort") ?? "";
  const field = sort.replace(/^-/, "");
  return {
    text: route.get("q") ?? "",
    number: route.get("number") ?? "",
    group: id("group"),
    organization: id("organization"),
    manager: id("manager"),
    filter: readFilter(route.get("filter")),
    sort: SORTABLE.includes(field) ? { field, order: sort.startsWith("-") ? "desc" : "asc" } : null,
  };
}

/** @param {string | undefined} text */
function readFilter(text) {
  if (!text) return null;
  try {
    const filter = JSON.parse(text);
    return typeof filter === "object" && filter !== null ? filter : null;
  } catch {
    return null;
  }
}

/**
 * The members of the address for a question, as `link` takes them.
 *
 * @param {Question} question
 */
export function paramsOf(question) {
  return {
    q: question.text || null,
    number: question.number || null,
    group: question.group,
    organization: question.organization,
    manager: question.manager,
    filter: question.filter && Object.keys(question.filter).length > 0 ? JSON.stringify(question.filter) : null,
    sort: question.sort ? `${question.sort.order === "desc" ? "-" : ""}${question.sort.field}` : null,
  };
}
