/**
 * What stands around every screen: navigation, for whom one acts, signing out. Finds the screen that the address names
 * and loads its module.
 *
 * A screen is a function that gets the route and the element to fill, and returns how it is updated and left. The
 * screen stays when only its own parameters change.
 */

import { clearToasts } from "./ui/toast.js";
import { fill, h } from "./dom.js";
import { t } from "./i18n.js";
import { link, route } from "./router.js";
import { choose, isAgent, session, signOut } from "./session.js";
import { errorState, iconButton, loading, toastError } from "./ui/parts.js";
import { icon } from "./ui/icons.js";

/** @typedef {import("./router.js").Route} Route */
/** @typedef {import("./ui/icons.js").IconName} IconName */
/** @typedef {import("./i18n.js").Key} Key */

/**
 * A screen on display.
 *
 * @typedef {object} Screen
 * @property {string} title
 * @property {(route: Route) => boolean} [update] takes another route of the same screen; false for a new screen
 * @property {() => boolean} [mayLeave] false when something would be lost
 * @property {() => void} [leave] stops what runs
 */

/** @typedef {(route: Route, place: HTMLElement) => Screen} ScreenFunction */

/**
 * The screens by the first name in the address; all others are `find`.
 *
 * @type {Record<string, () => Promise<ScreenFunction>>}
 */
const SCREENS = {
  find: async () => (await import("./screens/find/find.js")).findScreen,
  contact: async () => (await import("./screens/contact/contact.js")).contactScreen,
  groups: async () => (await import("./screens/groups/groups.js")).groupsScreen,
  organizations: async () => (await import("./screens/organizations/organizations.js")).organizationsScreen,
  employees: async () => (await import("./screens/employees/employees.js")).employeesScreen,
  blacklist: async () => (await import("./screens/blacklist/blacklist.js")).blacklistScreen,
  import: async () => (await import("./screens/import/import.js")).importScreen,
  requests: async () => (await import("./screens/requests/requests.js")).requestsScreen,
  account: async () => (await import("./screens/account/account.js")).accountScreen,
  api: async () => (await import("./screens/api/api.js")).apiScreen,
};

/** @type {{ name: string, key: Key, icon: IconName }[]} */
const NAVIGATION = [
  { name: "contacts", key: "nav.contacts", icon: "contacts" },
  { name: "groups", key: "nav.groups", icon: "groups" },
  { name: "organizations", key: "nav.organizations", icon: "organizations" },
  { name: "employees", key: "nav.employees", icon: "employees" },
  { name: "blacklist", key: "nav.blacklist", icon: "blacklist" },
  { name: "import", key: "nav.import", icon: "import" },
  { name: "requests", key: "nav.requests", icon: "requests" },
  { name: "account", key: "nav.account", icon: "account" },
  { name: "api", key: "nav.api", icon: "api" },
];

/** @param {Route} route */
function screenName(route) {
  const first = route.keys().next().value ?? "find";
  return first in SCREENS ? first : "find";
}

/** @type {(() => void) | null} */
let stop = null;

/** Removes the screens, as before signing in. */
export function stopShell() {
  stop?.();
  stop = null;
}

/** @param {string} current the name of the screen */
function markNavigation(current) {
  const name = current === "find" || current === "contact" ? "contacts" : current;
  for (const item of document.querySelectorAll(".nav-link")) {
    const isCurrent = /** @type {HTMLElement} */ (item).dataset["screen"] === name;
    if (isCurrent) item.setAttribute("aria-current", "page");
    else item.removeAttribute("aria-current");
  }
}

/**
 * For whom the person acts; on every screen.
 *
 * @param {() => void} show shows what the session allows
 */
