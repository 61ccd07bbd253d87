/**
 * Importing a file: the server reads it, the person sees what would become of each row and corrects what columns mean,
 * then the contacts are uploaded. Exporting is beside it.
 */

import { fill, freshId, h } from "../../dom.js";
import { formatNumber, t } from "../../i18n.js";
import { formatPhone } from "../../phones.js";
import { RpcError, isAbort } from "../../rpc.js";
import { may } from "../../session.js";
import { button, emptyState, errorState, explain, heading, loading, noRight } from "../../ui/parts.js";
import { icon } from "../../ui/icons.js";
import { exportCard } from "./export.js";
import { lookUp, readFile } from "./read.js";
import { reasonText } from "./reasons.js";
import { download, reportCsv } from "./report.js";
import { upload } from "./upload.js";

/** @typedef {import("./read.js").ReadFile} ReadFile */
/** @typedef {import("./read.js").ReadContact} ReadContact */
/** @typedef {import("./upload.js").Result} Result */

/** Rows shown as they would land. */
const SHOWN_MAX = 20;
/** Reasons shown; all of them are in the report. */
const REASONS_MAX = 12;
/** Kinds of files that are read. */
const KINDS = ".csv,.tsv,.txt,.xlsx,.vcf,.vcard,.ldif,.ldi,.xml,.ndjson,.jsonl";
/** What a column can be read as, in the order of the menu. */
const MEMBERS = /** @type {const} */ ([
  "last_name", "first_name", "patronymic", "full_name", "nickname", "phone_numbers", "fax", "emails", "organization_name", "groups", "personal_manager_full_name",
]);
/** Encodings to choose from where the guess is wrong. */
const ENCODINGS = ["utf-8", "windows-1252", "windows-1251", "koi8-r", "utf-16le"];

/** @type {import("../../shell.js").ScreenFunction} */
export function importScreen(_route, place) {
  const title = t("nav.import");
  const view = new ImportView();
  const cards = h("div", { class: "cards" }, may("address_book:insert") ? view.element : noRight("address_book:insert"), may("address_book:select") && exportCard());
  fill(place, h("div", { class: "page page-wide" }, heading(title), cards));
  return { title, mayLeave: () => !view.isRunning || confirm(t("import.leave")), leave: () => view.close() };
}

class ImportView {
  constructor() {
    this.element = h("section", { class: "card", "aria-label": t("nav.import") });
    this.abort = new AbortController();
    this.isRunning = false;
    /** @type {File | null} */
    this.file = null;
    /** What the person says that columns mean, by their number from 1. @type {Record<number, string>} */
    this.columns = {};
    this.encoding = "";
    this.addKnown = false;
    this.#choose();
  }

  close() {
    this.abort.abort();
  }

  /** Asks for a file. */
  #choose() {
    const id = freshId("file");
    const input = h("input", { id, type: "file", class: "hidden", accept: KINDS, onchange: () => this.#take(input.files?.[0]) });
    const over = (/** @type {boolean} */ isOver) => (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      zone.classList.toggle("drop-over", isOver);
    };
    const dropped = (/** @type {DragEvent} */ event) => {
      over(false)(event);
      this.#take(event.dataTransfer?.files[0]);
    };
    const zone = h(
      "label",
      { class: "drop", for: id, ondragover: over(true), ondragleave: over(false), ondrop: dropped },
      icon("import"),
      h("span", { class: "drop-title" }, t("import.choose")),
      h("span", { class: "muted" }, t("import.kinds")),
    );
    fill(this.element, h("h2", { class: "card-title" }, t("import.title")), input, zone, h("p", { class: "muted" }, t("import.text")));
  }

  /** @param {File | undefined} file */
  #take(file) {
    if (!file) return;
    this.file = file;
    this.columns = {};
    this.encoding = "";
    this.#read();
  }

