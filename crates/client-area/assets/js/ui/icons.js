/** Pictures of actions, drawn as strokes on a grid of 24 units. They carry no meaning that a text beside does not. */

import { svg } from "../dom.js";

const PATHS = {
  contacts: "M4 5h14a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H4zM2 9h4M2 15h4M12.500 8.500a2 2 0 1 1 0 4 2 2 0 0 1 0-4M9 16.500c.5-2 2-2.800 3.500-2.800s3 .8 3.500 2.800",
  groups: "M9 6a3 3 0 1 1 0 6 3 3 0 0 1 0-6M3.500 19c.5-3.300 2.800-5 5.500-5s5 1.700 5.500 5M16 7.200a2.600 2.600 0 0 1 0 5M17.500 14.500c1.700.7 2.700 2.200 3 4.500",
  organizations: "M5 20V5a1 1 0 0 1 1-1h7a1 1 0 0 1 1 1v15M14 10h4a1 1 0 0 1 1 1v9M3 20h18M8 8h3M8 12h3M8 16h3",
  employees: "M12 5a3.200 3.200 0 1 1 0 6.400A3.200 3.200 0 0 1 12 5M5.500 19c.6-3.500 3.200-5 6.500-5s5.900 1.500 6.500 5",
  blacklist: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16M6.500 6.500l11 11",
  import: "M12 4v11M7.500 10.500L12 15l4.500-4.500M4 19h16",
  requests: "M4 6h16M4 12h16M4 18h10",
  account: "M12 8.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7M12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.100 2.100M16.300 16.300l2.100 2.100M5.600 18.400l2.100-2.100M16.300 7.700l2.100-2.100",
  api: "M8.500 7L4 12l4.500 5M15.500 7l4.500 5-4.500 5M13 5l-2 14",
  phone: "M6.500 4h3l1.500 4-2 1.500a11 11 0 0 0 5.500 5.500l1.500-2 4 1.500v3A1.800 1.800 0 0 1 18 19.500 14 14 0 0 1 4.500 6 1.800 1.800 0 0 1 6.500 4z",
  mail: "M4 6h16v12H4zM4 7l8 6 8-6",
  search: "M10.500 5a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11M15 15l5 5",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  back: "M11 5l-7 7 7 7M4.500 12H20",
  edit: "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3",
  remove: "M5 7h14M9.500 7V4.500h5V7M7 7l1 13h8l1-13M10.500 11v5M13.500 11v5",
  copy: "M9 9h10v11H9zM5 15V4h10",
  menu: "M4 7h16M4 12h16M4 17h16",
  signOut: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  filter: "M4 6h16l-6 7v6l-4-2v-4z",
  up: "M12 19V6M6.500 11.500L12 6l5.500 5.500",
  down: "M12 5v13M6.500 12.500L12 18l5.500-5.500",
  check: "M5 12.500l4.500 4.500L19 7.500",
  merge: "M6 4v4c0 4 6 4 6 8v4M18 4v4c0 4-6 4-6 8",
  more: "M6 12h.01M12 12h.01M18 12h.01",
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * An icon, hidden from assistive technology.
 *
 * @param {IconName} name
 */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));
}
