/** The account: who is signed in and what that user may do, settings of this browser, signing out everywhere. */

import { fill, freshId, h } from "../../dom.js";
import { LANGUAGES, formatCountry, formatMoment, language, speak, t } from "../../i18n.js";
import { CALL_SCHEMES, callScheme, setCallScheme } from "../../phones.js";
import { may, resume, session, signOut } from "../../session.js";
import { THEMES, theme, useTheme } from "../../theme.js";
import { button, heading, toastError } from "../../ui/parts.js";
import { icon } from "../../ui/icons.js";
import { administration } from "./administration.js";
import { card } from "./card.js";
import { rightText, sections } from "./rights.js";

/** @type {import("../../shell.js").ScreenFunction} */
export function accountScreen(_route, place) {
  const title = t("nav.account");
  // What is below the cards of the administrator waits for them, so that nothing moves.
  const rest = h("div", { class: "cards" });
  const showRest = () => fill(rest, rights(), settings(), sessions());
  const top = h("div", { class: "cards" }, person());
  const onregion = async () => {
    try {
      await resume();
      fill(top, person());
    } catch (error) {
      toastError(error);
    }
  };
  fill(
    place,
    h(
      "div",
      { class: "page" },
      heading(title),
      h("div", { class: "cards" }, top, may("account:manage") && administration(showRest, onregion), rest),
    ),
  );
  if (!may("account:manage")) showRest();
  return { title };
}

function person() {
  const { login, name, account, acting, address } = session();
  /** @param {string} term @param {string} value */
  const fact = (term, value) => [h("dt", null, term), h("dd", { dir: "auto" }, value)];
  return card(
    t("account.person"),
    null,
    h(
      "dl",
      { class: "pairs" },
      fact(t("login"), login),
      name && name !== login ? fact(t("name"), name) : [],
      fact(account.kind === "agent" ? t("account.agent") : t("account.customer"), account.name),
      account.kind === "agent" ? fact(t("acting_for"), `${acting.account.name} (${acting.login})`) : [],
      acting.account.country ? fact(t("account.country"), formatCountry(acting.account.country)) : [],
      fact(t("account.timezone"), acting.account.timezone),
      fact(t("account.address"), address),
    ),
  );
}

function rights() {
  const held = new Set(session().acting.rights);
  const all = session().all_rights;
  const { names, actions } = sections(all);
  const rows = names.map((section) =>
    h(
      "tr",
      null,
      h("th", { scope: "row" }, rightText(section)),
      actions.map((action) => {
        if (!all.includes(`${section}:${action}`)) return h("td", null, "");
        const isHeld = held.has(`${section}:${action}`);
        return h("td", { class: isHeld ? "right-yes" : "right-no" }, isHeld ? icon("check") : "–", h("span", { class: "hidden" }, isHeld ? t("yes") : t("no")));
      }),
    ),
  );
  const head = actions.map((action) => h("th", { scope: "col" }, rightText(action)));
  return card(t("account.rights"), null, h("div", { class: "table-wrap" }, h("table", { class: "table table-rights" }, h("thead", null, h("tr", null, h("td"), head)), h("tbody", null, rows))), h("p", { class: "muted" }, t("account.rights_note")));
}

/**
 * @param {string} label
 * @param {[string, string][]} options
 * @param {string} value
 * @param {(value: string) => void} choose
 */
function choice(label, options, value, choose) {
  const id = freshId("choice");
  const select = h("select", { id, class: "input select", onchange: () => choose(select.value) }, options.map(([name, shown]) => h("option", { value: name }, shown)));
  select.value = value;
  return h("div", { class: "field" }, h("label", { for: id, class: "field-label" }, label), select);
}

function settings() {
  const themes = THEMES.map((name) => /** @type {[string, string]} */ ([name, t(`theme.${name}`)]));
  const schemes = CALL_SCHEMES.map((name) => /** @type {[string, string]} */ ([name, `${name}:`]));
  return card(
    t("account.settings"),
    null,
    choice(t("language"), Object.entries(LANGUAGES), language(), (value) => speak(/** @type {import("../../i18n.js").Language} */ (value))),
    choice(t("theme"), themes, theme(), (value) => useTheme(/** @type {import("../../theme.js").Theme} */ (value))),
    choice(t("account.call_links"), schemes, callScheme(), setCallScheme),
    h("p", { class: "muted" }, t("account.settings_note")),
  );
}

function sessions() {
  const { expires_at, idle_seconds } = session();
  const ends = new Date(expires_at * 1000).toISOString().slice(0, 19).replace("T", " ");
  const everywhere = async () => {
    try {
      await signOut(true);
      location.hash = "";
      location.reload();
    } catch (error) {
      toastError(error);
    }
  };
  return card(
    t("account.session"),
    null,
    h("p", { "data-changing": true }, t("account.session_text", { minutes: Math.round(idle_seconds / 60), end: formatMoment(ends, { dateStyle: "medium", timeStyle: "short" }) })),
    h("div", { class: "card-buttons" }, button(t("account.everywhere"), "signOut", everywhere)),
    h("p", { class: "muted" }, t("account.everywhere_text")),
  );
}

