// The line that is in the middle of what is in sight, as an address names it: by its pod and by when it was written.
import { useEffect, useRef } from "../../vendor.js";
import { at, go } from "../../place.js";
import { FIRST } from "./feed.js";
import { instant, together } from "./lines.js";

const SETTLED_MS = 400, PIECES_MS = 5_000;

/** Of which pod the line is that the address names; empty for none. */
export const podNamed = () => at("line").split(",")[0];

/**
 * The line of a pod that the address names: when it was written, and how many of the same instant come after it. Null for
 * one of another log, and for what is no name of a line.
 * @param {string} pod @returns {{when: string, after: number} | null}
 */
export function lineNamed(pod) {
  const [of, when, after] = at("line").split(",");
  return of === pod && instant(`${when} `) ? { when, after: Math.max(0, Number(after) || 0) } : null;
}

/** @param {string} pod @param {string[]} lines @param {number} index */
function name(pod, lines, index) {
  const when = instant(lines[index] ?? ""), after = together(lines, index) - 1;
  return when && [pod, when, ...(after ? [after] : [])].join();
}

/** Where that line is; if it is not there, the one that was written next. @param {string[]} lines @param {{when: string, after: number}} named */
function place(lines, { when, after }) {
  const next = lines.findIndex((line) => instant(line) >= when);
  if (next < 0) return lines.length - 1;
  const many = instant(lines[next]) === when ? together(lines, next) : 1;
  return next + Math.max(0, many - 1 - after);
}

/**
 * Brings the line that the address names into sight, and has the address name what is in sight.
 * @param {string} pod @param {import("./feed.js").Feed} feed @param {boolean} follow the end is in sight, which has no name
 * @param {(number: number) => void} bring
 * @returns {(number: number) => void} what is told which line is in the middle
 */
export function usePosition(pod, feed, follow, bring) {
  const sought = useRef(lineNamed(pod)), came = useRef(0), settling = useRef(0), following = useRef(follow);
  following.current = follow;
  const many = feed.lines.length, { state } = feed.standing.value;
  useEffect(() => {
    const named = sought.current;
    if (!named || !many) return undefined;
    const reach = async () => {
      sought.current = null;
      await feed.back(named.when, () => !following.current);
      if (!following.current) bring(feed.first + place(feed.lines, named));
    };
    came.current ||= Date.now();  // what the server sends at first comes in pieces, with pauses where it is busy
    const wait = many >= FIRST || state === "ended" ? 0 : Math.min(SETTLED_MS, came.current + PIECES_MS - Date.now());
    const soon = setTimeout(() => reach().catch(() => null), wait);
    return () => clearTimeout(soon);
  }, [feed.version.value, state]);
  useEffect(() => {
    if (follow && at("line")) sought.current = null, go({ line: "" }, { replace: true });
  }, [follow]);
  useEffect(() => () => clearTimeout(settling.current), []);
  return (number) => {
    const write = () => following.current || sought.current || go({ line: name(pod, feed.lines, number - feed.first) }, { replace: true });
    clearTimeout(settling.current);
    settling.current = setTimeout(write, SETTLED_MS);
  };
}
