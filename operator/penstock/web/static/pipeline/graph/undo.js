// What is taken back, in the order in which that is done: the latest start first.
import { computed } from "../../vendor.js";
import { changed, head, parts } from "../store.js";
import { shape } from "./shape.js";
import { around } from "./tally.js";

/** More arrows than these tell nothing. */
const MOST = 40;

/** @typedef {{box: import("./shape.js").Box, numbers: number[], gone: number}} Mark `gone`: so many are taken back */

/** Boxes with what is undone in them, in order; empty unless something is. @type {{value: Mark[]}} */
export const marks = computed(() => {
  changed.value;
  const drawn = shape.value;
  if (!drawn?.undo.size) return [];
  const rows = [...drawn.undo].flatMap((task) => parts.value.get(task)?.rows ?? []).filter((row) => row.start !== null);
  if (head.value?.phase !== "Undoing" && !rows.some((row) => row.undo)) return [];
  rows.sort((a, b) => b.start - a.start || b.number - a.number);
  const by = new Map();
  rows.forEach((row, place) => {
    const id = around(row.task).find((one) => drawn.by.has(one) && drawn.by.get(one)?.kind !== "frame");
    if (id === undefined) return;
    const mark = by.get(id) ?? { box: drawn.by.get(id), numbers: [], gone: 0 };
    mark.numbers.push(place + 1);
    mark.gone += row.undo === "Succeeded" ? 1 : 0;
    by.set(id, mark);
  });
  return [...by.values()];
});

/** From each box to the one that is undone after it. */
export const backwards = computed(() => {
  const found = marks.value;
  return found.length > MOST ? [] : found.slice(1).map((mark, place) => ({ from: found[place], to: mark }));
});