  async #read() {
    const { file } = this;
    if (!file) return;
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const bar = h("progress", { class: "progress", "aria-label": t("progress") });
    fill(this.element, h("h2", { class: "card-title", dir: "auto" }, file.name), h("p", { role: "status" }, t("import.reading")), bar, loading());
    try {
      const read = await readFile(file, { columns: this.columns, encoding: this.encoding }, signal);
      await lookUp(read.contacts, (share) => { bar.value = share; }, signal);
      this.#preview(read);
    } catch (error) {
      if (isAbort(error)) return;
      if (error instanceof RpcError && typeof error.params["reason"] === "string") error.params["reason"] = reasonText(error.params["reason"]).text;
      const columns = error instanceof RpcError ? error.params["columns"] : null;
      if (Array.isArray(columns) && columns.length > 0) {
        this.#map(file, columns.map(String));
        return;
      }
      const again = button(t("import.other"), "import", () => this.#choose());
      const state = errorState(error, () => this.#read());
      state.querySelector(".empty-actions")?.append(again);
      fill(this.element, h("h2", { class: "card-title", dir: "auto" }, file.name), state);
    }
  }

  /**
   * Asks what the columns of a table are of which nothing is known.
   *
   * @param {File} file
   * @param {string[]} names
   */
  #map(file, names) {
    const boxes = names.map((name, at) => meanings(name, this.columns[at + 1] ?? "ignore"));
    const rows = names.map((name, at) => h("tr", null, h("th", { scope: "row", dir: "auto", class: "wrap" }, name || `${at + 1}`), h("td", null, boxes[at])));
    const again = () => {
      this.columns = Object.fromEntries(boxes.flatMap((box, at) => (box.value === "ignore" ? [] : [[at + 1, box.value]])));
      this.#read();
    };
    const head = [t("import.column"), t("import.read_as")].map((text) => h("th", { scope: "col" }, text));
    fill(
      this.element,
      h("h2", { class: "card-title", dir: "auto" }, file.name),
      h("p", { role: "status" }, t("import.unknown")),
      h("div", { class: "table-wrap" }, h("table", { class: "table" }, h("thead", null, h("tr", null, head)), h("tbody", null, rows))),
      h("div", { class: "card-buttons" }, button(t("import.read"), null, again, "button-primary"), button(t("import.other"), null, () => this.#choose())),
    );
  }

  /** @param {ReadFile} read */
  #preview(read) {
    const count = (/** @type {import("./read.js").Outcome} */ outcome) => read.contacts.filter((one) => one.outcome === outcome).length;
    const [fresh, known, repeated] = [count("new"), count("known"), count("repeated")];
    const partly = read.contacts.filter(({ remarks }) => remarks.length > 0).length;
    const start = button("", "import", () => this.#run(read), "button-primary");
    const label = () => {
      const number = fresh + (this.addKnown ? known + repeated : 0);
      start.replaceChildren(icon("import"), h("span", null, t("import.start", { count: number, number: formatNumber(number) })));
      start.disabled = number === 0;
    };
    label();
    const onKnown = (/** @type {boolean} */ adds) => () => {
      this.addKnown = adds;
      label();
    };
    fill(
      this.element,
      h("h2", { class: "card-title", dir: "auto" }, this.file?.name ?? ""),
      h("p", { role: "status", class: "tiles" }, tile(fresh, t("import.new", { count: fresh }), "good"), tile(known + repeated, t("import.known", { count: known + repeated })), tile(read.refused.length, t("import.refused", { count: read.refused.length }), "bad"), tile(partly, t("import.partly", { count: partly }))),
      read.notes.map((note) => h("p", { class: "muted" }, note)),
      this.#encoding(read),
      h("h3", null, t("import.first", { count: Math.min(SHOWN_MAX, read.contacts.length) })),
      rowsTable(read.contacts.slice(0, SHOWN_MAX)),
      reasons(read),
      this.#columnsTable(read),
      known + repeated > 0 && choice(t("import.on_known"), [[t("import.skip_known"), onKnown(false)], [t("import.add_known"), onKnown(true)]], this.addKnown ? 1 : 0),
      h("div", { class: "card-buttons import-actions" }, start, button(t("import.other"), null, () => this.#choose())),
    );
  }

  /** @param {ReadFile} read */
  #encoding(read) {
    if (read.format !== "csv") return null;
    const id = freshId("encoding");
    const now = read.encoding?.name.toLowerCase() ?? "utf-8";
    const names = ENCODINGS.includes(now) ? ENCODINGS : [now, ...ENCODINGS];
    const select = h("select", { id, class: "input select", onchange: () => {
      this.encoding = select.value;
      this.#read();
    } }, names.map((name) => h("option", { value: name }, name)));
    select.value = now;
    return h("div", { class: "field" }, h("label", { for: id, class: "field-label" }, t("import.encoding")), select);
  }

  /** @param {ReadFile} read */
  #columnsTable(read) {
    const isTable = read.format === "csv" || read.format === "xlsx";
    const filled = read.columns.map((column, at) => ({ column, number: at + 1 })).filter(({ column }) => column.cells > 0);
    if (filled.length === 0) return null;
    const rows = filled.map(({ column, number }) => {
      const meaning = isTable ? this.#meaning(column, number) : column.read_as ? memberText(column.read_as) : t("import.not_read");
      const hint = column.read_as === null && column.looks_like !== null && h("span", { class: "muted" }, t("import.looks_like", { member: memberText(column.looks_like) }));
      return h("tr", null, h("th", { scope: "row", dir: "auto", class: "wrap" }, column.name || `${number}`), h("td", { class: "number" }, formatNumber(column.cells)), h("td", null, meaning, " ", hint));
    });
    const head = [t("import.column"), t("import.cells"), t("import.read_as")].map((text) => h("th", { scope: "col" }, text));
    const table = h("table", { class: "table" }, h("thead", null, h("tr", null, head)), h("tbody", null, rows));
    const isOpen = isTable && filled.some(({ column }) => column.read_as === null);
    return h("details", { class: "details", open: isOpen }, h("summary", null, t("import.columns")), h("div", { class: "table-wrap" }, table));
  }

  /** @param {import("./read.js").Column} column @param {number} number */
  #meaning(column, number) {
    const select = meanings(column.name, this.columns[number] ?? column.read_as ?? "ignore");
    select.addEventListener("change", () => {
      this.columns[number] = select.value;
      this.#read();
    });
    return select;
  }

  /** @param {ReadFile} read */
  async #run(read) {
    const adds = (/** @type {ReadContact} */ one) => one.outcome === "new" || this.addKnown;
    const contacts = read.contacts.filter(adds);
    const left = read.contacts.filter((one) => !adds(one));
    /** @type {Result} */
    const result = { created: 0, known: left.length, refused: read.refused.length, partly: 0, notSent: 0, lines: [], error: null };
    result.lines.push(...read.refused.map((line) => ({ ...line, outcome: /** @type {const} */ ("refused") })));
    result.lines.push(...left.map(({ row }) => ({ row, outcome: /** @type {const} */ ("known"), field: null, value: null, reason: "" })));
    const stop = new AbortController();
    const bar = h("progress", { class: "progress", max: Math.max(1, contacts.length), value: 0, "aria-label": t("progress") });
    const status = h("p", { role: "status" }, t("import.running", { done: "0", total: formatNumber(contacts.length) }));
    fill(this.element, h("h2", { class: "card-title", dir: "auto" }, this.file?.name ?? ""), status, bar, h("div", { class: "card-buttons" }, button(t("import.stop"), "close", () => stop.abort())));
    this.isRunning = true;
    const progress = (/** @type {number} */ done) => {
      bar.value = done;
      status.textContent = t("import.running", { done: formatNumber(done), total: formatNumber(contacts.length) });
    };
    await upload(contacts, result, progress, stop.signal);
    this.isRunning = false;
    this.#done(result);
  }

