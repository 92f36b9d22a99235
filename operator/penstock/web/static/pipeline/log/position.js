// The line that is in the middle of what is in sight, as an address names it: by when it was written.
import { useEffect, useRef } from "../../vendor.js";
import { at, go } from "../../place.js";
import { FIRST, MOST_LINES } from "./feed.js";
import { instant } from "./lines.js";

const SETTLED_MS = 400;

/** When it was written and, if others of the same instant come after it, how many. @param {string[]} lines @param {number} index */
function name(lines, index) {
  const when = instant(lines[index] ?? "");
  let after = 0;
  while (when && index + after + 1 < lines.length && instant(lines[index + after + 1]) === when) after += 1;
  return when && after ? `${when},${after}` : when;
}

/** Where that line is; if it is not there, the one that was written next. @param {string[]} lines @param {string} text */
function place(lines, text) {
  const [when, after] = text.split(","), next = lines.findIndex((line) => instant(line) >= when);
  if (next < 0) return lines.length - 1;
  let last = next;
  while (last + 1 < lines.length && instant(lines[last + 1]) === when) last += 1;
  return Math.max(next, last - (Number(after) || 0));
}

/**
 * Brings the line that the address names into sight, and has the address name what is in sight.
 * @param {import("./feed.js").Feed} feed @param {boolean} follow the end is in sight, which has no name
 * @param {(number: number) => void} bring
 * @returns {(number: number) => void} what is told which line is in the middle
 */
export function usePosition(feed, follow, bring) {
  const sought = useRef(at("line")), came = useRef(0), settling = useRef(0), following = useRef(follow);
  following.current = follow;
  const many = feed.lines.length, { state } = feed.standing.value;
  useEffect(() => {
    const text = sought.current;
    if (!text || !many) return undefined;
    const before = () => instant(feed.lines[0]) >= text.split(",")[0];
    const reach = async () => {
      sought.current = "";
      while (before() && feed.more && feed.lines.length < MOST_LINES) await feed.earlier();
      bring(feed.first + place(feed.lines, text));
    };
    came.current ||= Date.now();  // what the server sends at first comes in pieces
    const wait = many >= FIRST || state === "ended" ? 0 : came.current + SETTLED_MS - Date.now();
    const soon = setTimeout(() => reach().catch(() => null), wait);
    return () => clearTimeout(soon);
  }, [feed.version.value, state]);
  useEffect(() => {
    if (follow && at("line")) sought.current = "", go({ line: "" }, { replace: true });
  }, [follow]);
  useEffect(() => () => clearTimeout(settling.current), []);
  return (number) => {
    const write = () => following.current || sought.current || go({ line: name(feed.lines, number - feed.first) }, { replace: true });
    clearTimeout(settling.current);
    settling.current = setTimeout(write, SETTLED_MS);
  };
}
