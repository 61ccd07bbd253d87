/**
 * Where the telephones of the account are: its time zone, and the country by whose rules phone numbers are read. Another country
 * rewrites the numbers of the address book, so what changes is shown first. The server writes some thousands in one request; the
 * page asks for the rest, as it does when a file is imported.
 */

import { freshId, h } from "../../dom.js";
import { formatCountry, formatNumber, language, t } from "../../i18n.js";
import { link } from "../../router.js";
import { showDialog } from "../../ui/dialog.js";
import { explain, toastError } from "../../ui/parts.js";
import { isAbort } from "../../rpc.js";
import { toast } from "../../ui/toast.js";
import { card, field, table } from "./card.js";
import { operate } from "./operations.js";

/** @typedef {import("./operations.js").AccountView} AccountView */
/** @typedef {{ id: number, name: string }} Named */
/** @typedef {{ country: string | null, area_code: string | null, outside_prefix: string | null }} Dialing */

/**
 * What the numbers of the address book would become.
 *
 * @typedef {object} Preview
 * @property {number} contacts
 * @property {number} numbers
 * @property {number} changed_contacts
 * @property {number} changed_numbers
 * @property {number} changed_on_blacklist
 * @property {{ contact: Named | null, before: string, after: string, is_dropped: boolean }[]} changes the first of them
 * @property {number} shared_count
 * @property {{ number: string, contacts: Named[] }[]} shared the first of them
 */

/** Most digits of an area code and of a prefix. */
const AREA_CODE_MAX = 6;
const PREFIX_MAX = 4;

/**
 * @param {AccountView} view
 * @param {() => void} changed
 */
export function region(view, changed) {
  return card(t("account.region"), null, zone(view, changed), h("p", { class: "muted" }, t("account.timezone_text")), ...country(view, changed));
}

/** @param {AccountView} view @param {() => void} changed */
function zone(view, changed) {
  const id = freshId("zone");
  const names = [...new Set([view.timezone, "UTC", ...Intl.supportedValuesOf("timeZone")])];
  const choose = async () => {
    try {
      await operate("set_timezone", { timezone: select.value });
      toast(t("saved"));
    } catch (error) {
      toastError(error);
    }
    changed();
  };
  const select = h("select", { id, class: "input select", onchange: choose }, names.map((name) => h("option", { value: name }, name)));
  select.value = view.timezone;
  return h("div", { class: "field" }, h("label", { for: id, class: "field-label" }, t("account.timezone")), select);
}

/** @param {AccountView} view @param {() => void} changed */
function country(view, changed) {
  const id = freshId("country");
  const { compare } = new Intl.Collator(language());
  const named = view.countries.map((code) => ({ code, name: formatCountry(code) })).sort((one, other) => compare(one.name, other.name));
  const options = named.map(({ code, name }) => h("option", { value: code }, name));
  const digits = { inputmode: "numeric", dir: "ltr", pattern: "[0-9]*" };
  const area = field(t("country.area_code"), { ...digits, maxlength: AREA_CODE_MAX, value: view.area_code ?? "" });
  const prefix = field(t("country.outside_prefix"), { ...digits, maxlength: PREFIX_MAX, value: view.outside_prefix ?? "" });
  // Both complete the numbers of a country.
  const enable = () => {
    for (const { input } of [area, prefix]) {
      input.disabled = select.value === "";
      if (input.disabled) input.value = "";
    }
  };
  const select = h("select", { id, class: "input select", onchange: enable }, h("option", { value: "" }, t("account.no_country")), options);
  select.value = view.country ?? "";
  enable();
  const error = h("p", { class: "field-error", role: "alert" });
  /** While the server reads the whole book, the button gives up. @type {AbortController | null} */
  let reading = null;
  const progress = h("progress", { class: "progress", hidden: true, "aria-label": t("progress") });
  const setReading = (/** @type {AbortController | null} */ next) => {
    reading = next;
    progress.hidden = next === null;
    show.textContent = t(next ? "cancel" : "country.preview");
  };
  const preview = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    error.textContent = "";
    if (reading) {
      reading.abort();
      return;
    }
    const asked = new AbortController();
    setReading(asked);
    const dialing = { country: select.value || null, area_code: area.input.value.trim() || null, outside_prefix: prefix.input.value.trim() || null };
    try {
      const found = /** @type {Preview} */ (await operate("preview_country", dialing, asked.signal));
      setReading(null);
      const outcome = await confirmCountry(dialing, found);
      if (outcome === "done") toast(t("saved"));
      else if (outcome === "stopped") toast(t("country.stopped"), null, "error");
      if (outcome !== "cancelled") changed();
    } catch (refused) {
      if (!isAbort(refused)) error.textContent = explain(refused);
    } finally {
      setReading(null);
    }
  };
  const show = h("button", { class: "button" }, t("country.preview"));
  const form = h(
    "form",
    { class: "country", onsubmit: preview },
    h("div", { class: "field" }, h("label", { for: id, class: "field-label" }, t("account.country")), select),
    h("div", { class: "form-grid" }, area.element, prefix.element),
    progress,
    error,
    h("div", { class: "card-buttons" }, show),
  );
  return [form, h("p", { class: "muted" }, t("account.country_text"))];
}

