/** The users, keys, addresses, time zone and country of the account, for its administrator. */

import { fill, freshId, h } from "../../dom.js";
import { formatMoment, t } from "../../i18n.js";
import { session } from "../../session.js";
import { askText, showDialog } from "../../ui/dialog.js";
import { button, emptyState, errorState, explain, iconButton, loading, toastError } from "../../ui/parts.js";
import { toast } from "../../ui/toast.js";
import { card, field, table } from "./card.js";
import { operate } from "./operations.js";
import { region } from "./region.js";
import { rightText, sections } from "./rights.js";

/** @typedef {import("./operations.js").AccountView} AccountView */
/** @typedef {import("./operations.js").AccountUser} AccountUser */
/** @typedef {import("./operations.js").AccountKey} AccountKey */

/** Fewest characters of a password. */
const PASSWORD_MIN = 8;

/**
 * The cards of the administrator; they fill themselves.
 *
 * @param {() => void} ready called once they are there, or cannot be
 * @param {() => void} onregion called when the country or the time zone has changed
 */
export function administration(ready, onregion) {
  const element = h("div", { class: "cards" });
  const changedRegion = () => {
    onregion();
    load();
  };
  const load = async () => {
    try {
      const view = /** @type {AccountView} */ (await operate("view"));
      fill(element, users(view, load), keys(view, load), addresses(view, load), region(view, changedRegion));
    } catch (error) {
      fill(element, errorState(error, load));
    }
  };
  fill(element, loading());
  load().then(ready);
  return element;
}

/** @param {AccountView} view @param {() => void} changed */
function users(view, changed) {
  const own = session().acting.user_id;
  const rows = view.users.map((user) => {
    const held = user.rights ?? [];
    const summary = held.length === view.rights.length ? t("users.all_rights") : t("users.some_rights", { count: held.length, all: view.rights.length });
    const remove = user.id !== own && iconButton(t("delete_name", { name: user.login }), "remove", () => removeUser(user, changed));
    return h(
      "tr",
      null,
      h("th", { scope: "row", dir: "auto", class: "wrap" }, user.login),
      h("td", { dir: "auto", class: "wrap" }, user.name),
      h("td", null, summary),
      h("td", { class: "table-actions" }, iconButton(t("edit_name", { name: user.login }), "edit", () => editUser(user, view, changed)), remove),
    );
  });
  const add = button(t("users.add"), "plus", () => editUser(null, view, changed));
  return card(t("users.title"), add, table([t("login"), t("name"), t("users.rights"), ""], rows, t("users.title")));
}

/** A field for the own password, without which nobody is given a way in. */
function confirmation() {
  return field(t("account.own_password"), { type: "password", required: true, autocomplete: "current-password", maxlength: 1024 });
}

/** @param {AccountUser | null} user @param {AccountView} view @param {() => void} changed */
async function editUser(user, view, changed) {
  const login = field(t("login"), { value: user?.login ?? "", required: true, maxlength: 255, spellcheck: "false", autocapitalize: "none" });
  const name = field(t("name"), { value: user?.name ?? "", maxlength: 255, dir: "auto" });
  const password = field(user ? t("users.new_password") : t("password"), { type: "password", required: !user, minlength: PASSWORD_MIN, maxlength: 1024, autocomplete: "new-password" });
  const held = new Set(user ? (user.rights ?? []) : view.rights.filter((right) => right !== "account:manage"));
  const matrix = rightsMatrix(view.rights, held);
  const own = confirmation();
  const error = h("p", { class: "field-error", role: "alert" });
  const check = async () => {
    /** @type {Record<string, unknown>} */
    const params = { login: login.input.value, name: name.input.value, rights: matrix.held(), confirm: own.input.value };
    if (password.input.value !== "") params["password"] = password.input.value;
    try {
      if (user) await operate("set_user", { user: user.id, ...params });
      else await operate("add_user", params);
      return true;
    } catch (refused) {
      error.textContent = explain(refused);
      return false;
    }
  };
  const note = user && h("p", { class: "muted" }, t("users.password_note"));
  const content = [h("div", { class: "form-grid" }, login.element, name.element), password.element, note, matrix.element, own.element, error];
  const title = user ? t("edit_name", { name: user.login }) : t("users.add");
  if ((await showDialog({ title, content, confirm: t("save"), check, wide: true })) !== "confirm") return;
  changed();
  toast(t("saved"));
}

/** @param {string[]} all @param {Set<string>} held */
function rightsMatrix(all, held) {
  /** @type {[string, HTMLInputElement][]} */
  const boxes = [];
  const { names, actions } = sections(all);
  const rows = names.map((section) => {
    const cells = actions.map((action) => {
      const right = `${section}:${action}`;
      if (!all.includes(right)) return h("td");
      const box = h("input", { type: "checkbox", class: "check", "aria-label": `${rightText(section)}: ${rightText(action)}` });
      box.checked = held.has(right);
      boxes.push([right, box]);
      return h("td", null, box);
    });
    return h("tr", null, h("th", { scope: "row" }, rightText(section)), cells);
  });
  const head = h("tr", null, h("td"), actions.map((action) => h("th", { scope: "col" }, rightText(action))));
  const element = h("div", { class: "table-wrap" }, h("table", { class: "table table-rights", "aria-label": t("users.rights") }, h("thead", null, head), h("tbody", null, rows)));
  return { element, held: () => boxes.filter(([, box]) => box.checked).map(([right]) => right) };
}

/** @param {AccountUser} user @param {() => void} changed */
async function removeUser(user, changed) {
  await confirmed(t("delete_name", { name: user.login }), t("users.delete_text"), () => operate("remove_user", { user: user.id }), changed);
}

