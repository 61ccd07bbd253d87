/**
 * Texts in the reader's language, with plurals, numbers, dates and names of languages by `Intl`.
 *
 * A language is one file in `texts/`. `?lang=en` chooses one, and so does the menu; otherwise the browser's languages
 * decide. English is loaded with the shell, others when they are needed.
 */

import english from "./texts/en.js";

/** @typedef {keyof typeof english} Key */
/** @typedef {{ [category: string]: string }} Plural forms by the categories of `Intl.PluralRules` */
/** @typedef {Record<Key, string | Plural>} Texts */

/** The languages there are, each with its own name. */
export const LANGUAGES = { en: "English", ru: "Русский", de: "Deutsch" };

/** @typedef {keyof typeof LANGUAGES} Language */

const SAVED = "ringbook.language";

const state = {
  /** @type {Language} */
  language: "en",
  /** @type {Texts} */
  texts: english,
};

/**
 * @param {string | null | undefined} tag
 * @returns {Language | undefined}
 */
function known(tag) {
  const base = (tag ?? "").toLowerCase().split("-")[0] ?? "";
  return base in LANGUAGES ? /** @type {Language} */ (base) : undefined;
}

/** Chooses the language and loads its texts. */
export async function load() {
  const asked = known(new URLSearchParams(location.search).get("lang"));
  const saved = known(localStorage.getItem(SAVED));
  const preferred = navigator.languages.map(known).find(Boolean);
  state.language = asked ?? saved ?? preferred ?? "en";
  state.texts = state.language === "en" ? english : (await import(`./texts/${state.language}.js`)).default;
  document.documentElement.lang = state.language;
}

/** The language in use. */
export function language() {
  return state.language;
}

/**
 * Uses another language from now on; the page is loaded again.
 *
 * @param {Language} language
 */
export function speak(language) {
  localStorage.setItem(SAVED, language);
  const address = new URL(location.href);
  address.searchParams.delete("lang");
  if (address.href === location.href) location.reload();
  else location.replace(address);
}

/**
 * A text. `{name}` stands for a parameter; `count` chooses among plural forms.
 *
 * @param {Key} key
 * @param {Record<string, string | number>} [params]
 */
export function t(key, params = {}) {
  const found = state.texts[key];
  const rules = () => new Intl.PluralRules(state.language).select(Number(params["count"]));
  const text = typeof found === "string" ? found : (found[rules()] ?? found["other"] ?? "");
  return text.replace(/\{(\w+)\}/g, (all, name) => String(params[name] ?? all));
}

/**
 * Whether there is a text of this name, for names that are made of what the server says.
 *
 * @param {string} key
 * @returns {key is Key}
 */
export function hasText(key) {
  return key in english;
}

/** @param {number} number */
export function formatNumber(number) {
  return new Intl.NumberFormat(state.language).format(number);
}

/**
 * A moment of the API, `YYYY-MM-DD hh:mm:ss` in UTC, as the reader writes it and in the reader's time zone.
 *
 * @param {string} text
 * @param {Intl.DateTimeFormatOptions} [options]
 */
export function formatMoment(text, options = { dateStyle: "medium", timeStyle: "medium" }) {
  const date = new Date(`${text.replace(" ", "T")}Z`);
  return Number.isNaN(date.getTime()) ? text : new Intl.DateTimeFormat(state.language, options).format(date);
}

/**
 * Joins names as a sentence does.
 *
 * @param {string[]} names
 */
export function formatList(names) {
  return new Intl.ListFormat(state.language, { type: "conjunction" }).format(names);
}

/**
 * The name of a country.
 *
 * @param {string} code two letters of ISO 3166
 */
export function formatCountry(code) {
  return new Intl.DisplayNames(state.language, { type: "region" }).of(code) ?? code;
}
