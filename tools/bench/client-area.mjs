// Measures the client area in Chromium, against a demo that runs:
//
//     ringbook demo --contacts 1000000 --data DIRECTORY
//     node tools/bench/client-area.mjs DIRECTORY [load] [type] [scroll] [memory] [lighthouse]
//
// Without names of measurements all of them are taken. `cargo xtask setup --bench` installs Chromium and the packages. Nothing is
// judged here: docs/performance.md has the figures with their targets.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const require = createRequire(path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, "target"), "page-speed/package.json"));
const load = async (name) => (await import(pathToFileURL(require.resolve(name)).href)).default;

const [directory, ...chosen] = process.argv.slice(2);
if (!directory) throw new Error("the data directory of a running demo is missing");
const demo = JSON.parse(readFileSync(path.join(directory, "demo.json"), "utf8"));
const base = process.env.AREA_ADDRESS ?? demo.url.replace(/\/v2\.0$/, "");
const { login, password } = demo.customers[0];
const wants = (name) => chosen.length === 0 || chosen.includes(name);

/** The wait of the page after a keystroke, in milliseconds (`DEBOUNCE` in screens/find/find.js). */
const DEBOUNCE = 90;
/** Loads of the page that are measured. */
const LOADS = 20;
/** What is typed, letter by letter. */
const WORDS = ["ivanov", "smith", "müller", "петров", "anna", "acme", "info@", "+7916", "495", "0790", "garcia lo", "соколова ан"];
/** Searches after which the memory of the tab is compared. */
const SEARCHES = 1000;
/** Frames of a scroll. */
const FRAMES = 600;

const sorted = (values) => [...values].sort((a, b) => a - b);
const share = (values, part) => sorted(values)[Math.min(values.length - 1, Math.floor(values.length * part))];
const ms = (value) => `${value.toFixed(1)} ms`;
const say = (what, text) => console.log(`${what.padEnd(34)} ${text}`);

const puppeteer = await load("puppeteer-core");
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--enable-precise-memory-info"],
});
const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 860 });
const cdp = await page.createCDPSession();

async function signIn() {
  await page.goto(`${base}/?lang=en`);
  await page.waitForSelector("input[type=password]");
  const [first, second] = await page.$$("input");
  await first.type(login);
  await second.type(password);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".row-name", { timeout: 60_000 });
}

/** The first screen with an empty cache: bytes on the wire, and when the box takes text and the first rows are there. */
async function measureLoads() {
  await cdp.send("Network.enable");
  let bytes = 0;
  let files = 0;
  const isAsset = new Set();
  cdp.on("Network.responseReceived", ({ requestId, response }) => {
    const { pathname } = new URL(response.url);
    if (pathname === "/" || /^\/client\/[0-9a-f]{16}\//.test(pathname)) isAsset.add(requestId);
  });
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (!isAsset.has(requestId)) return;
    bytes += encodedDataLength;
    files += 1;
  });
  await page.evaluateOnNewDocument(() => {
    const seen = {};
    window.measured = seen;
    const look = () => {
      if (!seen.box && document.querySelector("#find-box")) seen.box = performance.now();
      if (!seen.rows && document.querySelector("[role=grid] .row-name")) seen.rows = performance.now();
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  });
  const [boxes, rows] = [[], []];
  let first = null;
  for (let load = 0; load < LOADS; load += 1) {
    await cdp.send("Network.clearBrowserCache");
    bytes = 0;
    files = 0;
    await page.goto("about:blank");
    await page.goto(`${base}/?lang=en`);
    await page.waitForSelector(".row-name");
    const { box, rows: filled } = await page.evaluate(() => window.measured);
    boxes.push(box);
    rows.push(filled);
    first ??= { bytes, files };
  }
  say("page and first screen", `${(first.bytes / 1024).toFixed(1)} KiB on the wire in ${first.files} files, headers included`);
  say("box takes text after", `median ${ms(share(boxes, 0.5))}, p95 ${ms(share(boxes, 0.95))} (${LOADS} loads, empty cache)`);
  say("first rows after", `median ${ms(share(rows, 0.5))}, p95 ${ms(share(rows, 0.95))}`);
}

/** Puts a text into the box and resolves to the milliseconds until its result is painted, without the wait. */
function ask(text) {
  return page.evaluate(
    (text, debounce) =>
      new Promise((resolve) => {
        const box = document.querySelector("#find-box");
        const status = document.querySelector("[role=status]");
        const began = performance.now();
        const observer = new MutationObserver(() => {
          observer.disconnect();
          requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => resolve(performance.now() - began - debounce);
            channel.port2.postMessage(null);
          });
        });
        observer.observe(status, { childList: true });
        box.value = text;
        box.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    text,
    DEBOUNCE,
  );
}

