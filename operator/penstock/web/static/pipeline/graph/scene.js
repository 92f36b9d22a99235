// What the graph shows now: what is chosen, pointed at, found by the filter, and decides the end.
import { computed, signal } from "../../vendor.js";
import { at, go } from "../../place.js";
import { changed, head, matches, parts } from "../store.js";
import { camera, inSight, size } from "./camera.js";
import { colours } from "./colours.js";
import { instanceAt } from "./instances.js";
import { shape } from "./shape.js";
import { only } from "./tally.js";
import { backwards, marks } from "./undo.js";

/** Where the keyboard is; `index`: of an instance, or -1. @type {{value: {id: string, index: number} | null}} */
export const cursor = signal(null);
/** What the mouse is on; `index`: as of `cursor`. */
export const pointed = signal({ id: "", index: -1 });
const hovered = computed(() => pointed.value.id);

/** Arrows on the way that decides the end, as `source target`. */
const critical = computed(() => {
  const path = head.value && !head.value.end ? head.value.critical : [], found = new Set(), by = shape.value?.by;
  const shown = (id) => (by?.get(id)?.around.startsWith(":block") ? by.get(id).around : id);
  for (let place = 1; place < path.length; place += 1) {
    const one = path[place - 1].split("."), two = path[place].split(".");
    let depth = 0;
    while (depth < one.length - 1 && depth < two.length - 1 && one[depth] === two[depth]) depth += 1;
    found.add(`${shown(one.slice(0, depth + 1).join("."))} ${shown(two.slice(0, depth + 1).join("."))}`);
  }
  return found;
});
export const decided = computed(() => critical.value.size > 0);

/** All that is painted. */
export const scene = computed(() => {
  changed.value;
  return shape.value && {
    shape: shape.value, camera: camera.value, parts: parts.value, colours: colours.value, size: size.value, chosen: at("step"),
    cursor: cursor.value, hovered: hovered.value, critical: critical.value, matches: matches.value,
    undo: { marks: marks.value, backwards: backwards.value },
  };
});

/** At most so many boxes have words; if more are in sight, none has. */
const POOL = 300;
/** Farther out than this, words would be smaller than dust. */
const DUST = 0.3;

/** The boxes that have words in the document. @type {{value: import("./shape.js").Box[]}} */
export const near = computed(() => {
  const drawn = shape.value, { zoom } = camera.value;
  if (!drawn || zoom < DUST) return [];
  const found = drawn.boxes.filter((box) => box.kind !== "block" && inSight(box));
  return found.length > POOL ? [] : found;
});
/** Farther out than this there are names, and nothing else. */
const CLOSE = 0.7;
export const close = computed(() => camera.value.zoom >= CLOSE);

/** What is at a point of the view: a box, and the instance in it. */
export function hit(x, y) {
  const { left, top, zoom } = camera.value, px = left + x / zoom, py = top + y / zoom;
  const boxes = shape.value?.boxes ?? [];
  for (let place = boxes.length - 1; place >= 0; place -= 1) {
    const box = boxes[place];
    if (box.kind === "block" || box.kind === "finally") continue;
    if (px < box.x || py < box.y || px > box.x + box.width || py > box.y + box.height) continue;
    const index = box.kind === "cells" ? instanceAt(box, px, py, parts.value.get(box.id)?.rows.length ?? 0) : -1;
    return { id: box.id, index };
  }
  return null;
}

/** The path of a box or instance, as the address names it. @param {{id: string, index: number}} one */
export const pathOf = ({ id, index }) => (index < 0 ? id : parts.value.get(id)?.rows[index]?.path ?? id);

/** Shows details of it; again: closes them. */
export function choose(one) {
  cursor.value = one;
  const path = pathOf(one);
  go({ step: path === at("step") ? "" : path });
}

/** The one step that a box stands for, if it is one. @param {string} id */
export const stepOf = (id) => only(parts.value.get(id));
