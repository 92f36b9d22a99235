// What part of the drawing is in sight. `left` and `top`: of the drawing, in its pixels; `zoom`: pixels of the screen for one.
import { signal } from "../../vendor.js";
import { at, go } from "../../place.js";

export const LEAST = 0.04, MOST = 2;
/** So far out names can still be read. */
export const READABLE = 0.5;
const AIR = 28;

export const camera = signal({ left: 0, top: 0, zoom: 1 });
export const size = signal({ width: 0, height: 0 });
let writing = 0;

/** Moves; the address follows when it has come to rest. */
export function look(next) {
  camera.value = next;
  clearTimeout(writing);
  writing = setTimeout(remember, 300);
}

/** Forgets what is still to be written: another Pipeline is shown. */
export const rest = () => clearTimeout(writing);

function remember() {
  const { left, top, zoom } = camera.value, { width, height } = size.value;
  const middle = [left + width / zoom / 2, top + height / zoom / 2, zoom * 100];
  go({ view: middle.map(Math.round).join(",") }, { replace: true });
}

/** What the address asks for; null if for nothing. */
export function asked() {
  const [x, y, percent] = at("view").split(",").map(Number);
  if (!Number.isFinite(x) || !Number.isFinite(y) || !(percent > 0)) return null;
  return centred(x, y, bounded(percent / 100));
}

const bounded = (zoom) => Math.max(LEAST, Math.min(MOST, zoom));

function centred(x, y, zoom) {
  const { width, height } = size.value;
  return { left: x - width / zoom / 2, top: y - height / zoom / 2, zoom };
}

/** All of it. @param {{width: number, height: number}} all */
export function whole(all) {
  const { width, height } = size.value;
  const zoom = bounded(Math.min((width - 2 * AIR) / all.width, (height - 2 * AIR) / all.height, 1));
  return centred(all.width / 2, all.height / 2, zoom);
}

/**
 * What is seen first: all of it if it can be read, else what goes on.
 * @param {{width: number, height: number}} all @param {{x: number, y: number, width: number, height: number} | undefined} busy
 */
export function first(all, busy) {
  const found = whole(all);
  if (found.zoom >= READABLE) return found;
  const { width, height } = size.value, zoom = READABLE;
  const x = busy ? busy.x + busy.width / 2 : width / zoom / 2, y = busy ? busy.y + busy.height / 2 : all.height / 2;
  const { left, top } = centred(x, y, zoom);
  const within = (start, seen, whole) => (seen >= whole + 2 * AIR ? (whole - seen) / 2 : Math.max(-AIR, Math.min(start, whole + AIR - seen)));
  return { left: within(left, width / zoom, all.width), top: within(top, height / zoom, all.height), zoom };
}

/** Closer or farther, with one point of the screen where it is. */
export function zoomed(by, x = size.value.width / 2, y = size.value.height / 2) {
  const { left, top, zoom } = camera.value, next = bounded(zoom * by);
  return { left: left + x / zoom - x / next, top: top + y / zoom - y / next, zoom: next };
}

/** By so many pixels of the screen. */
export const panned = (x, y) => ({ ...camera.value, left: camera.value.left - x / camera.value.zoom, top: camera.value.top - y / camera.value.zoom });

/** The least move that brings a box in sight. @param {{x: number, y: number, width: number, height: number}} box */
export function showing(box) {
  const { left, top, zoom } = camera.value, air = AIR / zoom;
  const { width, height } = size.value;
  const near = (start, seen, from, long) => {
    if (from - air < start || long + 2 * air > seen) return from - air;
    return Math.max(start, from + long + air - seen);
  };
  return { left: near(left, width / zoom, box.x, box.width), top: near(top, height / zoom, box.y, box.height), zoom };
}

/** Whether a box is in sight. */
export function inSight(box, { left, top, zoom } = camera.value) {
  const { width, height } = size.value;
  return box.x < left + width / zoom && box.x + box.width > left && box.y < top + height / zoom && box.y + box.height > top;
}
