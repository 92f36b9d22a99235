// The graph by the keyboard: from box to box as they lie, and into the instances of an open fan-out.
import { at, go } from "../../place.js";
import { parts } from "../store.js";
import { look, panned, showing, whole, zoomed } from "./camera.js";
import { cell } from "./instances.js";
import { choose, cursor } from "./scene.js";
import { opens, shape, toggle } from "./shape.js";

const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
/** What lies aside counts as so much farther. */
const ASIDE = 3;
const STEP = 80;

/** The place the keyboard begins at. */
export const begin = () => cursor.value ?? { id: at("step") && shape.value?.by.has(at("step")) ? at("step") : shape.value?.boxes.find(stands)?.id ?? "", index: -1 };

const stands = (box) => box.kind !== "block" && box.kind !== "finally";
const middle = ({ x, y, width, height }) => [x + width / 2, y + height / 2];

/** The nearest box that way. @param {any} from @param {number[]} way @param {any[]} boxes */
export function nearest(from, [right, down], boxes) {
  const [x, y] = middle(from);
  let best = null, least = Infinity;
  for (const box of boxes) {
    if (box.id === from.id || !stands(box)) continue;
    const [bx, by] = middle(box), along = (bx - x) * right + (by - y) * down, aside = Math.abs((bx - x) * down) + Math.abs((by - y) * right);
    if (along <= 1 || aside > 3 * along + 60) continue;
    const far = along + ASIDE * aside;
    if (far < least) [best, least] = [box, far];
  }
  return best;
}

/** Within the instances of an open fan-out; null if that leaves them. */
function within(box, index, [right, down]) {
  const many = parts.value.get(box.id)?.rows.length ?? 0;
  if (index < 0) return down > 0 && many ? 0 : null;
  const column = index % box.columns, next = index + right + down * box.columns;
  if (next < 0) return down ? -1 : null;
  return next < many && column + right >= 0 && column + right < box.columns ? next : null;
}

function move(way) {
  const drawn = shape.value, here = begin(), box = drawn?.by.get(here.id);
  if (!box) return;
  const inner = box.kind === "cells" ? within(box, here.index, way) : null;
  const to = inner === null ? nearest(box, way, drawn.boxes) : null;
  if (inner !== null) cursor.value = { id: box.id, index: inner };
  else if (to) cursor.value = { id: to.id, index: -1 };
  else cursor.value = here;
  const now = drawn.by.get(cursor.value.id);
  const next = showing(cursor.value.index < 0 ? { ...now, height: Math.min(now.height, 60), width: Math.min(now.width, 300) } : cell(now, cursor.value.index));
  look(next);
}

/** @param {KeyboardEvent} event */
export function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
  const way = WAYS[event.key], here = begin(), box = shape.value?.by.get(here.id);
  if (way && event.shiftKey) look(panned(-way[0] * STEP, -way[1] * STEP));
  else if (way) move(way);
  else if (event.key === "Enter" && box) choose(here);
  else if (event.key === " " && box && opens(box)) (cursor.value = { id: box.id, index: -1 }), toggle(box.id);
  else if (event.key === "+" || event.key === "=") look(zoomed(1.25));
  else if (event.key === "-") look(zoomed(0.8));
  else if (event.key === "0" && shape.value) look(whole(shape.value));
  else if (event.key === "Escape" && at("step")) go({ step: "" });
  else return;
  event.preventDefault();
}
