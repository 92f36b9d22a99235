// How many steps of a group waited and ran, over the part of time that is in sight.
import { below } from "../tree.js";

const SLICES = 400;
/** So many marks of failures are drawn, and no more. */
const MARKS = 40;

/**
 * `runs`: how many ran in each slice, at most at once; `waits`: how many ran or waited; `bad`: where attempts failed, in percent.
 * @param {import("../tree.js").Node} node @param {import("./times.js").Times} times @param {{from: number, to: number}} scale @param {number} now
 */
export function profile(node, times, { from, to }, now) {
  const running = new Int32Array(SLICES + 1), waiting = new Int32Array(SLICES + 1), bad = new Set();
  const slice = (instant) => ((instant - from) / (to - from)) * SLICES;
  for (const row of below(node)) {
    for (const { kind, start, end, reason } of times.bars[row.number] ?? []) {
      const first = Math.max(0, Math.floor(slice(start))), last = Math.min(SLICES, Math.max(first + 1, Math.floor(slice(end ?? now))));
      if (last <= first) continue;
      const into = kind === "wait" || kind === "unknown" ? waiting : running;
      into[first] += 1, (into[last] -= 1);
      if (kind === "run" && end !== null && reason && reason !== "Completed" && end >= from && end <= to) {
        bad.add(Math.round(((end - from) / (to - from)) * 1000) / 10);
      }
    }
  }
  const runs = [], waits = [];
  let ran = 0, waited = 0, most = 0;
  for (let at = 0; at < SLICES; at += 1) {
    ran += running[at], (waited += waiting[at]);
    runs.push(ran), waits.push(ran + waited);
    most = Math.max(most, ran + waited);
  }
  return { runs, waits, most, bad: [...bad].slice(0, MARKS) };
}

/** The outline of an area. @param {number[]} heights @param {number} most @param {number} high */
export function outline(heights, most, high) {
  let path = `M0 ${high}`, before = 0;
  heights.forEach((n, at) => {
    if (n !== before) path += `H${at}V${(high - (n / most) * high).toFixed(1)}`;
    before = n;
  });
  return `${path}H${heights.length}V${high}Z`;
}
