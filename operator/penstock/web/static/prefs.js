// What somebody prefers, kept in this browser: theme and language.
import { effect, signal } from "./vendor.js";

const THEMES = ["system", "light", "dark"];
export const LANGUAGES = { en: "English", zh: "中文" };

/** @param {string} name @param {string} otherwise */
function kept(name, otherwise) {
  try {
    return localStorage.getItem(name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** @param {string} name @param {string} value */
function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch { /* then it holds for as long as the page is open */ }
}

const spoken = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
export const theme = signal(kept("penstock.theme", "system"));
export const language = signal(kept("penstock.language", spoken));

effect(() => {
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
  keep("penstock.theme", theme.value);
});
effect(() => keep("penstock.language", language.value));

export function nextTheme() {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length];
}
