// Steps as lines under one another: which are in sight, where the keyboard is, and what keys do.
import { useEffect, useLayoutEffect, useRef, useState } from "../vendor.js";
import { at, go } from "../place.js";
import { filtered, lines, toggle } from "./store.js";

const MORE = 8;

/** The id of a line in the document. @param {number} number */
export const id = (number) => `line-${number}`;

/** Which lines are in sight. @param {{current: HTMLElement | null}} box @param {number} many @param {number} tall pixels of one */
function useSight(box, many, tall) {
  const [sight, setSight] = useState({ first: 0, last: 40 });
  const look = () => {
    const { scrollTop, clientHeight } = /** @type {HTMLElement} */ (box.current);
    const first = Math.max(0, Math.floor(scrollTop / tall) - MORE);
    const last = Math.ceil((scrollTop + clientHeight) / tall) + MORE;
    setSight((before) => (before.first === first && before.last === last ? before : { first, last }));
  };
  useLayoutEffect(look, [many]);
  useEffect(() => {
    const watching = new ResizeObserver(look);
    watching.observe(/** @type {HTMLElement} */ (box.current));
    return () => watching.disconnect();
  }, []);
  return { ...sight, look };
}

/**
 * The lines in a box that scrolls below a head of the same height. `box`: the reference to it; `keys`: what it does with keys.
 * @param {number} tall pixels of one line
 */
export function useLines(tall) {
  const box = useRef(/** @type {HTMLElement | null} */ (null)), all = lines.value;
  const { first, last, look } = useSight(box, all.length, tall);
  const [cursor, setCursor] = useState(() => Math.max(0, all.findIndex(({ node }) => node.path === at("step"))));
  const active = Math.min(cursor, Math.max(0, all.length - 1));
  const move = (to) => {
    const next = Math.max(0, Math.min(all.length - 1, to)), { current } = box;
    setCursor(next);
    const top = next * tall, bottom = top + 2 * tall - current.clientHeight;
    if (current.scrollTop > top) current.scrollTop = top;
    else if (current.scrollTop < bottom) current.scrollTop = bottom;
  };
  const choose = (number) => (setCursor(number), go({ step: all[number].node.path === at("step") ? "" : all[number].node.path }));
  const keys = (event) => {
    const line = all[active], page = Math.max(1, Math.floor(box.current.clientHeight / tall) - 2);
    const group = line?.node.children.length && !filtered.value;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -all.length, End: all.length };
    if (!line || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) move(active + steps[event.key]);
    else if (event.key === "ArrowRight" && group && !line.open) toggle(line.node.path);
    else if (event.key === "ArrowRight" && line.open) move(active + 1);
    else if (event.key === "ArrowLeft" && group && line.open) toggle(line.node.path);
    else if (event.key === "ArrowLeft") move(all.findIndex(({ node }) => node === line.node.parent));
    else if (event.key === "Enter" || event.key === " ") choose(active);
    else if (event.key === "Escape" && at("step")) go({ step: "" });
    else return;
    event.preventDefault();
  };
  return { all, box, first, last, look, active, choose, keys };
}
