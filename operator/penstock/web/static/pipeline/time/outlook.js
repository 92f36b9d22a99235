// The plan, what is expected, and what is held: what the server computes while somebody looks.
import { effect, signal } from "../../vendor.js";
import { askOften } from "../asking.js";
import { base, snapshot } from "../store.js";
import { epoch } from "./times.js";
import { reach } from "./scale.js";

const OFTEN_MS = 4_000;

/**
 * @typedef {{planned: [number, number] | null, expected: [number, number] | null, late: number | null}} Course instants since 1970
 * @typedef {{resource: string, total: number | null, mine: number[][], past: (number | null)[][], ahead: number[][],
 *   boxes: [string, number, number, number, boolean][]}} Lane
 * @typedef {{id: string, at: number, began: number, planned: number, expected: number | null, late: number | null, rows: Map<number, Course>,
 *   lanes: Lane[], notes: string[], hidden: string[]}} Outlook
 */

/** @type {{value: Outlook | null}} */
export const outlook = signal(null);
export const unknown = signal("");

/** Follows it; returns what ends it. */
export function foresee() {
  const end = askOften(() => `${base.value}/outlook`, OFTEN_MS, (told) => {
    unknown.value = told.error ?? "";
    if (told.error) return void (outlook.value = null);
    if (epoch(told.id) !== epoch(snapshot.value?.id)) return;
    outlook.value = unpacked(told);
    reach.value = told.expected === null ? 0 : told.began + told.expected;
  }, (error) => (unknown.value = error.message));
  const stop = effect(() => {
    const known = outlook.peek(), id = snapshot.value?.id;
    if (known && id && epoch(known.id) !== epoch(id)) outlook.value = null;
  });
  return () => (end(), stop(), (outlook.value = null), (unknown.value = ""), (reach.value = 0));
}

/** @returns {Outlook} */
function unpacked(told) {
  const span = (start, end) => (start === null ? null : /** @type {[number, number]} */ ([told.began + start, told.began + end]));
  const rows = told.rows.map(([row, from, to, start, end, late]) => [row, { planned: span(from, to), expected: span(start, end), late }]);
  return { ...told, rows: new Map(rows) };
}
