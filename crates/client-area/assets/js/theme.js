/** Light, dark, or as the system has it. */

const SAVED = "ringbook.theme";

export const THEMES = /** @type {const} */ (["system", "light", "dark"]);

/** @typedef {(typeof THEMES)[number]} Theme */

/** @returns {Theme} */
export function theme() {
  const saved = localStorage.getItem(SAVED);
  return THEMES.find((theme) => theme === saved) ?? "system";
}

/** Applies the theme that was chosen earlier. */
export function loadTheme() {
  document.documentElement.dataset["theme"] = theme();
}

/** @param {Theme} theme */
export function useTheme(theme) {
  localStorage.setItem(SAVED, theme);
  loadTheme();
}
