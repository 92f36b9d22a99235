// Where boxes and arrows go, as the server has laid them out: asked for anew when there are other steps or others are open.
import { computed, effect, signal } from "../../vendor.js";
import { ask } from "../../net.js";
import { at, go } from "../../place.js";
import { base, parts, snapshot } from "../store.js";

/**
 * @typedef {{id: string, kind: string, x: number, y: number, width: number, height: number, columns: number, around: string,
 *   times: string, approval: boolean}} Box
 * @typedef {{source: string, target: string, kind: string, label: string, points: number[]}} Way
 * @typedef {{width: number, height: number, boxes: Box[], ways: Way[], by: Map<string, Box>, undo: Set<string>}} Shape
 */

/** @type {{value: Shape | null}} */
export const shape = signal(null);
export const trouble = signal("");
/** What was opened or closed last: it stays where it is. */
export const anchor = { id: "" };
const opened = computed(() => at("inside"));

/** Follows what is to be drawn; returns what ends it. */
export function follow() {
  shape.value = null;
  let asking = new AbortController();
  const stop = effect(() => {
    const told = snapshot.value, open = opened.value;
    asking.abort();
    asking = new AbortController();
    if (told) draw(open, asking.signal);
  });
  return () => (stop(), asking.abort());
}

async function draw(open, signal) {
  try {
    const answer = await ask(`${base.value}/graph?open=${encodeURIComponent(open)}`, { signal });
    const told = await answer.json();
    trouble.value = "";
    if (!signal.aborted) shape.value = unpacked(told);
  } catch (error) {
    if (!signal.aborted) trouble.value = error.message;
  }
}

/** @returns {Shape} */
function unpacked({ width, height, boxes, ways, times, undo, approvals }) {
  const asked = new Set(approvals);
  const found = boxes.map(([id, kind, x, y, wide, high, columns, around]) =>
    ({ id, kind, x, y, width: wide, height: high, columns, around, times: times[id] ?? "", approval: asked.has(id) }));
  return {
    width, height, boxes: found, by: new Map(found.map((one) => [one.id, one])), undo: new Set(undo),
    ways: ways.map(([source, target, kind, label, points]) => ({ source, target, kind, label, points })),
  };
}

/** Whether a box can be opened or closed. @param {Box} box */
export const opens = (box) => box.kind === "group" || isOpen(box) ||
  (box.kind === "step" && (parts.value.get(box.id)?.rows ?? []).some((row) => row.path !== row.task));

/** @param {Box} box */
export const isOpen = (box) => box.kind === "frame" || box.kind === "cells";

/** Opens or closes a box. @param {string} id */
export function toggle(id) {
  anchor.id = id;
  const next = new Set(opened.value.split(",").filter(Boolean));
  if (!next.delete(id)) next.add(id);
  go({ inside: [...next].join(",") }, { replace: true });
}
