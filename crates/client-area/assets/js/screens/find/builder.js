/** Conditions as lines of a form, and back and forth between them and a filter of the API. */

import { fill, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { digitsOf } from "../../phones.js";
import { may } from "../../session.js";
import { employeeById, findEmployees, findGroups, findOrganizations, groupById, organizationById } from "../../sources.js";
import { button, iconButton } from "../../ui/parts.js";
import { picker } from "../../ui/picker.js";
import { likeText } from "./query.js";

/** @typedef {import("../../types.js").Filter} Filter */
/** @typedef {import("../../types.js").SimpleFilter} SimpleFilter */
/** @typedef {import("../../i18n.js").Key} Key */
/** @typedef {"text" | "phones" | "number" | "group" | "organization" | "manager"} Kind */
/** @typedef {"contains" | "contains_not" | "starts" | "is" | "is_not" | "matches" | "less" | "greater" | "empty" | "filled"} Test */

/**
 * A condition: a field, a test, and what it is compared with.
 *
 * @typedef {{ field: string, test: Test, value: string | number | null }} Line
 */

/** Lines of a form at most; longer filters are edited as JSON. */
export const LINES_MAX = 20;

/** The fields to choose from. @type {{ field: string, label: Key, kind: Kind }[]} */
const FIELDS = [
  { field: "full_name", label: "column.name", kind: "text" },
  { field: "last_name", label: "last_name", kind: "text" },
  { field: "first_name", label: "first_name", kind: "text" },
  { field: "phone_numbers", label: "contact.phones", kind: "phones" },
  { field: "emails", label: "contact.emails", kind: "text" },
  { field: "organization_name", label: "builder.organization_name", kind: "text" },
  { field: "organization_id", label: "organization", kind: "organization" },
  { field: "groups", label: "group", kind: "group" },
  { field: "personal_manager_id", label: "manager", kind: "manager" },
  { field: "id", label: "builder.id", kind: "number" },
];

/** @type {Record<Kind, Test[]>} */
const TESTS = {
  text: ["contains", "contains_not", "starts", "is", "is_not", "matches", "empty", "filled"],
  phones: ["contains", "contains_not", "is", "is_not"],
  number: ["is", "less", "greater"],
  group: ["is", "is_not", "empty", "filled"],
  organization: ["is", "is_not", "empty", "filled"],
  manager: ["is", "is_not", "empty", "filled"],
};

/** @type {Record<Test, Key>} */
const TEST_TEXTS = {
  contains: "builder.contains", contains_not: "builder.contains_not", starts: "builder.starts", is: "builder.is", is_not: "builder.is_not",
  matches: "builder.matches", less: "builder.less", greater: "builder.greater", empty: "builder.empty", filled: "builder.filled",
};

/** A line that says nothing yet. @returns {Line} */
function emptyLine() {
  return { field: "full_name", test: "contains", value: "" };
}

/** Tests that compare with nothing. @param {Test} test */
function isUnary(test) {
  return test === "empty" || test === "filled";
}

/** @param {string} field */
function kindOf(field) {
  return FIELDS.find((known) => known.field === field)?.kind ?? null;
}

/** @param {Line} line @returns {SimpleFilter} */
export function filterOfLine({ field, test, value }) {
  const text = String(value ?? "");
  const kind = kindOf(field);
  const wanted = kind === "phones" ? (digitsOf(text) ?? text) : text;
  const like = kind === "phones" ? ["like", "not_like"] : ["ilike", "not_ilike"];
  switch (test) {
    case "contains": return { field, operator: like[0] ?? "", value: likeText(wanted) };
    case "contains_not": return { field, operator: like[1] ?? "", value: likeText(wanted) };
    case "starts": return { field, operator: "ilike", value: likeText(text).slice(1) };
    case "matches": return { field, operator: "regexp", value: text };
    case "empty": return { field, operator: "is_null" };
    case "filled": return { field, operator: "is_not_null" };
    case "less": return { field, operator: "<", value: Number(text) };
    case "greater": return { field, operator: ">", value: Number(text) };
    default: return { field, operator: test === "is" ? "=" : "!=", value: kind === "text" || kind === "phones" ? text : Number(value) };
  }
}

/** @param {Filter} filter @returns {Line | null} `null` where no line says the same */
export function lineOfFilter(filter) {
  if (!("field" in filter) || !("operator" in filter)) return null;
  const { field, operator, value } = /** @type {SimpleFilter} */ (filter);
  const kind = kindOf(field);
  if (kind === null) return null;
  for (const test of TESTS[kind]) {
    const plain = typeof value === "string" ? value.replace(/^%|%$/g, "").replace(/\\([\\%_])/g, "$1") : value;
    for (const candidate of [value, plain]) {
      if (candidate !== undefined && candidate !== null && typeof candidate !== "string" && typeof candidate !== "number") continue;
      const line = { field, test, value: candidate ?? null };
      const made = filterOfLine(line);
      if (made.operator === operator && (isUnary(test) || (made.value === value && value !== undefined))) return line;
    }
  }
  return null;
}

/**
 * @param {Line[]} lines
 * @param {"and" | "or"} condition
 * @returns {Filter}
 */
export function filterOfLines(lines, condition) {
  const filters = lines.map(filterOfLine);
  const [only] = filters;
  if (only === undefined) return {};
  return filters.length === 1 ? only : { condition, filters };
}

/**
 * The lines that say the same as a filter.
 *
 * @param {Filter} filter
 * @returns {{ lines: Line[], condition: "and" | "or" } | null} `null` where a form cannot say it
 */
export function linesOfFilter(filter) {
  if (Object.keys(filter).length === 0) return { lines: [], condition: "and" };
  const isTree = "filters" in filter && Array.isArray(filter.filters);
  const parts = isTree ? filter.filters : [filter];
  if (parts.length > LINES_MAX) return null;
  const lines = parts.map((part) => (typeof part === "object" && part !== null ? lineOfFilter(part) : null));
  if (lines.some((line) => line === null)) return null;
  const condition = isTree && "condition" in filter && filter.condition === "or" ? "or" : "and";
  return { lines: /** @type {Line[]} */ (lines), condition };
}

/**
 * The form.
 *
 * @param {(filter: Filter) => void} onchange told the filter that the lines make
 */
export function builder(onchange) {
  const element = h("div", { class: "builder" });
  /** @type {Line[]} */
  let lines = [];
  /** @type {"and" | "or"} */
  let condition = "and";
  const fields = FIELDS.filter(({ kind }) => kind !== "manager" || may("employees:select"));
  const isReady = (/** @type {Line} */ line) => isUnary(line.test) || String(line.value ?? "") !== "";
  const tell = () => onchange(filterOfLines(lines.filter(isReady), condition));

  /** @param {Line} line @param {number} at */
  const row = (line, at) => {
    const kind = kindOf(line.field) ?? "text";
    const field = h("select", { class: "input", "aria-label": t("builder.field", { number: at + 1 }) }, fields.map((known) => h("option", { value: known.field }, t(known.label))));
    field.value = line.field;
    field.addEventListener("change", () => {
      const next = kindOf(field.value) ?? "text";
      const test = TESTS[next].includes(line.test) ? line.test : /** @type {Test} */ (TESTS[next][0]);
      lines[at] = { field: field.value, test, value: next === kind ? line.value : null };
      render();
      tell();
    });
    const test = h("select", { class: "input", "aria-label": t("builder.test", { number: at + 1 }) }, TESTS[kind].map((name) => h("option", { value: name }, t(TEST_TEXTS[name]))));
    test.value = line.test;
    test.addEventListener("change", () => {
      lines[at] = { ...line, test: /** @type {Test} */ (test.value) };
      render();
      tell();
    });
    const drop = iconButton(t("builder.remove", { number: at + 1 }), "close", () => {
      lines.splice(at, 1);
      render();
      tell();
    });
    return h("li", { class: "builder-line" }, field, test, value(line, at, kind), drop);
  };

  /** @param {Line} line @param {number} at @param {Kind} kind */
  const value = (line, at, kind) => {
    const label = t("builder.value", { number: at + 1 });
    if (isUnary(line.test)) return h("span");
    const names = { group: [findGroups, groupById], organization: [findOrganizations, organizationById], manager: [findEmployees, employeeById] };
    if (kind === "group" || kind === "organization" || kind === "manager") {
      const [load, byId] = /** @type {[typeof findGroups, typeof groupById]} */ (names[kind]);
      const place = h("div", { class: "builder-value" });
      const show = (/** @type {import("../../ui/picker.js").Option | null} */ chosen) => {
        const { element: box } = picker({ label, load, value: chosen, onchange: (option) => {
          lines[at] = { ...line, value: option?.id ?? null };
          tell();
        } });
        fill(place, box);
      };
      show(null);
      if (line.value !== null) byId(Number(line.value)).then((known) => show(known ?? { id: Number(line.value), name: `#${line.value}` })).catch(() => undefined);
      return place;
    }
    const input = h("input", { class: "input builder-value", "aria-label": label, value: line.value ?? "", maxlength: 500, autocomplete: "off", spellcheck: "false", dir: kind === "phones" ? "ltr" : "auto", inputmode: kind === "number" ? "numeric" : null });
    input.addEventListener("input", () => {
      const now = /** @type {Line} */ (lines[at]);
      lines[at] = { ...now, value: input.value.trim() };
      tell();
    });
    return input;
  };

  const render = () => {
    const all = h("select", { class: "input select", "aria-label": t("builder.condition") }, h("option", { value: "and" }, t("builder.all")), h("option", { value: "or" }, t("builder.any")));
    all.value = condition;
    all.addEventListener("change", () => {
      condition = all.value === "or" ? "or" : "and";
      tell();
    });
    const add = button(t("builder.add"), "plus", () => {
      lines.push(emptyLine());
      render();
      /** @type {HTMLElement | null} */ (element.querySelector("li:last-child .builder-value"))?.focus();
    });
    add.disabled = lines.length >= LINES_MAX;
    fill(element, lines.length > 1 && all, h("ul", { class: "builder-lines" }, lines.map(row)), h("div", null, add));
  };
  render();

  return {
    element,
    /** Shows a filter; false where the form cannot. @param {Filter} filter */
    show(filter) {
      const read = linesOfFilter(filter);
      element.hidden = read === null;
      if (!read) return false;
      ({ lines, condition } = read);
      // A condition to fill in says what the form is for.
      if (lines.length === 0) lines = [emptyLine()];
      render();
      return true;
    },
  };
}
