// Words: sentences by language, times as people say them, and texts of others so that nothing in them hides.
import { signal } from "./vendor.js";
import { language } from "./prefs.js";

const words = signal({});

export async function load() {
  const answer = await fetch(new URL(`words/${language.value}.json`, import.meta.url));
  words.value = await answer.json();
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
}

/**
 * The sentence of that name, with values in place of `{name}`.
 * @param {string} name @param {Record<string, string | number>} values
 */
export function t(name, values = {}) {
  const sentence = words.value[name] ?? name;
  return sentence.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
}

/** The word for a phase. @param {string} phase */
export const phaseWord = (phase) => (words.value[`phase.${phase}`] ? t(`phase.${phase}`) : visible(phase));

/** A number as the language writes it. @param {number} n */
export const count = (n) => n.toLocaleString(language.value === "zh" ? "zh-CN" : "en-GB");

/** How long, as kubectl says it: two units while they matter. @param {number} seconds */
export function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
  const parts = s < 120 ? [[s, "s"]] : m < 10 ? [[m, "m"], [s % 60, "s"]] : m < 180 ? [[m, "m"]]
    : h < 8 ? [[h, "h"], [m % 60, "m"]] : h < 48 ? [[h, "h"]] : d < 8 ? [[d, "d"], [h % 24, "h"]] : [[d, "d"]];
  return parts.filter(([n], at) => n || !at).map(([n, unit]) => t(`unit.${unit}`, { n })).join("");
}

/** An instant in the reader's own time; seconds where it is today. @param {number} seconds @param {number} now */
export function clock(seconds, now) {
  const when = new Date(seconds * 1000);
  const time = when.toLocaleTimeString("en-GB");
  return when.toDateString() === new Date(now * 1000).toDateString() ? time : `${day(when)} ${time.slice(0, 5)}`;
}

const day = (when) => when.toLocaleDateString(language.value === "zh" ? "zh-CN" : "en-GB", { month: "short", day: "numeric" });

/** An instant in full. @param {number} seconds */
export const stamp = (seconds) => new Date(seconds * 1000).toISOString().replace(".000", "");

const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

/**
 * A text that somebody else wrote, with what cannot be seen, or turns letters round, made visible.
 * @param {string} text @param {boolean} lines whether line breaks stay
 */
export const visible = (text, lines = false) =>
  text.replace(HIDDEN, (one) => {
    if (one === "\n") return lines ? one : " ↵ ";
    if (one === "\t") return lines ? one : " ";
    return `‹U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}›`;
  });
