/** Who called what: a chart by hour, a list with failures marked, and what is left of the limits. */

import { fill, h } from "../../dom.js";
import { formatMoment, formatNumber, t } from "../../i18n.js";
import { call, limits } from "../../rpc.js";
import { link, replace } from "../../router.js";
import { emptyState, errorState, heading, loading } from "../../ui/parts.js";
import { showDialog } from "../../ui/dialog.js";
import { chart } from "./chart.js";

/** @typedef {import("../../types.js").ApiRequest} ApiRequest */

/** Requests that the chart counts at most. */
const CHARTED_MAX = 10_000;
/** Requests in the list. */
const LISTED = 200;
/** The intervals to choose from, in hours. */
const INTERVALS = [24, 72, 168, 720];
const HOUR = 3_600_000;

const FIELDS = [
  "api_request_id", "api_request_start_date_time", "api_request_method", "api_request_ip", "employee_login", "token_name", "api_request_status",
  "api_request_error_code", "api_request_error_mnemonic", "api_request_execution_time",
];

/** @param {Date} date */
function moment(date) {
  return date.toISOString().slice(0, 19).replace("T", " ");
}

/** @type {import("../../shell.js").ScreenFunction} */
export function requestsScreen(route, place) {
  const title = t("nav.requests");
  const wanted = Number(route.get("hours"));
  const state = { hours: INTERVALS.includes(wanted) ? wanted : 24, onlyFailures: route.has("failures"), method: route.get("method") ?? "", by: /** @type {"outcome" | "method"} */ (route.get("by") === "method" ? "method" : "outcome") };
  const body = h("div", { class: "requests" });
  const left = h("div", { class: "limits" });
  let asked = 0;

  const hours = h("select", { class: "input select", "aria-label": t("requests.interval") }, INTERVALS.map((count) => h("option", { value: count }, count === 24 ? t("requests.day") : t("requests.days", { count: count / 24 }))));
  hours.value = String(state.hours);
  const failures = h("input", { type: "checkbox", class: "check", id: "failures" });
  failures.checked = state.onlyFailures;
  const method = h("input", { type: "search", class: "input", "aria-label": t("requests.method"), placeholder: t("requests.method"), value: state.method, autocomplete: "off", spellcheck: "false" });
  const by = h("select", { class: "input select", "aria-label": t("requests.by") }, h("option", { value: "outcome" }, t("requests.by_outcome")), h("option", { value: "method" }, t("requests.by_method")));
  by.value = state.by;
  const change = () => {
    state.hours = Number(hours.value);
    state.by = by.value === "method" ? "method" : "outcome";
    state.onlyFailures = failures.checked;
    state.method = method.value.trim();
    replace(link({ requests: true, hours: state.hours, failures: state.onlyFailures, method: state.method || null, by: state.by === "method" ? "method" : null }));
    load();
  };
  let timer = 0;
  hours.addEventListener("change", change);
  by.addEventListener("change", change);
  const narrow = (/** @type {string} */ name) => {
    method.value = name;
    change();
  };
  failures.addEventListener("change", change);
  method.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(change, 150);
  });

  async function load() {
    asked += 1;
    const mine = asked;
    const till = new Date();
    const from = new Date(till.getTime() - state.hours * HOUR);
    const filters = [];
    if (state.onlyFailures) filters.push({ field: "api_request_error_code", operator: "is_not_null" });
    if (state.method) filters.push({ field: "api_request_method", operator: "ilike", value: `%${state.method.replace(/[\\%_]/g, "\\$&")}%` });
    const interval = { date_from: moment(from), date_till: moment(new Date(till.getTime() + 1000)), filter: filters.length > 0 ? { condition: "and", filters } : {} };
    try {
      const listed = await call("get.api_requests", { ...interval, fields: FIELDS, limit: LISTED });
      const counted = await call("get.api_requests", { ...interval, fields: ["api_request_start_date_time", "api_request_method", "api_request_error_code"], limit: CHARTED_MAX });
      if (mine !== asked) return;
      show(listed, counted.data, from, till);
    } catch (error) {
      if (mine === asked) fill(body, errorState(error, load));
    }
  }

  /**
   * @param {{ data: ApiRequest[], metadata: { total_items: number } }} listed
   * @param {ApiRequest[]} counted
   * @param {Date} from
   * @param {Date} till
   */
  function show(listed, counted, from, till) {
    const total = listed.metadata.total_items;
    const status = h("p", { role: "status", class: "find-status" }, h("strong", null, String(total)), ` ${t("requests.total", { count: total })}`);
    fill(left, limitLine("day"), limitLine("minute"));
    if (total === 0) {
      fill(body, status, emptyState("requests", t("requests.empty"), t("requests.empty_text")));
      return;
    }
    const isCut = total > counted.length;
    fill(
      body,
      chart(counted.map((request) => ({ at: new Date(`${request.api_request_start_date_time.replace(" ", "T")}Z`), method: request.api_request_method, isFailure: request.api_request_error_code !== null })), from, till, state.by, narrow),
      isCut && h("p", { class: "muted" }, t("requests.chart_cut", { number: formatNumber(counted.length) })),
      status,
      table(listed.data),
      total > listed.data.length && h("p", { class: "muted" }, t("requests.list_cut", { number: formatNumber(listed.data.length) })),
    );
  }

  fill(body, loading());
  fill(
    place,
    h(
      "div",
      { class: "page page-wide" },
      heading(title, left),
      h("div", { class: "filters requests-filters", role: "group", "aria-label": t("find.filters") }, hours, by, method, h("label", { class: "check-line", for: "failures" }, failures, t("requests.failures"))),
      body,
    ),
  );
  load();
  return { title, leave: () => clearTimeout(timer) };
}

