// A time cursor: every lens shows the steps as they were at an instant.
import { effect, signal } from "../../vendor.js";
import { at, go } from "../../place.js";
import { asOf, everything } from "../store.js";
import { times } from "./times.js";

/** The instant that one looks back to, seconds since 1970; 0: now. */
export const instant = signal(0);
let writing = 0;

/** Begins with what the address asks for, and follows; returns what ends it. */
export function begin() {
  instant.value = Number(at("t")) || 0;
  const stop = effect(() => {
    const when = instant.value, known = times.value;
    asOf.value = when && known ? everything().map((row) => then(row, known.bars[row.number] ?? [], when)) : null;
  });
  return () => (stop(), clearTimeout(writing), (asOf.value = null));
}

/** @param {number} when 0: now */
export function lookBack(when) {
  instant.value = when;
  clearTimeout(writing);
  writing = setTimeout(() => go({ t: when ? String(Math.round(when)) : "" }, { replace: true }), 300);
}

/**
 * How a step stood at an instant, as far as its bars tell.
 * @param {import("../tree.js").Row} row @param {import("./times.js").Bar[]} bars @param {number} when @returns {import("../tree.js").Row}
 */
export function then(row, bars, when) {
  const mine = bars.filter((one) => one.kind !== "undo");
  const undo = bars.filter((one) => one.kind === "undo" && one.start <= when).at(-1);
  const undone = !undo ? "" : undo.end !== null && undo.end <= when ? row.undo : "Running";
  const begun = mine.filter((one) => one.start <= when), here = begun.at(-1);
  const ended = mine.length ? mine.at(-1).end : row.end;
  if (ended !== null && ended !== undefined && ended <= when) return { ...row, undo: undone };
  const early = { ...row, phase: "Pending", reason: "", message: "", start: null, end: null, attempt: 0, node: "", undo: "" };
  if (!here) return early;
  const start = begun.find((one) => one.kind === "run")?.start ?? null, goes = here.end === null || here.end > when;
  const again = here.attempt > 1, attempt = here.kind === "run" ? here.attempt : Math.max(0, here.attempt - 1);
  if (goes && here.kind === "run") return { ...row, phase: "Running", reason: "Running", message: "", start, end: when, attempt, undo: "" };
  return { ...early, phase: again ? "Retrying" : "Queued", reason: here.reason, start, end: start === null ? null : when, attempt };
}
