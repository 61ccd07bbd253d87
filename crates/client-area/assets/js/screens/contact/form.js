/** The fields of a contact, for a new one and for editing in place. */

import { fill, freshId, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { formatPhone } from "../../phones.js";
import { RpcError } from "../../rpc.js";
import { may } from "../../session.js";
import { createGroup, createOrganization, findEmployees, findGroups, findOrganizations } from "../../sources.js";
import { explain, iconButton } from "../../ui/parts.js";
import { icon } from "../../ui/icons.js";
import { picker } from "../../ui/picker.js";

/** @typedef {import("../../types.js").Contact} Contact */
/** @typedef {import("../../i18n.js").Key} Key */

/**
 * The parameters of `create.contacts` and `update.contacts`.
 *
 * @typedef {object} Values
 * @property {string} last_name
 * @property {string | null} first_name
 * @property {string | null} patronymic
 * @property {string[]} phone_numbers
 * @property {string[]} emails
 * @property {number | null} organization_id
 * @property {number | null} personal_manager_id
 * @property {number[]} groups
 */

/** Phones and e-mails of a contact at most. */
const LIST_MAX = 10;
/** Characters of a name at most. */
const NAME_MAX = 255;

/**
 * @typedef {object} FormOptions
 * @property {string} title
 * @property {() => void} cancel
 * @property {(values: Values) => Promise<boolean>} save resolves to whether the form is done with
 */

/**
 * Inputs for a list of texts of one kind.
 *
 * @param {object} options
 * @param {string} options.field the parameter, for errors
 * @param {Key} options.label
 * @param {Key} options.add
 * @param {string} options.type
 * @param {string[]} options.values
 */
function listField({ field, label, add, type, values }) {
  const list = h("div", { class: "inputs" });
  const error = h("p", { class: "field-error", id: freshId("error"), role: "alert" });
  const addButton = h("button", { type: "button", class: "link-button", onclick: () => addLine("", true) }, icon("plus"), t(add));

  const number = () => {
    for (const [at, input] of inputs().entries()) {
      input.setAttribute("aria-label", `${t(label)} ${at + 1}`);
      input.id ||= freshId(field);
    }
    addButton.hidden = inputs().length >= LIST_MAX;
  };
  const inputs = () => /** @type {HTMLInputElement[]} */ ([...list.querySelectorAll("input")]);

  /** @param {string} value @param {boolean} [focus] */
  const addLine = (value, focus) => {
    const input = h("input", { class: "input", type, value, autocomplete: "off", maxlength: 254, dir: type === "tel" ? "ltr" : "auto" });
    const drop = iconButton(t("field.remove", { label: t(label) }), "close", () => {
      line.remove();
      if (inputs().length === 0) addLine("", true);
      number();
    });
    const line = h("div", { class: "input-line" }, input, drop);
    list.append(line);
    number();
    if (focus) input.focus();
  };
  for (const value of values.length > 0 ? values : [""]) addLine(value);
  const element = h("div", { class: "field", role: "group", "aria-label": t(label) }, h("span", { class: "field-label", "aria-hidden": "true" }, t(label)), list, addButton, error);
  return {
    element,
    values: () => inputs().map((input) => input.value.trim()).filter(Boolean),
    /** @param {string} text @param {number | null} place among the values that are not blank */
    refuse: (text, place) => {
      error.textContent = text;
      const filled = inputs().filter((input) => input.value.trim() !== "");
      for (const input of inputs()) input.removeAttribute("aria-invalid");
      const wrong = place === null ? inputs()[0] : filled[place];
      if (!text || !wrong) return;
      wrong.setAttribute("aria-invalid", "true");
      wrong.setAttribute("aria-describedby", error.id);
      wrong.focus();
    },
  };
}

/** @param {Key} label @param {string} value @param {boolean} [required] */
function textField(label, value, required = false) {
  const id = freshId("name");
  const input = h("input", { id, class: "input", value, required, maxlength: NAME_MAX, autocomplete: "off", dir: "auto" });
  const error = h("p", { class: "field-error", id: `${id}-error`, role: "alert" });
  const element = h("div", { class: "field" }, h("label", { for: id, class: "field-label" }, t(label)), input, error);
  return {
    element,
    input,
    value: () => input.value.trim(),
    /** @param {string} text */
    refuse: (text) => {
      error.textContent = text;
      if (!text) {
        input.removeAttribute("aria-invalid");
        return;
      }
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", error.id);
      input.focus();
    },
  };
}

export class ContactForm {
  /**
   * @param {Contact} contact
   * @param {FormOptions} options
   */
  constructor(contact, options) {
    this.organization = contact.organization_id;
    this.manager = contact.personal_manager_id;
    this.groups = new Map(contact.groups.map((group) => [group.group_id, group.group_name]));
    this.last = textField("last_name", contact.last_name, true);
    this.first = textField("first_name", contact.first_name ?? "");
    this.patronymic = textField("patronymic", contact.patronymic ?? "");
    const phones = contact.phone_numbers.map((phone) => formatPhone(phone).replaceAll("\u00a0", " "));
    this.phones = listField({ field: "phone", label: "column.phone", add: "contact.add_phone", type: "tel", values: phones });
    this.emails = listField({ field: "email", label: "column.email", add: "contact.add_email", type: "text", values: contact.emails });
    this.error = h("p", { class: "form-error", role: "alert" });
    this.button = h("button", { class: "button button-primary" }, t("save"));
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      this.#submit(options.save);
    };
    const keys = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape" && !event.defaultPrevented) options.cancel();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.element.requestSubmit();
    };
    this.element = h(
      "form",
      { class: "contact-form", novalidate: true, onsubmit: submit, onkeydown: keys },
      h("header", { class: "contact-head" }, h("h1", { dir: "auto" }, options.title)),
      h("div", { class: "form-grid form-names" }, this.last.element, this.first.element, this.patronymic.element),
      h("div", { class: "form-grid" }, this.phones.element, this.emails.element),
      h("div", { class: "form-grid" }, this.#organization(contact), this.#manager(contact)),
      this.#groups(),
      this.error,
      h("div", { class: "form-buttons" }, this.button, h("button", { type: "button", class: "button", onclick: options.cancel }, t("cancel"))),
    );
    this.before = JSON.stringify(this.values());
  }

  /** @param {Contact} contact */
  #organization(contact) {
    const value = contact.organization_id === null ? null : { id: contact.organization_id, name: contact.organization_name ?? "" };
    const create = may("address_book:insert") ? createOrganization : null;
    const { element } = picker({ label: t("organization"), load: findOrganizations, create, value, onchange: (option) => { this.organization = option?.id ?? null; } });
    return h("div", { class: "field" }, h("span", { class: "field-label", "aria-hidden": "true" }, t("organization")), element);
  }

  /** @param {Contact} contact */
  #manager(contact) {
    if (!may("employees:select")) return null;
    const value = contact.personal_manager_id === null ? null : { id: contact.personal_manager_id, name: contact.personal_manager_full_name ?? "" };
    const { element } = picker({ label: t("manager"), load: findEmployees, value, onchange: (option) => { this.manager = option?.id ?? null; } });
    return h("div", { class: "field" }, h("span", { class: "field-label", "aria-hidden": "true" }, t("manager")), element);
  }

  #groups() {
    const chips = h("ul", { class: "chips" });
    const render = () => {
      const items = [...this.groups].map(([id, name]) =>
        h("li", { class: "chip chip-closable" }, h("span", { class: "chip-text", dir: "auto" }, name), iconButton(t("contact.leave_group", { name }), "close", () => {
          this.groups.delete(id);
          render();
        })),
      );
      fill(chips, items);
    };
    render();
    const create = may("address_book:insert") ? createGroup : null;
    const { element } = picker({ label: t("contact.add_group"), placeholder: t("contact.add_group"), load: findGroups, create, once: true, onchange: (option) => {
      if (option) this.groups.set(option.id, option.name);
      render();
    } });
    return h("div", { class: "field" }, h("span", { class: "field-label", "aria-hidden": "true" }, t("nav.groups")), chips, element);
  }

  /** @returns {Values} */
  values() {
    return {
      last_name: this.last.value(),
      first_name: this.first.value() || null,
      patronymic: this.patronymic.value() || null,
      phone_numbers: this.phones.values(),
      emails: this.emails.values(),
      organization_id: this.organization,
      personal_manager_id: this.manager,
      groups: [...this.groups.keys()],
    };
  }

  /** Whether anything was changed. */
  isDirty() {
    return JSON.stringify(this.values()) !== this.before;
  }

  focus() {
    const { input } = this.last;
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  }

  /** @param {FormOptions["save"]} save */
  async #submit(save) {
    for (const field of [this.last, this.first, this.patronymic]) field.refuse("");
    this.phones.refuse("", null);
    this.emails.refuse("", null);
    this.error.textContent = "";
    const values = this.values();
    if (values.phone_numbers.length === 0) this.phones.refuse(t("contact.needs_phone"), null);
    if (values.last_name === "") this.last.refuse(t("contact.needs_name"));
    if (values.phone_numbers.length === 0 || values.last_name === "") return;
    this.button.disabled = true;
    try {
      await save(values);
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.button.disabled = false;
    }
  }

  /** Shows a refusal at its field. @param {unknown} error */
  #refuse(error) {
    const text = explain(error);
    const [field = "", place] = (error instanceof RpcError ? (error.field ?? "") : "").split(".");
    const at = place === undefined ? null : Number(place);
    const fields = { last_name: this.last, first_name: this.first, patronymic: this.patronymic };
    if (field in fields) fields[/** @type {keyof typeof fields} */ (field)].refuse(text);
    else if (field === "phone_numbers") this.phones.refuse(text, at);
    else if (field === "emails") this.emails.refuse(text, at);
    else this.error.textContent = text;
  }
}
