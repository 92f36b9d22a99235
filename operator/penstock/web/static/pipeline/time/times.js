// When steps waited and ran, as the server derives it: asked for anew when steps change, no more often than it can bear.
import { effect, signal } from "../../vendor.js";
import { ask } from "../../net.js";
import { base, changed, everything, snapshot } from "../store.js";

/**
 * @typedef {{kind: "wait" | "run" | "undo" | "unknown", start: number, end: number | null, attempt: number, reason: string}} Bar
 * @typedef {{of: string, began: number | null, bars: Bar[][], last: number}} Times `of`: the states whose rows these are; `bars`: by the
 *   number of the row; `last`: when the last ended
 */
const KINDS = ["wait", "run", "undo", "unknown"];
const LEAST_MS = 500;
/** So many times as long as an answer takes there is a pause. */
const SHARE = 5;

/** @type {{value: Times | null}} */
export const times = signal(null);
export const trouble = signal("");

/** Follows them for as long as somebody looks; returns what ends it. */
export function follow() {
  const ended = new AbortController();
  let timer = 0, busy = false, again = false;
  const fetchNow = async () => {
    const began = performance.now();
    [busy, again] = [true, false];
    try {
      const told = await (await ask(`${base.value}/times`, { signal: ended.signal })).json();
      trouble.value = "";
      // Of another state there may be other rows: a snapshot is on its way, and asks again.
      if (epoch(told.id) === epoch(snapshot.value?.id)) times.value = unpacked(told, everything().length);
    } catch (error) {
      if (!ended.signal.aborted) trouble.value = error.message;
    }
    timer = setTimeout(() => {
      busy = false;
      if (again) fetchNow();
    }, Math.max(LEAST_MS, SHARE * (performance.now() - began)));
  };
  const stop = effect(() => {
    changed.value;
    if (!snapshot.value) return;
    const known = times.peek();
    if (known && known.of !== epoch(snapshot.value.id)) times.value = null;
    again = true;
    if (!busy) fetchNow();
  });
  return () => (stop(), ended.abort(), clearTimeout(timer), (times.value = null), (trouble.value = ""));
}

/** What ids of states have in common that have the same rows. @param {string | undefined} id */
export const epoch = (id) => (id ?? "").split("-")[0];

/** @returns {Times} */
function unpacked({ id, began, words, bars }, many) {
  const found = Array.from({ length: many }, () => []);
  let last = began ?? 0;
  for (const [row, kind, from, length, attempt, word] of bars) {
    const start = began + from, end = length === null ? null : start + length;
    found[row]?.push({ kind: KINDS[kind], start, end, attempt, reason: words[word] });
    last = Math.max(last, end ?? start);
  }
  return { of: epoch(id), began, bars: found, last };
}
