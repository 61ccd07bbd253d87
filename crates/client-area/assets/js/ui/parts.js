/** Small parts that screens share: headings, avatars, empty and error states, marked matches. */

import { fill, h } from "../dom.js";
import { hasText, t } from "../i18n.js";
import { OfflineError, RpcError, SignedOutError } from "../rpc.js";
import { SignInError } from "../session.js";
import { icon } from "./icons.js";
import { toast } from "./toast.js";

/** @typedef {import("../dom.js").Child} Child */
/** @typedef {import("./icons.js").IconName} IconName */

/** Colours of avatars; `parts.css` has as many. */
const AVATAR_HUES = 8;

/**
 * The first letters of a name in a circle; decoration.
 *
 * @param {string} name
 */
export function avatar(name) {
  const letters = name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word].find((letter) => /[\p{L}\p{N}]/u.test(letter)) ?? "")
    .join("");
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return h("span", { class: `avatar avatar-${hash % AVATAR_HUES}`, "aria-hidden": "true" }, letters.toUpperCase());
}

/**
 * The head of a screen: its title and what can be done.
 *
 * @param {string} title
 * @param {...Child} actions
 */
export function heading(title, ...actions) {
  return h("header", { class: "head" }, h("h1", { class: "head-title" }, title), h("div", { class: "head-actions" }, actions));
}

/**
 * @param {string} label
 * @param {IconName | null} picture
 * @param {() => void} run
 * @param {string} [kind]
 */
export function button(label, picture, run, kind = "") {
  return h("button", { type: "button", class: `button ${kind}`, onclick: run }, picture && icon(picture), h("span", null, label));
}

/**
 * @param {string} label
 * @param {IconName} picture
 * @param {(event: Event) => void} run
 */
export function iconButton(label, picture, run) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick: run }, icon(picture));
}

/**
 * What is shown where nothing is: a sentence that says why, perhaps with a way on.
 *
 * @param {IconName} picture
 * @param {string} title
 * @param {Child} [text]
 * @param {...Child} actions
 */
export function emptyState(picture, title, text, ...actions) {
  return h(
    "div",
    { class: "empty" },
    h("span", { class: "empty-picture" }, icon(picture)),
    h("p", { class: "empty-title" }, title),
    text && h("p", { class: "empty-text" }, text),
    actions.length > 0 && h("div", { class: "empty-actions" }, actions),
  );
}

/**
 * Why a call failed, for the reader.
 *
 * @param {unknown} error
 */
export function explain(error) {
  if (error instanceof OfflineError) return t("error.offline");
  if (error instanceof SignedOutError) return t("error.signed_out");
  if (error instanceof SignInError || error instanceof RpcError) {
    const params = /** @type {Record<string, string>} */ ({ value: "", reason: "", right: "", ...error.params });
    if (error instanceof RpcError) params["value"] = error.value ?? "";
    const { mnemonic } = error;
    if (mnemonic === "limit_exceeded") {
      return params["limit_type"] === "day" ? t("error.limit_day", params) : t("error.limit_minute", params);
    }
    const key = `error.${mnemonic}`;
    if (mnemonic === "invalid_parameter_value" && params["reason"]) {
      const word = `reason.${params["reason"]}`;
      return t("error.invalid_reason", hasText(word) ? { ...params, reason: t(word) } : params);
    }
    return hasText(key) ? t(key, params) : t("error.other", { mnemonic });
  }
  return t("error.page", { reason: error instanceof Error ? error.message : String(error) });
}

/**
 * What a screen shows that could not be filled, with a button that tries again.
 *
 * @param {unknown} error
 * @param {() => void} retry
 */
export function errorState(error, retry) {
  const isOffline = error instanceof OfflineError;
  const title = isOffline ? t("error.offline_title") : t("error.title");
  const state = emptyState(isOffline ? "api" : "blacklist", title, explain(error), button(t("retry"), null, retry));
  state.setAttribute("role", "alert");
  return state;
}

/** What a screen shows to a user without the right for it. @param {string} right */
export function noRight(right) {
  return emptyState("blacklist", t("no_right.title"), t("no_right.text", { right }));
}

/** @param {unknown} error */
export function toastError(error) {
  toast(explain(error), null, "error");
}

/**
 * Puts a text into an element with the terms marked that it contains, whatever their case.
 *
 * @param {Element} element
 * @param {string} text
 * @param {string[]} terms
 */
export function markMatches(element, text, terms) {
  const found = terms.filter(Boolean).map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (found.length === 0) {
    element.textContent = text;
    return;
  }
  const parts = text.split(new RegExp(`(${found.join("|")})`, "giu"));
  fill(element, parts.map((part, at) => (at % 2 === 1 ? h("mark", null, part) : part)));
}

/** A bar that shows that something is being loaded. */
export function loading() {
  return h("div", { class: "loading", "aria-hidden": "true" }, h("span"), h("span"), h("span"));
}

/**
 * Uses a module that is loaded on demand; if it cannot be loaded, a notice says so.
 *
 * @template M, R
 * @param {Promise<M>} loading
 * @param {(module: M) => R} use
 * @returns {Promise<Awaited<R> | undefined>}
 */
export async function withModule(loading, use) {
  let module;
  try {
    module = await loading;
  } catch {
    toastError(new OfflineError());
    return undefined;
  }
  return await use(module);
}
