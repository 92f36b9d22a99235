// Mouse, pen and fingers on the axis of time: drag to move, the wheel with ctrl or two fingers to come closer, with shift to move.
import { pan, scale, zoom } from "./scale.js";

/** A hand that moves less than this has clicked. */
const STILL = 5;

/** Listens on a view; returns what ends that. @param {HTMLElement} view */
export function hands(view) {
  let from = null, moved = 0;
  const plot = () => view.querySelector(".axis").getBoundingClientRect();
  const on = (name, call, options) => (view.addEventListener(name, call, options), () => view.removeEventListener(name, call, options));
  const down = (event) => {
    moved = 0;
    if (event.button || event.pointerType === "touch" || !event.target.closest(".row .plot")) return;
    from = event.clientX;
  };
  const move = (event) => {
    if (from === null) return;
    const by = event.clientX - from;
    moved += Math.abs(by);
    if (moved < STILL) return;
    view.setPointerCapture(event.pointerId);
    pan(-by / plot().width);
    from = event.clientX;
  };
  const up = () => (from = null);
  const click = (event) => {
    if (moved >= STILL) event.stopPropagation();
    moved = 0;
  };
  const wheel = (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
    event.preventDefault();
    const { left, width } = plot(), lines = event.deltaMode === 1 ? 16 : 1;
    if (!event.ctrlKey && !event.metaKey) return pan(((event.deltaX || event.deltaY) * lines) / width);
    const share = Math.max(0, Math.min(1, (event.clientX - left) / width));
    zoom(Math.exp((-event.deltaY * lines) / 240), scale.value.from + share * (scale.value.to - scale.value.from));
  };
  const ends = [
    on("pointerdown", down), on("pointermove", move), on("pointerup", up), on("pointercancel", up),
    on("click", click, { capture: true }), on("wheel", wheel, { passive: false }),
  ];
  return () => ends.forEach((end) => end());
}
