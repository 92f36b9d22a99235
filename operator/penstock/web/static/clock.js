// The time of the server, once a second; what moves with it is drawn anew, and nothing else.
import { computed, signal } from "./vendor.js";

const here = signal(Date.now() / 1000);
const ahead = signal(0);
setInterval(() => {
  if (!document.hidden) here.value = Date.now() / 1000;
}, 1000);
document.addEventListener("visibilitychange", () => (here.value = Date.now() / 1000));

/** Seconds since 1970, as the server has it. */
export const now = computed(() => here.value + ahead.value);

/** @param {number} told the server's time in an answer that has just come */
export function set(told) {
  here.value = Date.now() / 1000;
  ahead.value = told - here.value;
}
