/** An agent chooses the customer to act for. */

import { fill, h } from "../../dom.js";
import { formatNumber, t } from "../../i18n.js";
import { call } from "../../rpc.js";
import { choose, session, signOut } from "../../session.js";
import { avatar, button, emptyState, errorState, loading, markMatches, toastError } from "../../ui/parts.js";
import { likeText } from "../find/query.js";

/** @typedef {import("../../types.js").CustomerUser} CustomerUser */

/** Users in the list at once; the box narrows it. */
const SHOWN_MAX = 100;

/** @param {() => void} done */
export function chooseScreen(done) {
  document.title = `${t("choose.title")} · ringbook`;
  const list = h("ul", { class: "choice-list" });
  const count = h("p", { role: "status", class: "muted" });
  const box = h("input", { type: "search", class: "input", "aria-label": t("choose.find"), placeholder: t("choose.find"), autocomplete: "off" });
  let asked = 0;

  /** @param {CustomerUser} user @param {string} term */
  const row = (user, term) => {
    const name = h("span", { class: "choice-name", dir: "auto" });
    markMatches(name, user.name || user.login, [term]);
    const act = async () => {
      try {
        await choose(user.id);
        done();
      } catch (error) {
        toastError(error);
      }
    };
    const detail = h("span", { class: "muted" }, t("choose.user", { login: user.login, customer: user.customer_id }));
    return h("li", null, h("button", { type: "button", class: "choice", onclick: act }, avatar(user.name || user.login), h("span", { class: "choice-text" }, name, detail)));
  };

  const load = async () => {
    asked += 1;
    const [mine, term] = [asked, box.value.trim()];
    const like = { field: "name", operator: "ilike", value: likeText(term) };
    try {
      const params = { limit: SHOWN_MAX, filter: term ? like : {}, sort: [{ field: "name" }] };
      const result = await call("get.customer_users", params);
      if (mine !== asked) return;
      const users = /** @type {CustomerUser[]} */ (result.data);
      fill(count, t("choose.count", { count: result.metadata.total_items, number: formatNumber(result.metadata.total_items) }));
      fill(list, users.map((user) => row(user, term)));
      if (users.length === 0) fill(list, h("li", null, emptyState("employees", t("choose.none"))));
    } catch (error) {
      if (mine === asked) fill(list, h("li", null, errorState(error, load)));
    }
  };

  box.addEventListener("input", load);
  fill(list, h("li", null, loading()));
  load();
  const leave = async () => {
    await signOut(false);
    done();
  };
  queueMicrotask(() => box.focus());
  return h(
    "main",
    { class: "cover cover-top" },
    h(
      "div",
      { class: "cover-card cover-card-wide" },
      h("h1", { class: "cover-title" }, t("choose.title")),
      h("p", { class: "muted" }, t("choose.text", { login: session().login })),
      box,
      count,
      list,
      h("div", { class: "cover-foot" }, button(t("sign_out"), "signOut", leave)),
    ),
  );
}