/**
 * Asks before something is destroyed.
 *
 * @param {string} title
 * @param {string} text
 * @param {() => Promise<unknown>} run
 * @param {() => void} changed
 */
async function confirmed(title, text, run, changed) {
  const error = h("p", { class: "field-error", role: "alert" });
  const check = async () => {
    try {
      await run();
      return true;
    } catch (refused) {
      error.textContent = explain(refused);
      return false;
    }
  };
  const answer = await showDialog({ title, content: [h("p", null, text), error], confirm: t("delete"), danger: true, check });
  if (answer === "confirm") changed();
}

/** @param {AccountView} view @param {() => void} changed */
function keys(view, changed) {
  const logins = new Map(view.users.map((user) => [user.id, user.login]));
  const rows = view.keys.map((key) => {
    const state = key.blocked ? h("span", { class: "badge badge-bad" }, t("keys.blocked")) : h("span", { class: "badge badge-good" }, t("keys.valid"));
    const toggle = async () => {
      try {
        await operate("block_key", { key: key.id, blocked: !key.blocked });
        changed();
      } catch (error) {
        toastError(error);
      }
    };
    const remove = () => confirmed(t("delete_name", { name: key.name || `${key.id}` }), t("keys.delete_text"), () => operate("remove_key", { key: key.id }), changed);
    return h(
      "tr",
      null,
      h("th", { scope: "row", dir: "auto", class: "wrap" }, key.name || `${key.id}`),
      h("td", { dir: "auto", class: "wrap" }, logins.get(key.user) ?? ""),
      h("td", { class: "nowrap" }, key.expires_at ? formatMoment(key.expires_at, { dateStyle: "medium", timeStyle: "short" }) : t("keys.never")),
      h("td", null, state),
      h("td", { class: "table-actions" }, button(key.blocked ? t("keys.unblock") : t("keys.block"), null, toggle, "button-quiet"), iconButton(t("delete_name", { name: key.name || `${key.id}` }), "remove", remove)),
    );
  });
  const add = button(t("keys.add"), "plus", () => addKey(view, changed));
  const list = rows.length > 0 ? table([t("name"), t("keys.user"), t("keys.expires"), t("keys.state"), ""], rows, t("keys.title")) : emptyState("api", t("keys.empty"), t("keys.empty_text"));
  return card(t("keys.title"), add, list);
}

/** @param {AccountView} view @param {() => void} changed */
async function addKey(view, changed) {
  const name = field(t("name"), { required: true, maxlength: 255, dir: "auto", placeholder: "CRM" });
  const id = freshId("user");
  const user = h("select", { id, class: "input" }, view.users.map((one) => h("option", { value: one.id }, one.login)));
  user.value = String(session().acting.user_id);
  const expires = field(t("keys.expires_on"), { type: "date", min: new Date().toISOString().slice(0, 10) });
  const own = confirmation();
  const error = h("p", { class: "field-error", role: "alert" });
  let token = "";
  const check = async () => {
    try {
      const expires_at = expires.input.value === "" ? null : `${expires.input.value} 23:59:59`;
      const made = await operate("add_key", { user: Number(user.value), name: name.input.value, expires_at, confirm: own.input.value });
      token = made.token;
      return true;
    } catch (refused) {
      error.textContent = explain(refused);
      return false;
    }
  };
  const whose = h("div", { class: "field" }, h("label", { for: id, class: "field-label" }, t("keys.user")), user);
  const content = [name.element, whose, expires.element, h("p", { class: "muted" }, t("keys.text")), own.element, error];
  if ((await showDialog({ title: t("keys.add"), content, confirm: t("create"), check })) !== "confirm") return;
  changed();
  await showToken(token);
}

/** Shows the token of a new key, once. @param {string} token */
async function showToken(token) {
  const copy = () => navigator.clipboard.writeText(token).then(() => toast(t("keys.copied"))).catch(() => toast(t("contact.copy_failed"), null, "error"));
  const line = h("code", { class: "code-line", tabindex: 0, "aria-label": t("keys.token") }, token);
  const content = [h("p", null, t("keys.once")), line, h("div", { class: "card-buttons" }, button(t("api.copy"), "copy", copy))];
  await showDialog({ title: t("keys.made"), content, confirm: t("keys.saved"), cancel: null });
}

/** @param {AccountView} view @param {() => void} changed */
function addresses(view, changed) {
  const { address } = session();
  const change = async (/** @type {string} */ operation, /** @type {string} */ block) => {
    try {
      await operate(operation, { block });
      changed();
    } catch (error) {
      toastError(error);
    }
  };
  const items = view.blocks.map((block) => h("li", { class: "fact-line" }, h("code", null, block), iconButton(t("delete_name", { name: block }), "remove", () => change("remove_block", block))));
  const add = async () => {
    const apply = async (/** @type {string} */ block) => {
      try {
        await operate("add_block", { block });
        return null;
      } catch (error) {
        return explain(error);
      }
    };
    const note = h("p", { class: "muted" }, t("addresses.note"));
    if ((await askText({ title: t("addresses.add"), label: t("addresses.block"), confirm: t("add"), note, apply })) !== null) changed();
  };
  return card(
    t("addresses.title"),
    button(t("addresses.add"), "plus", add),
    h("p", { class: "muted" }, t("addresses.text")),
    h("ul", { class: "fact-list", "aria-label": t("addresses.title") }, items),
    h("div", { class: "card-buttons" }, button(t("addresses.add_own", { address }), null, () => change("add_block", address))),
  );
}
