/** Signing in again on top of a screen, so that what was typed there stays. */

import { fill, freshId, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { choose, isSignedIn, session, signIn, signOut } from "../../session.js";
import { showDialog } from "../../ui/dialog.js";
import { signInRefusal } from "./sign-in.js";

/** @type {Promise<boolean> | null} */
let asking = null;

/**
 * Asks for the password of who was signed in; all calls that fail meanwhile wait for the same answer.
 *
 * @param {() => void} leave called when the person leaves instead
 */
export function askPassword(leave) {
  if (!isSignedIn()) return Promise.resolve(false);
  asking ??= ask(leave).finally(() => {
    asking = null;
  });
  return asking;
}

/** @param {() => void} leave */
async function ask(leave) {
  const { login, acting, account } = session();
  const id = freshId("again");
  const password = h("input", { id, class: "input", type: "password", autocomplete: "current-password", required: true, maxlength: 1024 });
  const user = h("input", { class: "hidden", autocomplete: "username", value: login, readonly: true, tabindex: -1, "aria-hidden": "true" });
  const error = h("p", { class: "form-error", role: "alert" });
  const check = async () => {
    try {
      await signIn(login, password.value);
      return true;
    } catch (refused) {
      fill(error, signInRefusal(refused));
      password.value = "";
      password.focus();
      return false;
    }
  };
  const content = [
    h("p", null, t("again.text", { login })),
    user,
    h("label", { for: id, class: "field-label" }, t("password")),
    password,
    error,
  ];
  const result = await showDialog({ title: t("again.title"), content, confirm: t("sign_in.button"), cancel: t("sign_out"), check });
  if (result !== "confirm") {
    await signOut(false).catch(() => undefined);
    leave();
    return false;
  }
  if (account.kind === "agent" && acting.account.kind === "customer") await choose(acting.user_id);
  return true;
}
