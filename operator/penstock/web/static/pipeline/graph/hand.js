// Mouse, pen and fingers: drag to move, wheel or two fingers to come closer, click for details, twice to open.
import { look, panned, zoomed } from "./camera.js";
import { choose, hit, pointed } from "./scene.js";
import { opens, shape, toggle } from "./shape.js";

/** A hand that moves less than this has clicked. */
const STILL = 5;
export const NOTHING = { id: "", index: -1 };

/** Listens on a view; returns what ends that. @param {HTMLElement} view */
export function drags(view) {
  const fingers = new Map();
  let moved = 0, wide = 0;
  const point = (event) => {
    const { left, top } = view.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const rest = (one) => {
    if (one.id !== pointed.value.id || one.index !== pointed.value.index) pointed.value = one;
  };
  const on = (name, call, options) => (view.addEventListener(name, call, options), () => view.removeEventListener(name, call));
  const spread = () => {
    const [one, two] = fingers.values();
    return { far: Math.hypot(one.x - two.x, one.y - two.y), x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 };
  };
  const down = (event) => {
    if (event.button || event.target.closest("button")) return;
    fingers.set(event.pointerId, point(event));
    moved = fingers.size > 1 ? STILL : 0;
    if (fingers.size === 2) wide = spread().far;
  };
  const move = (event) => {
    const now = point(event), before = fingers.get(event.pointerId);
    if (!before) return rest(hit(now.x, now.y) ?? NOTHING);
    moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (moved < STILL) return;
    view.setPointerCapture(event.pointerId);
    view.dataset.dragged = "";
    fingers.set(event.pointerId, now);
    if (fingers.size === 1) look(panned(now.x - before.x, now.y - before.y));
    else if (fingers.size === 2) {
      const { far, x, y } = spread();
      if (wide > 0 && far > 0) look(zoomed(far / wide, x, y));
      wide = far;
    }
  };
  const up = (event) => {
    fingers.delete(event.pointerId);
    delete view.dataset.dragged;
  };
  const once = (event) => {
    const { x, y } = point(event), one = moved < STILL && event.detail < 2 && !event.target.closest("button") ? hit(x, y) : null;
    if (one) choose(one);
  };
  const twice = (event) => {
    const { x, y } = point(event), one = event.target.closest("button") ? null : hit(x, y), box = one && shape.value?.by.get(one.id);
    if (box && one.index < 0 && opens(box)) toggle(box.id);
  };
  const wheel = (event) => {
    event.preventDefault();
    const { x, y } = point(event), lines = event.deltaMode === 1 ? 16 : 1;
    if (event.shiftKey) look(panned(-(event.deltaX || event.deltaY) * lines, 0));
    else look(zoomed(Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 120 : 480)), x, y));
  };
  const ends = [
    on("pointerdown", down), on("pointermove", move), on("pointerup", up), on("pointercancel", up),
    on("pointerleave", () => rest(NOTHING)), on("click", once), on("dblclick", twice), on("wheel", wheel, { passive: false }),
  ];
  return () => ends.forEach((end) => end());
}
