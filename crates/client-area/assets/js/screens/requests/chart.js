/**
 * Requests by hour as bars, divided by outcome or by method; the same as a table for those who do not see it. The names
 * under it narrow the list.
 */

import { h, svg } from "../../dom.js";
import { formatNumber, language, t } from "../../i18n.js";

/** @typedef {{ at: Date, method: string, isFailure: boolean }} Counted */
/** @typedef {"outcome" | "method"} Division */

const HOUR = 3_600_000;
/** Bars at most; longer intervals have more hours in a bar. */
const BARS_MAX = 72;
/** Methods with a colour of their own; the others share one. */
const METHODS_MAX = 5;
/** Size of the drawing, in its own units; the width is smaller in a narrow window, where labels would be too small. */
const [WIDTH_MAX, WIDTH_MIN, HEIGHT, FOOT, HEAD] = [960, 300, 200, 22, 14];
/** Width of the label of a bar. */
const LABEL_WIDTH = 110;

/**
 * A part of each bar.
 *
 * @typedef {object} Series
 * @property {string} name
 * @property {string} kind the class of its colour
 * @property {(request: Counted) => boolean} has
 * @property {string | null} method what a click on the name narrows to
 */

/** @param {Counted[]} requests @param {Division} by @returns {Series[]} */
function seriesOf(requests, by) {
  if (by === "outcome") {
    return [
      { name: t("requests.failed"), kind: "chart-bad", has: (request) => request.isFailure, method: null },
      { name: t("requests.ok"), kind: "chart-good", has: (request) => !request.isFailure, method: null },
    ];
  }
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { method } of requests) counts.set(method, (counts.get(method) ?? 0) + 1);
  const most = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([method]) => method);
  const own = most.slice(0, METHODS_MAX);
  const named = own.map((name, at) => ({ name, kind: `chart-${at + 1}`, has: (/** @type {Counted} */ request) => request.method === name, method: name }));
  const others = { name: t("requests.others"), kind: "chart-other", has: (/** @type {Counted} */ request) => !own.includes(request.method), method: null };
  return most.length > own.length ? [...named, others] : named;
}

/**
 * @param {Counted[]} requests
 * @param {Date} from
 * @param {Date} till
 * @param {Division} by
 * @param {(method: string) => void} narrow shows the requests of one method
 */
export function chart(requests, from, till, by, narrow) {
  const hours = Math.ceil((till.getTime() - from.getTime()) / HOUR);
  const step = Math.ceil(hours / BARS_MAX) * HOUR;
  const start = Math.floor(from.getTime() / step) * step;
  const count = Math.floor((till.getTime() - start) / step) + 1;
  const series = seriesOf(requests, by);
  const bars = Array.from({ length: count }, () => series.map(() => 0));
  const totals = series.map(() => 0);
  for (const request of requests) {
    const bar = bars[Math.floor((request.at.getTime() - start) / step)];
    const part = series.findIndex(({ has }) => has(request));
    if (!bar || part < 0) continue;
    bar[part] = (bar[part] ?? 0) + 1;
    totals[part] = (totals[part] ?? 0) + 1;
  }
  const sum = (/** @type {number[]} */ bar) => bar.reduce((all, one) => all + one, 0);
  const most = Math.max(1, ...bars.map(sum));
  const scale = (HEIGHT - FOOT - HEAD) / most;
  const total = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, innerWidth - 40));
  const width = total / count;
  const time = (/** @type {number} */ at, /** @type {Intl.DateTimeFormatOptions} */ options) => new Intl.DateTimeFormat(language(), options).format(new Date(start + at * step));
  const long = /** @type {Intl.DateTimeFormatOptions} */ ({ dateStyle: "medium", timeStyle: "short" });
  const drawn = bars.flatMap((bar, at) => {
    let y = HEIGHT - FOOT - sum(bar) * scale;
    return bar.map((value, part) => {
      if (value === 0) return null;
      const height = value * scale;
      const { name = "", kind = "" } = series[part] ?? {};
      const place = { class: kind, x: at * width + width * 0.12, y, width: width * 0.76, height, rx: 1.5 };
      y += height;
      return svg("rect", place, svg("title", {}, `${time(at, long)}: ${name} ${formatNumber(value)}`));
    });
  });
  const every = Math.ceil(count / Math.floor(total / LABEL_WIDTH));
  const short = /** @type {Intl.DateTimeFormatOptions} */ (step * count > 48 * HOUR ? { day: "numeric", month: "short" } : { hour: "numeric", minute: "2-digit" });
  const labels = bars.map((_, at) => at % every === 0 && at + every / 2 < count && svg("text", { class: "chart-label", x: at * width, y: HEIGHT - 6 }, time(at, short)));
  const line = svg("line", { class: "chart-line", x1: 0, x2: total, y1: HEIGHT - FOOT + 0.5, y2: HEIGHT - FOOT + 0.5 });
  const peak = svg("text", { class: "chart-label", x: 0, y: HEAD - 3 }, formatNumber(most));
  const picture = svg("svg", { class: "chart", viewBox: `0 0 ${total} ${HEIGHT}`, role: "img", "aria-label": t("requests.chart") }, line, peak, ...drawn, ...labels);
  const legend = series.map(({ name, kind, method }, part) => {
    const text = [h("span", { class: `legend-mark ${kind}`, "aria-hidden": "true" }), h("span", null, name), " ", h("strong", null, formatNumber(totals[part] ?? 0))];
    return h("li", null, method === null ? h("span", { class: "legend-part" }, text) : h("button", { type: "button", class: "legend-part link-button", onclick: () => narrow(method) }, text));
  });
  const rows = bars.map((bar, at) => (sum(bar) > 0 ? h("tr", null, h("th", { scope: "row" }, time(at, long)), bar.map((value) => h("td", null, value))) : null));
  const head = [t("requests.time"), ...series.map(({ name }) => name)].map((text) => h("th", { scope: "col" }, text));
  const table = h("table", null, h("caption", null, t("requests.chart")), h("thead", null, h("tr", null, head)), h("tbody", null, rows));
  return h("figure", { class: "figure" }, picture, h("ul", { class: "legend" }, legend), h("div", { class: "hidden" }, table));
}
