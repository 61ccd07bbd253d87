/** Signing in with login and password. */

import { fill, h } from "../../dom.js";
import { LANGUAGES, language, speak, t } from "../../i18n.js";
import { SignInError, signIn } from "../../session.js";
import { explain } from "../../ui/parts.js";

/**
 * What a refused person reads; for an address that is not on the list also what the administrator has to add.
 *
 * @param {unknown} error
 */
export function signInRefusal(error) {
  if (error instanceof SignInError && error.mnemonic === "ip_not_whitelisted") {
    const address = String(error.params["ip"] ?? "");
    return [
      h("span", null, t("sign_in.address", { address })),
      h("code", { class: "code-line" }, `ringbook allow add ${address} ${error.params["account"] ?? ""}`.trim()),
    ];
  }
  return [explain(error)];
}

function languages() {
  const links = Object.entries(LANGUAGES).map(([tag, name]) => {
    const choose = () => speak(/** @type {import("../../i18n.js").Language} */ (tag));
    const isCurrent = tag === language();
    return h("button", { type: "button", class: "link-button", lang: tag, "aria-pressed": String(isCurrent), onclick: choose }, name);
  });
  return h("nav", { class: "cover-languages", "aria-label": t("language") }, links);
}

/** @param {() => void} done */
export function signInScreen(done) {
  document.title = `${t("sign_in.title")} · ringbook`;
  const login = h("input", { id: "login", class: "input", name: "username", autocomplete: "username", required: true, autocapitalize: "none", spellcheck: "false", maxlength: 255 });
  const password = h("input", { id: "password", class: "input", type: "password", name: "password", autocomplete: "current-password", required: true, maxlength: 1024 });
  const error = h("p", { class: "form-error", role: "alert" });
  const button = h("button", { class: "button button-primary button-wide" }, t("sign_in.button"));
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    button.disabled = true;
    fill(error);
    try {
      await signIn(login.value.trim(), password.value);
      done();
    } catch (refused) {
      fill(error, signInRefusal(refused));
      password.value = "";
      password.focus();
    } finally {
      button.disabled = false;
    }
  };
  const form = h(
    "form",
    { class: "cover-form", onsubmit: submit },
    h("label", { for: "login", class: "field-label" }, t("login")),
    login,
    h("label", { for: "password", class: "field-label" }, t("password")),
    password,
    error,
    button,
  );
  queueMicrotask(() => login.focus());
  return h(
    "main",
    { class: "cover" },
    h(
      "div",
      { class: "cover-card" },
      h("p", { class: "brand" }, h("span", { class: "brand-mark", "aria-hidden": "true" }), "ringbook"),
      h("h1", { class: "cover-title" }, t("sign_in.title")),
      form,
    ),
    languages(),
  );
}
