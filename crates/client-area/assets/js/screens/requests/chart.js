/** Requests by hour as bars, failures on top in another colour; the same as a table for those who do not see it. */

import { h, svg } from "../../dom.js";
import { formatNumber, language, t } from "../../i18n.js";

const HOUR = 3_600_000;
/** Bars at most; longer intervals have more hours in a bar. */
const BARS_MAX = 72;
/** Size of the drawing, in its own units; the width is smaller in a narrow window, where labels would be too small. */
const [WIDTH_MAX, WIDTH_MIN, HEIGHT, FOOT, HEAD] = [960, 300, 200, 22, 14];
/** Width of the label of a bar. */
const LABEL_WIDTH = 110;

/**
 * @param {{ at: Date, isFailure: boolean }[]} requests
 * @param {Date} from
 * @param {Date} till
 */
export function chart(requests, from, till) {
  const hours = Math.ceil((till.getTime() - from.getTime()) / HOUR);
  const step = Math.ceil(hours / BARS_MAX) * HOUR;
  const start = Math.floor(from.getTime() / step) * step;
  const count = Math.floor((till.getTime() - start) / step) + 1;
  const bars = Array.from({ length: count }, () => ({ good: 0, bad: 0 }));
  for (const { at, isFailure } of requests) {
    const bar = bars[Math.floor((at.getTime() - start) / step)];
    if (bar) bar[isFailure ? "bad" : "good"] += 1;
  }
  const most = Math.max(1, ...bars.map(({ good, bad }) => good + bad));
  const scale = (HEIGHT - FOOT - HEAD) / most;
  const total = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, innerWidth - 40));
  const width = total / count;
  const time = (/** @type {number} */ at, /** @type {Intl.DateTimeFormatOptions} */ options) => new Intl.DateTimeFormat(language(), options).format(new Date(start + at * step));
  const long = /** @type {Intl.DateTimeFormatOptions} */ ({ dateStyle: "medium", timeStyle: "short" });
  const drawn = bars.flatMap(({ good, bad }, at) => {
    const [x, w] = [at * width + width * 0.12, width * 0.76];
    const top = HEIGHT - FOOT - (good + bad) * scale;
    const title = () => svg("title", {}, `${time(at, long)}: ${formatNumber(good)} / ${formatNumber(bad)}`);
    return [
      good > 0 && svg("rect", { class: "chart-good", x, y: top + bad * scale, width: w, height: good * scale, rx: 1.5 }, title()),
      bad > 0 && svg("rect", { class: "chart-bad", x, y: top, width: w, height: bad * scale, rx: 1.5 }, title()),
    ];
  });
  const every = Math.ceil(count / Math.floor(total / LABEL_WIDTH));
  const short = /** @type {Intl.DateTimeFormatOptions} */ (step * count > 48 * HOUR ? { day: "numeric", month: "short" } : { hour: "numeric", minute: "2-digit" });
  const labels = bars.map((_, at) => at % every === 0 && at + every / 2 < count && svg("text", { class: "chart-label", x: at * width, y: HEIGHT - 6 }, time(at, short)));
  const line = svg("line", { class: "chart-line", x1: 0, x2: total, y1: HEIGHT - FOOT + 0.5, y2: HEIGHT - FOOT + 0.5 });
  const peak = svg("text", { class: "chart-label", x: 0, y: HEAD - 3 }, formatNumber(most));
  const picture = svg("svg", { class: "chart", viewBox: `0 0 ${total} ${HEIGHT}`, role: "img", "aria-label": t("requests.chart") }, line, peak, ...drawn, ...labels);
  const rows = bars.map(({ good, bad }, at) => (good + bad > 0 ? h("tr", null, h("th", { scope: "row" }, time(at, long)), h("td", null, good), h("td", null, bad)) : null));
  const legend = h("p", { class: "legend" }, h("span", { class: "legend-good" }, t("requests.ok")), h("span", { class: "legend-bad" }, t("requests.failed")));
  return h(
    "figure",
    { class: "figure" },
    picture,
    legend,
    h("div", { class: "hidden" }, h("table", null, h("caption", null, t("requests.chart")), h("thead", null, h("tr", null, h("th", { scope: "col" }, t("requests.time")), h("th", { scope: "col" }, t("requests.ok")), h("th", { scope: "col" }, t("requests.failed")))), h("tbody", null, rows))),
  );
}
