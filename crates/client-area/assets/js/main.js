/** Starts the area: language, session, then the screen that the address names. */

import { fill, h } from "./dom.js";
import { load } from "./i18n.js";
import { onSessionOver } from "./rpc.js";
import { isSignedIn, mustChoose, resume } from "./session.js";
import { startShell, stopShell } from "./shell.js";
import { loadTheme } from "./theme.js";
import { askPassword } from "./screens/sign-in/again.js";
import { chooseScreen } from "./screens/sign-in/choose.js";
import { signInScreen } from "./screens/sign-in/sign-in.js";
import { errorState } from "./ui/parts.js";

const app = /** @type {HTMLElement} */ (document.getElementById("app"));

/** Shows what the session allows: signing in, choosing a customer, or the screens. */
function show() {
  stopShell();
  if (!isSignedIn()) fill(app, signInScreen(show));
  else if (mustChoose()) fill(app, chooseScreen(show));
  else startShell(app, show);
}

async function start() {
  loadTheme();
  await load();
  onSessionOver(() => askPassword(show));
  try {
    await resume();
    show();
  } catch (error) {
    fill(app, h("main", { class: "cover" }, errorState(error, () => location.reload())));
  }
}

await start();