async function measureTyping() {
  const times = [];
  const worst = [];
  for (const word of WORDS) {
    const letters = [...word];
    for (let length = 1; length <= letters.length; length += 1) {
      const text = letters.slice(0, length).join("");
      const time = await ask(text);
      times.push(time);
      worst.push([time, text]);
    }
    await ask("");
  }
  worst.sort((a, b) => b[0] - a[0]);
  say("keystroke to results", `median ${ms(share(times, 0.5))}, p95 ${ms(share(times, 0.95))}, most ${ms(Math.max(...times))} (${times.length} keystrokes, over the wait of ${DEBOUNCE} ms)`);
  say("slowest", worst.slice(0, 5).map(([time, text]) => `${JSON.stringify(text)} ${ms(time)}`).join(", "));
}

/** Scrolls the list by `step` pixels a frame, and resolves to the time between frames. */
function scroll(step, jumps) {
  return page.evaluate(
    (step, jumps, frames) =>
      new Promise((resolve) => {
        const grid = document.querySelector("[role=grid]");
        const times = [];
        let last = performance.now();
        const frame = (now) => {
          times.push(now - last);
          last = now;
          if (times.length > frames) {
            resolve(times.slice(1));
            return;
          }
          grid.scrollTop = jumps && times.length % 30 === 0 ? Math.random() * grid.scrollHeight : grid.scrollTop + step;
          requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      }),
    step,
    jumps,
    FRAMES,
  );
}

async function measureScrolling() {
  await ask("");
  const total = await page.$eval("[role=status] strong", (element) => element.textContent);
  for (const [name, step, jumps] of [["scrolling slowly", 24, false], ["scrolling fast", 700, false], ["dragging the bar", 300, true]]) {
    const times = await scroll(step, jumps);
    const long = times.filter((time) => time > 50).length;
    say(name, `frames median ${ms(share(times, 0.5))}, p99 ${ms(share(times, 0.99))}, most ${ms(Math.max(...times))}; ${long} of ${times.length} over 50 ms (${total} contacts)`);
  }
}

async function heap() {
  await cdp.send("HeapProfiler.collectGarbage");
  await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const value = (name) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { megabytes: value("JSHeapUsedSize") / 1e6, nodes: value("Nodes"), listeners: value("JSEventListeners") };
}

async function measureMemory() {
  await cdp.send("Performance.enable");
  await cdp.send("HeapProfiler.enable");
  const texts = Array.from({ length: SEARCHES }, (_, at) => `${WORDS[at % WORDS.length].slice(0, 3)}${at % 10}`);
  for (const text of texts.slice(0, 50)) await ask(text);
  await ask("");
  const show = ({ megabytes, nodes, listeners }) => `${megabytes.toFixed(2)} MB, ${nodes} nodes, ${listeners} listeners`;
  const before = await heap();
  for (const text of texts) await ask(text);
  await ask("");
  const after = await heap();
  say("memory of the tab", `${show(before)}; after ${SEARCHES} searches ${show(after)}`);
}

/** Scores of Lighthouse for signing in and for the first screen, as a desktop. */
async function measureLighthouse() {
  const { default: lighthouse, desktopConfig } = await import(pathToFileURL(require.resolve("lighthouse")).href);
  for (const [name, address] of [["first screen", `${base}/?lang=en`], ["account", `${base}/?lang=en#account`]]) {
    const flags = { disableStorageReset: true, logLevel: "error", onlyCategories: ["performance", "accessibility", "best-practices", "seo"] };
    const { lhr } = await lighthouse(address, flags, desktopConfig, page);
    const scores = Object.values(lhr.categories).map(({ title, score }) => `${title} ${Math.round((score ?? 0) * 100)}`);
    say(`Lighthouse, ${name}`, scores.join(", "));
    const lost = Object.values(lhr.audits).filter(({ score, scoreDisplayMode }) => score !== null && score < 0.9 && scoreDisplayMode !== "informative");
    for (const { id, displayValue } of lost) console.log(`    ${id}${displayValue ? `: ${displayValue}` : ""}`);
  }
}

await signIn();
if (wants("load")) await measureLoads();
if (wants("type")) await measureTyping();
if (wants("scroll")) await measureScrolling();
if (wants("memory")) await measureMemory();
if (wants("lighthouse")) await measureLighthouse();
await browser.close();
