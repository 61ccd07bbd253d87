/** Starts the area: language, session, then the screen that the address names. */

import { fill, h } from "./dom.js";
import { load } from "./i18n.js";
import { onSessionOver } from "./rpc.js";
import { isSignedIn, mustChoose, resume } from "./session.js";
import { startShell, stopShell } from "./shell.js";
import { loadTheme } from "./theme.js";
import { errorState } from "./ui/parts.js";

const app = /** @type {HTMLElement} */ (document.getElementById("app"));

/**
 * Shows what the session allows: signing in, choosing a customer, or the screens. Who is signed in already needs no module for
 * signing in, so these are loaded on demand.
 */
async function show() {
  stopShell();
  if (!isSignedIn()) fill(app, (await import("./screens/sign-in/sign-in.js")).signInScreen(show));
  else if (mustChoose()) fill(app, (await import("./screens/sign-in/choose.js")).chooseScreen(show));
  else startShell(app, show);
}

async function start() {
  loadTheme();
  await load();
  const again = () => import("./screens/sign-in/again.js");
  onSessionOver(async () => (await again()).askPassword(show));
  try {
    await resume();
    await show();
    // It is loaded behind the first screen, so that it is there when a session ends in the middle of an edit.
    again().catch(() => undefined);
  } catch (error) {
    fill(app, h("main", { class: "cover" }, errorState(error, () => location.reload())));
  }
}

await start();