/** @param {Named} contact */
function nameLink({ id, name }) {
  return h("a", { href: link({ contact: id }), target: "_blank", dir: "auto" }, name);
}

/** How many are not shown. @param {number} count @param {number} shown */
function more(count, shown) {
  return count > shown && h("p", { class: "muted" }, t("double.more", { count: count - shown }));
}

/** @param {Preview} preview */
function changes({ changes: shown, changed_numbers, changed_on_blacklist }) {
  if (shown.length === 0) return [];
  const rows = shown.map(({ contact, before, after, is_dropped }) =>
    h(
      "tr",
      null,
      h("td", { class: "wrap" }, contact ? nameLink(contact) : t("nav.blacklist")),
      h("td", { dir: "ltr" }, `${before} → `, h("strong", null, after), is_dropped && [" ", h("span", { class: "badge" }, t("country.dropped"))]),
    ),
  );
  return [table([t("column.name"), `${t("country.before")} → ${t("country.after")}`], rows, t("country.changes_title")), more(changed_numbers + changed_on_blacklist, shown.length)];
}

/** @param {Preview} preview */
function collisions({ shared, shared_count }) {
  if (shared_count === 0) return [];
  const rows = shared.map(({ number, contacts }) => {
    const names = contacts.flatMap((contact, at) => [at > 0 && ", ", nameLink(contact)]);
    return h("tr", null, h("td", { dir: "ltr", class: "nowrap" }, number), h("td", { class: "wrap" }, names));
  });
  return [h("h3", null, t("country.shared", { count: shared_count })), table([t("column.phone"), t("nav.contacts")], rows, t("country.shared_title")), more(shared_count, shared.length)];
}

/**
 * Shows what changes and, when that is confirmed, has it changed.
 *
 * @param {Dialing} dialing
 * @param {Preview} preview
 * @returns {Promise<"done" | "stopped" | "cancelled">} `stopped`: not all numbers were changed
 */
async function confirmCountry(dialing, preview) {
  const total = preview.changed_contacts + preview.changed_on_blacklist;
  const error = h("p", { class: "field-error", role: "alert" });
  const progress = h("progress", { class: "progress", max: 1, value: 0, hidden: true, "aria-label": t("progress") });
  let hasBegun = false;
  const check = async (/** @type {HTMLDialogElement} */ dialog) => {
    hasBegun = true;
    progress.hidden = false;
    try {
      for (let done = 0; ; ) {
        const { has_more, at_once } = await operate("set_country", dialing);
        done += at_once;
        progress.value = has_more && total > 0 ? Math.min(0.99, done / total) : 1;
        if (!has_more) return true;
        if (!dialog.open) return false;
      }
    } catch (refused) {
      // What is left is changed when the button is pressed again.
      error.textContent = explain(refused);
      return false;
    }
  };
  const params = { count: preview.changed_numbers, number: formatNumber(preview.changed_numbers), all: formatNumber(preview.numbers), contacts: formatNumber(preview.changed_contacts) };
  const content = h(
    "div",
    { class: "cards" },
    h("p", null, total === 0 ? t("country.nothing") : t("country.changes", params)),
    preview.changed_on_blacklist > 0 && h("p", null, t("country.blacklist", { count: preview.changed_on_blacklist })),
    changes(preview),
    collisions(preview),
    total > 0 && h("p", null, t("country.final")),
  );
  const title = dialing.country ? t("country.title", { name: formatCountry(dialing.country) }) : t("country.title_none");
  const answer = await showDialog({ title, content: [content, progress, error], confirm: total === 0 ? t("save") : t("country.apply"), danger: total > 0, wide: true, check });
  if (answer === "confirm") return "done";
  return hasBegun ? "stopped" : "cancelled";
}