  /** @param {Result} result */
  #done(result) {
    result.lines.sort((a, b) => a.row - b.row);
    const report = () => download("import-report.csv", reportCsv(result.lines));
    fill(
      this.element,
      h("h2", { class: "card-title" }, result.error === null && result.notSent === 0 ? t("import.done") : t("import.stopped")),
      h("p", { role: "status", class: "tiles" }, tile(result.created, t("import.created", { count: result.created }), "good"), tile(result.known, t("import.known", { count: result.known })), tile(result.refused, t("import.refused", { count: result.refused }), "bad"), tile(result.partly, t("import.partly", { count: result.partly })), result.notSent > 0 && tile(result.notSent, t("import.not_sent", { count: result.notSent }), "bad")),
      result.error !== null && h("p", { class: "form-error", role: "alert" }, explain(result.error)),
      h("div", { class: "card-buttons" }, result.lines.length > 0 && button(t("import.report"), "down", report), h("a", { class: "button button-primary", href: "#contacts" }, t("import.show")), button(t("import.other"), null, () => this.#choose())),
    );
  }
}

/** @param {number} count @param {string} text @param {string} [kind] */
function tile(count, text, kind = "plain") {
  return h("span", { class: `tile tile-${count > 0 ? kind : "plain"}` }, h("strong", null, formatNumber(count)), " ", text);
}

/** @param {string} legend @param {[string, () => void][]} options @param {number} chosen */
function choice(legend, options, chosen) {
  const name = freshId("choice");
  const lines = options.map(([text, choose], at) => {
    const radio = h("input", { type: "radio", class: "check", name, onchange: choose });
    radio.checked = at === chosen;
    return h("label", { class: "check-line" }, radio, text);
  });
  return h("fieldset", { class: "fieldset" }, h("legend", { class: "field-label" }, legend), lines);
}

/** A menu of what a column can be read as. @param {string} column @param {string} chosen */
function meanings(column, chosen) {
  const known = MEMBERS.map((member) => h("option", { value: member }, memberText(member)));
  const select = h("select", { class: "input select", "aria-label": t("import.meaning", { column }) }, h("option", { value: "ignore" }, t("import.not_read")), known);
  if (![...select.options].some((option) => option.value === chosen)) select.append(h("option", { value: chosen }, memberText(chosen)));
  select.value = chosen;
  return select;
}

/** @param {string} member */
function memberText(member) {
  /** @type {Record<string, string>} */
  const texts = {
    last_name: t("last_name"),
    first_name: t("first_name"),
    patronymic: t("patronymic"),
    full_name: t("import.full_name"),
    nickname: t("import.nickname"),
    phone_numbers: t("contact.phones"),
    fax: t("import.fax"),
    emails: t("contact.emails"),
    organization_name: t("organization"),
    groups: t("nav.groups"),
    personal_manager_full_name: t("manager"),
  };
  return texts[member] ?? member;
}

/** @param {ReadContact[]} contacts */
function rowsTable(contacts) {
  if (contacts.length === 0) return emptyState("contacts", t("import.nothing"));
  const texts = { new: t("import.is_new"), known: t("import.is_known"), repeated: t("import.is_repeated") };
  const rows = contacts.map(({ row, contact, full_name: name, outcome = "new", remarks }) => {
    const list = (/** @type {unknown} */ values) => (Array.isArray(values) ? values.join(", ") : "");
    return h(
      "tr",
      null,
      h("td", { class: "number" }, formatNumber(row)),
      h("th", { scope: "row", dir: "auto", class: "wrap" }, name),
      h("td", { dir: "ltr" }, contact.phone_numbers.map((phone) => (phone.startsWith("+") ? formatPhone(phone.slice(1)) : phone)).join(", ")),
      h("td", { class: "wrap" }, list(contact["emails"])),
      h("td", { dir: "auto", class: "wrap" }, String(contact["organization_name"] ?? "")),
      h("td", { dir: "auto", class: "wrap" }, list(contact["group_names"])),
      h("td", null, h("span", { class: `badge ${outcome === "new" ? "badge-good" : ""}` }, texts[outcome]), remarks.length > 0 && [" ", h("span", { class: "badge badge-bad", title: remarks.map((remark) => reasonText(remark.reason).text).join("; ") }, t("import.is_partly"))]),
    );
  });
  const head = [t("import.row"), t("column.name"), t("column.phone"), t("column.email"), t("organization"), t("nav.groups"), t("import.outcome")];
  return h(
    "div",
    { class: "table-wrap", tabindex: 0, role: "region", "aria-label": t("import.preview") },
    h("table", { class: "table" }, h("thead", null, h("tr", null, head.map((text) => h("th", { scope: "col" }, text)))), h("tbody", null, rows)),
  );
}

/** Why rows are refused or read in part, equal reasons once. @param {ReadFile} read */
function reasons(read) {
  /** @type {Map<string, { count: number, row: number, value: string | null, isRefused: boolean, field: string | null, reason: string }>} */
  const counted = new Map();
  const add = (/** @type {number} */ row, /** @type {import("./read.js").Remark} */ { field, value, reason }, /** @type {boolean} */ isRefused) => {
    const key = `${isRefused} ${field} ${reason}`;
    const known = counted.get(key);
    if (known) known.count += 1;
    else counted.set(key, { count: 1, row, value, isRefused, field, reason });
  };
  for (const refused of read.refused) add(refused.row, refused, true);
  for (const { row, remarks } of read.contacts) for (const remark of remarks) add(row, remark, false);
  if (counted.size === 0) return null;
  const all = [...counted.values()].sort((a, b) => Number(b.isRefused) - Number(a.isRefused) || b.count - a.count);
  const lines = all.slice(0, REASONS_MAX).map(({ count, row, value, isRefused, field, reason }) => {
    const said = reasonText(reason);
    return h(
      "li",
      null,
      h("span", { class: `badge ${isRefused ? "badge-bad" : ""}` }, isRefused ? t("import.is_refused") : t("import.is_partly")),
      " ",
      h("span", { lang: said.language }, [field === null ? "" : `${memberText(field)} `, value === null ? "" : `“${value}” `, said.text].join("")),
      " ",
      h("span", { class: "muted" }, t("import.reason_rows", { count, number: formatNumber(count), row: formatNumber(row) })),
    );
  });
  return h("div", null, h("h3", null, t("import.reasons")), h("ul", { class: "reasons" }, lines), all.length > REASONS_MAX && h("p", { class: "muted" }, t("import.more_reasons", { count: all.length - REASONS_MAX })));
}
