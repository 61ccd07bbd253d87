/** The API's own description as pages: every method, its parameters and errors, and a form that calls it. */

import { fill, freshId, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { callRaw, withUser } from "../../rpc.js";
import { link } from "../../router.js";
import { button, errorState, explain, heading, loading } from "../../ui/parts.js";
import { toast } from "../../ui/toast.js";
import { example, schemaText } from "./schema.js";
import { SNIPPETS } from "./snippets.js";

/**
 * @typedef {{ name: string, summary: string, required: boolean, schema: any }} Param
 * @typedef {{ name: string, summary: string, description: string, params: Param[], errors?: { code: number, data: { mnemonics: { mnemonic: string, message: string }[] } }[] }} Method
 * @typedef {{ methods: Method[], components: { schemas: Record<string, any> } }} Description
 */

/** Parameters that the area fills in. */
const OURS = ["access_token", "user_id"];

/** @type {Description | null} */
let description = null;

/** @type {import("../../shell.js").ScreenFunction} */
export function apiScreen(route, place) {
  const title = t("nav.api");
  let chosen = route.get("api") ?? "";
  const list = h("nav", { class: "api-list", "aria-label": t("api.methods") });
  const body = h("div", { class: "api-body" });
  fill(place, h("div", { class: "page page-wide" }, heading(title), h("div", { class: "api" }, list, body)));

  function show() {
    const { methods } = /** @type {Description} */ (description);
    const method = methods.find(({ name }) => name === chosen) ?? methods.find(({ name }) => name === "get.contacts");
    const links = methods.map(({ name }) => h("li", null, h("a", { href: link({ api: name }), class: "api-link", "aria-current": name === method?.name ? "page" : null }, name)));
    fill(list, h("ul", null, links));
    if (method) fill(body, methodPage(method));
  }

  async function load() {
    try {
      description ??= /** @type {Description} */ (await callRaw("rpc.discover", {}).then((answer) => answer.result));
      show();
    } catch (error) {
      fill(body, errorState(error, load));
    }
  }

  fill(body, loading());
  load();
  return {
    title,
    update: (next) => {
      chosen = next.get("api") ?? "";
      if (description) show();
      return true;
    },
  };
}

/** @param {Method} method */
function methodPage(method) {
  const own = method.params.filter(({ name }) => !OURS.includes(name));
  return h(
    "article",
    null,
    h("h2", { class: "api-title" }, method.name),
    h("p", null, withCode(method.description)),
    tryIt(method, own),
    own.length > 0 && h("h3", null, t("api.parameters")),
    own.length > 0 && parameters(own),
    h("h3", null, t("api.errors")),
    h("ul", { class: "api-errors" }, (method.errors ?? []).flatMap(({ data }) => data.mnemonics).map(({ mnemonic, message }) => h("li", null, h("code", null, mnemonic), " ", h("span", { class: "muted" }, message)))),
  );
}

/** A text with its parts between backticks as code. @param {string} text */
function withCode(text) {
  return text.split("`").map((part, at) => (at % 2 === 1 ? h("code", null, part) : part));
}

/** @param {Param[]} params */
function parameters(params) {
  const schemas = description?.components.schemas ?? {};
  const rows = params.map(({ name, summary, required, schema }) =>
    h("tr", null, h("th", { scope: "row" }, h("code", null, name), required && h("span", { class: "badge" }, t("api.required"))), h("td", null, h("code", null, schemaText(schema, schemas))), h("td", null, summary)),
  );
  const head = [t("name"), t("api.type"), t("api.meaning")].map((text) => h("th", { scope: "col" }, text));
  return h("div", { class: "table-wrap" }, h("table", { class: "table" }, h("thead", null, h("tr", null, head)), h("tbody", null, rows)));
}

/** @param {Method} method @param {Param[]} params */
function tryIt(method, params) {
  const id = freshId("params");
  const schemas = description?.components.schemas ?? {};
  const draft = Object.fromEntries(params.filter(({ name, required }) => required || name === "limit").map(({ name, schema }) => [name, name === "limit" ? 3 : example(name, schema, schemas)]));
  const box = h("textarea", { id, class: "input code-area", rows: Math.min(12, Object.keys(draft).length + 3), spellcheck: "false", dir: "ltr" });
  box.value = JSON.stringify(draft, null, 2);
  const error = h("p", { class: "field-error", role: "alert" });
  const output = h("pre", { class: "code", tabindex: 0, "aria-label": t("api.answer"), hidden: true });
  const code = h("pre", { class: "code", tabindex: 0, "aria-label": t("api.code") });
  let snippet = SNIPPETS[0];

  const read = () => {
    try {
      const value = JSON.parse(box.value || "{}");
      error.textContent = "";
      return /** @type {Record<string, unknown>} */ (value);
    } catch (wrong) {
      error.textContent = t("find.json_syntax", { reason: wrong instanceof Error ? wrong.message : "" });
      return null;
    }
  };
  const showCode = () => {
    const params = read();
    if (params) code.textContent = snippet?.text(`${location.origin}/v2.0`, method.name, { access_token: "YOUR_KEY", ...withUser(method.name, params) }) ?? "";
  };
  const run = async () => {
    const params = read();
    if (!params) return;
    output.hidden = false;
    output.textContent = "…";
    try {
      const begun = performance.now();
      const answer = await callRaw(method.name, withUser(method.name, params));
      output.textContent = JSON.stringify(answer, null, 2);
      took.textContent = t("requests.milliseconds", { number: Math.round(performance.now() - begun) });
    } catch (wrong) {
      output.textContent = explain(wrong);
    }
  };
  const took = h("span", { class: "muted" });
  const tabs = SNIPPETS.map((one) => {
    const choose = () => {
      snippet = one;
      for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab === element));
      showCode();
    };
    const element = h("button", { type: "button", class: "tab", "aria-pressed": String(one === snippet), onclick: choose }, one.name);
    return element;
  });
  const copy = async () => {
    await navigator.clipboard.writeText(code.textContent ?? "").then(() => toast(t("api.copied"))).catch(() => toast(t("contact.copy_failed"), null, "error"));
  };
  box.addEventListener("input", showCode);
  showCode();
  return h(
    "section",
    { class: "card", "aria-label": t("api.try") },
    h("label", { for: id, class: "field-label" }, t("api.params")),
    box,
    error,
    h("div", { class: "card-buttons" }, button(t("api.call"), null, run, "button-primary"), took),
    output,
    h("div", { class: "tabs", role: "group", "aria-label": t("api.code") }, tabs, button(t("api.copy"), "copy", copy, "button-quiet")),
    code,
    h("p", { class: "muted" }, t("api.key_note")),
  );
}