/** How much of a limit is used. @param {"day" | "minute"} kind */
function limitLine(kind) {
  const now = limits();
  const [limit, left] = [now[`${kind}_limit`], now[`${kind}_remaining`]];
  if (limit === undefined || left === undefined) return null;
  const text = t(kind === "day" ? "requests.limit_day" : "requests.limit_minute", { used: formatNumber(limit - left), limit: formatNumber(limit) });
  return h("div", { class: "limit" }, h("span", null, text), h("progress", { class: "progress", max: limit, value: limit - left, "aria-label": text }));
}

/** @param {ApiRequest[]} requests */
function table(requests) {
  const rows = requests.map((request) => {
    const isFailure = request.api_request_status.value_id === "failure";
    const outcome = isFailure ? h("span", { class: "badge badge-bad" }, request.api_request_error_mnemonic ?? t("requests.failed")) : h("span", { class: "badge badge-good" }, t("requests.ok"));
    const show = () => details(request);
    return h(
      "tr",
      null,
      h("td", { class: "nowrap" }, formatMoment(request.api_request_start_date_time)),
      h("td", null, h("button", { type: "button", class: "link-button", onclick: show }, request.api_request_method)),
      h("td", null, outcome),
      h("td", { class: "wrap" }, [request.employee_login, request.token_name].filter(Boolean).join(" · ")),
      h("td", { class: "nowrap" }, request.api_request_ip ?? ""),
      h("td", { class: "number nowrap" }, t("requests.milliseconds", { number: formatNumber(Math.round(request.api_request_execution_time * 100_000) / 100) })),
    );
  });
  const head = /** @type {import("../../i18n.js").Key[]} */ (["requests.time", "requests.method", "requests.outcome", "requests.who", "requests.address", "requests.took"]);
  return h(
    "div",
    { class: "table-wrap", tabindex: 0, role: "region", "aria-label": t("nav.requests") },
    h("table", { class: "table" }, h("thead", null, h("tr", null, head.map((key) => h("th", { scope: "col" }, t(key))))), h("tbody", null, rows)),
  );
}

/** Shows what was sent. @param {ApiRequest} request */
async function details(request) {
  const at = request.api_request_start_date_time;
  const filter = { field: "api_request_id", operator: "=", value: request.api_request_id };
  const body = h("pre", { class: "code", tabindex: 0 }, "…");
  call("get.api_requests", { date_from: at, date_till: moment(new Date(new Date(`${at.replace(" ", "T")}Z`).getTime() + 1000)), filter, limit: 1 })
    .then((result) => {
      const text = result.data[0]?.api_request_body ?? "";
      try {
        body.textContent = JSON.stringify(JSON.parse(text), null, 2);
      } catch {
        body.textContent = text;
      }
    })
    .catch((error) => {
      body.textContent = String(error);
    });
  await showDialog({ title: request.api_request_method, content: [body], confirm: t("close"), cancel: null, wide: true });
}