function actingFor(show) {
  const { acting, login } = session();
  const name = h("span", { class: "acting-name", dir: "auto" }, acting.account.name);
  const text = h("span", { class: "acting-text" }, name, h("span", { class: "acting-login" }, login));
  const leave = async () => {
    try {
      await signOut(false);
      location.hash = "";
      show();
    } catch (error) {
      toastError(error);
    }
  };
  const change = async () => {
    try {
      await choose(null);
      location.hash = "";
      show();
    } catch (error) {
      toastError(error);
    }
  };
  return h(
    "div",
    { class: "acting" },
    isAgent() && h("span", { class: "acting-agent" }, t("acting_for")),
    h("div", { class: "acting-row" }, text, iconButton(t("sign_out"), "signOut", leave)),
    isAgent() && h("button", { type: "button", class: "link-button", onclick: change }, t("choose.other")),
  );
}

/**
 * Fills the page with navigation and screens.
 *
 * @param {HTMLElement} app
 * @param {() => void} show shows what the session allows
 */
export function startShell(app, show) {
  const links = NAVIGATION.map(({ name, key, icon: picture }) =>
    h("li", null, h("a", { class: "nav-link", href: name === "contacts" ? "#contacts" : link({ [name]: true }), "data-screen": name }, icon(picture), t(key))),
  );
  const menu = iconButton(t("menu"), "menu", () => toggle(!side.classList.contains("side-open")));
  menu.setAttribute("aria-controls", "side");
  const toggle = (/** @type {boolean} */ isOpen) => {
    side.classList.toggle("side-open", isOpen);
    menu.setAttribute("aria-expanded", String(isOpen));
  };
  const brand = h("p", { class: "brand" }, h("span", { class: "brand-mark", "aria-hidden": "true" }), "ringbook");
  const nav = h("nav", { class: "nav", "aria-label": t("navigation") }, h("ul", null, links));
  const side = h("header", { class: "side", id: "side" }, brand, nav, actingFor(show));
  const place = h("main", { class: "main", id: "main", tabindex: -1 });
  const bar = h("header", { class: "bar" }, menu, h("span", { class: "bar-name", dir: "auto" }, session().acting.account.name));
  const skip = h("a", { class: "skip", href: "#main", onclick: (/** @type {Event} */ event) => {
    event.preventDefault();
    place.focus();
  } }, t("skip"));
  fill(app, skip, h("div", { class: "shell" }, bar, side, place));

  const display = screens(place);
  const changed = () => {
    toggle(false);
    display.show(route());
  };
  const outside = (/** @type {Event} */ event) => {
    if (event.target instanceof Node && !side.contains(event.target) && !bar.contains(event.target)) toggle(false);
  };
  addEventListener("hashchange", changed);
  document.addEventListener("pointerdown", outside);
  toggle(false);
  display.show(route());
  stop = () => {
    removeEventListener("hashchange", changed);
    document.removeEventListener("pointerdown", outside);
    display.leave();
    clearToasts();
  };
}

/**
 * Shows one screen after another.
 *
 * @param {HTMLElement} place
 */
function screens(place) {
  /** @type {Screen | null} */
  let current = null;
  let name = "";
  let address = "";
  let asked = 0;

  /** @param {Route} route */
  async function show(route) {
    const next = screenName(route);
    if (current && next === name && current.update?.(route)) {
      address = location.hash;
      return;
    }
    if (current?.mayLeave && !current.mayLeave()) {
      history.pushState(null, "", address || "#");
      return;
    }
    asked += 1;
    const mine = asked;
    current?.leave?.();
    current = null;
    [name, address] = [next, location.hash];
    markNavigation(name);
    const wait = setTimeout(() => fill(place, loading()), 150);
    try {
      const load = SCREENS[name] ?? SCREENS["find"];
      const screen = await /** @type {() => Promise<ScreenFunction>} */ (load)();
      clearTimeout(wait);
      if (mine !== asked) return;
      fill(place);
      place.scrollTop = 0;
      current = screen(route, place);
      document.title = `${current.title} · ringbook`;
    } catch (error) {
      clearTimeout(wait);
      if (mine === asked) fill(place, errorState(error, () => show(route)));
    }
  }

  return {
    show,
    leave: () => {
      asked += 1;
      current?.leave?.();
      current = null;
    },
  };
}

