// Which part of time is in sight, and where an instant is on the axis. Instants are seconds since 1970.
import { computed, signal } from "../../vendor.js";
import { now } from "../../clock.js";
import { at, go } from "../../place.js";
import { language } from "../../prefs.js";
import { head } from "../store.js";
import { instant } from "./past.js";
import { times } from "./times.js";

const LEAST = 2;
/** Other things that the axis should reach to, such as what is expected. */
export const reach = signal(0);
/** What was chosen; null: all. @type {{value: {from: number, to: number} | null}} */
const chosen = signal(null);
let writing = 0;

/** All there is, with air behind it. Its end stands still for long: nothing moves from second to second. */
export const whole = computed(() => {
  const began = times.value?.began ?? head.value?.start ?? now.value;
  const over = head.value?.end ?? null;
  const last = Math.max(times.value?.last ?? began, over ?? now.value, over === null ? head.value?.eta ?? 0 : 0, reach.value);
  return { from: began, to: began + rounded((last - began) * 1.04 + 1) };
});

/** The next length that is round. @param {number} seconds */
function rounded(seconds) {
  const unit = 2 ** Math.floor(Math.log2(Math.max(seconds, LEAST)) - 3);
  return Math.ceil(seconds / unit) * unit;
}

export const scale = computed(() => chosen.value ?? whole.value);

/** Where an instant is, in percent of the axis; far outside is as good as just outside. @param {number} instant */
export function percent(instant, { from, to } = scale.value) {
  return Math.max(-5, Math.min(105, (100 * (instant - from)) / (to - from)));
}

/** Begins with what the address asks for. */
export function begin() {
  clearTimeout(writing);
  const [from, to] = at("span").split("-").map(Number);
  chosen.value = from > 0 && to >= from + LEAST ? { from, to } : null;
}

/** @param {{from: number, to: number} | null} next */
export function look(next) {
  chosen.value = next;
  clearTimeout(writing);
  writing = setTimeout(() => go({ span: next ? `${Math.floor(next.from)}-${Math.ceil(next.to)}` : "" }, { replace: true }), 300);
}

/** Ends what is still to be written. */
export const rest = () => clearTimeout(writing);

/** The instant that one most likely looks at. */
function middle({ from, to }) {
  const here = instant.value || now.value;
  return here > from && here < to ? here : (from + to) / 2;
}

/** Closer or farther, with one instant where it is; as far out as everything. */
export function zoom(by, around = middle(scale.value)) {
  const { from, to } = scale.value, all = whole.value;
  const length = Math.max(LEAST, (to - from) / by);
  if (length >= all.to - all.from) return look(null);
  const start = around - (length * (around - from)) / (to - from);
  look(kept({ from: start, to: start + length }));
}

/** By a share of what is in sight. @param {number} share */
export function pan(share) {
  const { from, to } = scale.value, by = (to - from) * share;
  if (chosen.value) look(kept({ from: from + by, to: to + by }));
}

/** No farther than a little beyond what there is. */
function kept({ from, to }) {
  const all = whole.value, length = to - from, air = length * 0.1;
  const start = Math.max(all.from - air, Math.min(from, all.to + air - length));
  return { from: start, to: start + length };
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000];

/** Round times of day in sight, at most so many, as the reader's clock has them. @param {number} most */
export function ticks(most) {
  const { from, to } = scale.value;
  const step = STEPS.find((one) => (to - from) / one <= most) ?? 31536000;
  const east = -new Date(from * 1000).getTimezoneOffset() * 60, found = [];
  for (let at = Math.ceil((from + east) / step) * step - east; at <= to; at += step) found.push({ at, words: words(at, step) });
  return found;
}

function words(at, step) {
  const when = new Date(at * 1000), midnight = !when.getHours() && !when.getMinutes() && !when.getSeconds();
  if (step >= 86400 || (midnight && step >= 60)) return when.toLocaleDateString(language.value === "zh" ? "zh-CN" : "en-GB", { month: "short", day: "numeric" });
  return when.toLocaleTimeString("en-GB").slice(0, step < 60 ? 8 : 5);
}
