/** One contact: to be looked at, called, edited in place, deleted; or a new one. */

import { fill, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { callLink, formatPhone } from "../../phones.js";
import { call } from "../../rpc.js";
import { go, link, replace } from "../../router.js";
import { may } from "../../session.js";
import { avatar, button, emptyState, errorState, iconButton, loading, noRight, toastError } from "../../ui/parts.js";
import { icon } from "../../ui/icons.js";
import { toast } from "../../ui/toast.js";
import { ContactForm } from "./form.js";
import { removeContacts } from "./remove.js";
import { mayDouble } from "./double.js";
import { saveContact } from "./save.js";

/** @typedef {import("../../types.js").Contact} Contact */

/** @param {number} id @returns {Promise<Contact | undefined>} */
async function read(id) {
  return (await call("get.contacts", { filter: { field: "id", operator: "=", value: id }, limit: 1 })).data[0];
}

/** @type {import("../../shell.js").ScreenFunction} */
export function contactScreen(route, place) {
  const asked = route.get("contact") ?? "";
  if (!may("address_book:select")) {
    fill(place, h("h1", { class: "hidden" }, t("nav.contacts")), noRight("address_book:select"));
    return { title: t("nav.contacts") };
  }
  const view = new ContactView(place);
  if (asked === "new") view.create(route);
  else view.open(Number(asked));
  return {
    title: asked === "new" ? t("contact.add") : t("nav.contacts"),
    mayLeave: () => !view.form?.isDirty() || confirm(t("contact.leave")),
    leave: () => view.close(),
  };
}

class ContactView {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = h("article", { class: "contact" });
    /** @type {ContactForm | null} */
    this.form = null;
    const back = () => (history.length > 1 ? history.back() : go("#contacts"));
    const bar = h("div", { class: "contact-bar" }, button(t("back"), "back", back, "button-quiet"));
    fill(place, h("div", { class: "page" }, bar, this.place));
  }

  /** @param {number} id */
  async open(id) {
    const wait = setTimeout(() => fill(this.place, loading()), 150);
    try {
      const contact = await read(id);
      clearTimeout(wait);
      if (contact) this.show(contact);
      else fill(this.place, emptyState("contacts", t("contact.gone"), t("contact.gone_text")));
    } catch (error) {
      clearTimeout(wait);
      fill(this.place, errorState(error, () => this.open(id)));
    }
  }

  /**
   * Shows the contact as it is.
   *
   * @param {Contact} contact
   */
  show(contact) {
    this.form = null;
    document.title = `${contact.full_name} · ringbook`;
    const actions = [
      may("address_book:update") && button(t("edit"), "edit", () => this.edit(contact), "button-primary"),
      may("address_book:delete") && button(t("delete"), "remove", () => this.#remove(contact), "button-danger-quiet"),
    ];
    const organization = contact.organization_name
      ? h("a", { class: "contact-organization", dir: "auto", href: link({ organization: contact.organization_id }) }, contact.organization_name)
      : null;
    fill(
      this.place,
      h("header", { class: "contact-head" }, avatar(contact.full_name), h("div", { class: "contact-title" }, h("h1", { dir: "auto" }, contact.full_name), organization), h("div", { class: "head-actions" }, actions)),
      h("dl", { class: "facts" }, this.#phones(contact), this.#emails(contact), this.#groups(contact), this.#manager(contact)),
      h("p", { class: "contact-number muted" }, t("contact.number", { id: contact.id })),
    );
    this.edited = () => this.edit(contact);
    document.removeEventListener("keydown", this.keys);
    document.addEventListener("keydown", this.keys);
  }

  /** `e` edits. */
  keys = (/** @type {KeyboardEvent} */ event) => {
    const inField = event.target instanceof Element && event.target.closest("input, textarea, select, dialog");
    if (event.key === "e" && !inField && !this.form && !event.ctrlKey && !event.metaKey && !event.altKey && may("address_book:update")) {
      event.preventDefault();
      this.edited?.();
    }
  };

  /** @param {Contact} contact */
  #phones(contact) {
    const items = contact.phone_numbers.map((phone) =>
      h(
        "li",
        { class: "fact-line" },
        h("a", { class: "fact-value phone", dir: "ltr", href: callLink(phone), "aria-label": t("contact.call", { number: formatPhone(phone) }) }, icon("phone"), formatPhone(phone)),
        h("span", { class: "fact-actions" }, iconButton(t("contact.copy", { text: formatPhone(phone) }), "copy", () => copy(`+${phone}`)), may("address_book:insert") && iconButton(t("contact.block", { number: formatPhone(phone) }), "blacklist", () => block(phone, contact))),
      ),
    );
    return [h("dt", null, t("contact.phones")), h("dd", null, h("ul", { class: "fact-list" }, items))];
  }

  /** @param {Contact} contact */
  #emails(contact) {
    if (contact.emails.length === 0) return null;
    const items = contact.emails.map((email) =>
      h("li", { class: "fact-line" }, h("a", { class: "fact-value", href: `mailto:${encodeURIComponent(email).replace("%40", "@")}` }, icon("mail"), h("span", { class: "wrap" }, email)), h("span", { class: "fact-actions" }, iconButton(t("contact.copy", { text: email }), "copy", () => copy(email)))),
    );
    return [h("dt", null, t("contact.emails")), h("dd", null, h("ul", { class: "fact-list" }, items))];
  }

  /** @param {Contact} contact */
  #groups(contact) {
    if (contact.groups.length === 0) return null;
    const chips = contact.groups.map((group) => h("li", null, h("a", { class: "chip", dir: "auto", href: link({ group: group.group_id }) }, group.group_name)));
    return [h("dt", null, t("nav.groups")), h("dd", null, h("ul", { class: "chips" }, chips))];
  }

  /** @param {Contact} contact */
  #manager(contact) {
    if (contact.personal_manager_id === null) return null;
    const name = contact.personal_manager_full_name ?? "";
    return [h("dt", null, t("manager")), h("dd", null, h("a", { dir: "auto", href: link({ manager: contact.personal_manager_id }) }, name))];
  }

  /**
   * Edits the contact in place.
   *
   * @param {Contact} contact
   */
  edit(contact) {
    this.form = new ContactForm(contact, {
      title: contact.full_name,
      cancel: () => this.show(contact),
      save: async (values) => {
        if (!(await mayDouble(values, contact))) return false;
        const saved = await saveContact(contact, values, read);
        if (saved === "gone") {
          toast(t("contact.gone"), null, "error");
          return false;
        }
        if (saved === "stopped") return false;
        this.form = null;
        const now = await read(contact.id);
        if (now) this.show(now);
        if (saved === "saved") toast(t("contact.saved"));
        return true;
      },
    });
    fill(this.place, this.form.element);
    this.form.focus();
  }

  /**
   * A new contact, perhaps with what the address says.
   *
   * @param {import("../../router.js").Route} route
   */
  create(route) {
    if (!may("address_book:insert")) {
      fill(this.place, noRight("address_book:insert"));
      return;
    }
    const [last = "", ...rest] = (route.get("name") ?? "").split(/\s+/);
    /** @type {Contact} */
    const blank = {
      id: 0, last_name: last, first_name: rest.join(" ") || null, patronymic: null, full_name: "", emails: [],
      phone_numbers: [route.get("phone") ?? ""].filter(Boolean), personal_manager_id: null, personal_manager_full_name: null,
      organization_id: null, organization_name: null, groups: [],
    };
    this.form = new ContactForm(blank, {
      title: t("contact.add"),
      cancel: () => (history.length > 1 ? history.back() : go("#contacts")),
      save: async (values) => {
        if (!(await mayDouble(values, null))) return false;
        const { id } = await call("create.contacts", values);
        this.form = null;
        replace(link({ contact: id }));
        const made = await read(id);
        if (made) this.show(made);
        toast(t("contact.added"));
        return true;
      },
    });
    fill(this.place, this.form.element);
    this.form.focus();
  }

  /** @param {Contact} contact */
  async #remove(contact) {
    const done = await removeContacts([contact], () => go(link({ q: contact.full_name })));
    if (done) go("#contacts");
  }

  close() {
    document.removeEventListener("keydown", this.keys);
  }
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("contact.copied", { text }));
  } catch {
    toast(t("contact.copy_failed"), null, "error");
  }
}

/** @param {string} phone @param {Contact} contact */
async function block(phone, contact) {
  try {
    const { data } = await call("create.phone_number_to_blacklist", { phone_number: phone, add_comment: contact.full_name });
    const undo = () => call("delete.phone_number_from_blacklist", { id: data.id }).catch(toastError);
    toast(t("contact.blocked", { number: formatPhone(phone) }), may("address_book:delete") ? { label: t("undo"), run: undo } : null);
  } catch (error) {
    toastError(error);
  }
}
