/** The bar for what is done with all selected contacts at once; what its buttons do is in `bulk-actions.js`, loaded on demand. */

import { fill, h } from "../../dom.js";
import { formatNumber, t } from "../../i18n.js";
import { may } from "../../session.js";
import { button, withModule } from "../../ui/parts.js";

/** @typedef {import("../../types.js").Contact} Contact */

/**
 * The bar for the selected contacts.
 *
 * @param {Map<number, Contact>} selected
 * @param {() => number | null} shownGroup the group that the list is narrowed to
 * @param {() => void} changed called when contacts have changed
 */
export function bulkBar(selected, shownGroup, changed) {
  const bar = h("div", { class: "bulk", role: "group", "aria-label": t("bulk.label") });

  const actions = (/** @type {"group" | "organization" | "manager" | "save" | "cards" | "remove"} */ name) => () =>
    withModule(import("./bulk-actions.js"), (module) => module[name](selected, changed));
  const leave = (/** @type {number} */ id) => withModule(import("./bulk-actions.js"), (module) => module.leave(selected, changed, id));
  const clear = () => {
    selected.clear();
    changed();
  };

  return {
    element: bar,
    render() {
      bar.hidden = selected.size === 0;
      const mayUpdate = may("address_book:update");
      const inGroup = shownGroup();
      fill(
        bar,
        h("span", { class: "bulk-count" }, t("bulk.count", { count: selected.size, number: formatNumber(selected.size) })),
        mayUpdate && button(t("bulk.group"), "groups", actions("group")),
        mayUpdate && inGroup !== null && button(t("bulk.leave_group"), "close", () => leave(inGroup)),
        mayUpdate && button(t("bulk.organization"), "organizations", actions("organization")),
        mayUpdate && may("employees:select") && button(t("bulk.manager"), "employees", actions("manager")),
        button(t("bulk.export"), "import", actions("save")),
        button(t("bulk.vcard"), "import", actions("cards")),
        may("address_book:delete") && button(t("delete"), "remove", actions("remove"), "button-danger-quiet"),
        button(t("bulk.clear"), "close", clear, "button-quiet"),
      );
    },
  };
}
