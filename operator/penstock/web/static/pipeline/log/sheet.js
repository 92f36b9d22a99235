// The lines of a log. All are of one height, and only those in sight are in the document.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../vendor.js";
import { t, visible } from "../../words.js";
import { marked, tokens } from "./ansi.js";
import { begin, instant } from "./lines.js";

const TALL = 18;
const AROUND = 12;
/** Characters of one line that are shown. */
const LONGEST = 4_000;

/** @param {{line: string, times: boolean, wanted: RegExp | null, current: boolean}} props */
function Line({ line, times, wanted, current }) {
  const whole = line.slice(begin(line)).replace(/\r$/, ""), when = instant(line);
  const parts = marked(tokens(whole.slice(0, LONGEST)), wanted);
  const rest = whole.length - LONGEST;
  return html`<div class="text" data-current=${current || undefined}>
    ${times && when && html`<time dateTime=${when} title=${when}>${when.slice(11, 23)} </time>`}${parts.map((part) => part.mark
      ? html`<mark class=${part.kind}>${visible(part.text)}</mark>` : part.kind ? html`<span class=${part.kind}>${visible(part.text)}</span>` : visible(part.text))}
    ${rest > 0 && html`<small>${t("log.longer", { n: rest })}</small>`}</div>`;
}

/**
 * `follow`: the end stays in sight; `goal`: the line to be brought into sight; `passes`: told which is in the middle of it.
 * @param {{feed: import("./feed.js").Feed, times: boolean, wanted: RegExp | null, follow: boolean, leave: () => void,
 *   arrive: () => void, goal: {number: number, found: boolean} | null, passes: (number: number) => void, label: string,
 *   children?: any}} props
 */
export function Sheet({ feed, times, wanted, follow, leave, arrive, goal, passes, label, children }) {
  feed.version.value;
  /** @type {{current: any}} */
  const box = useRef(null), before = useRef({ first: feed.first, top: 0, goal: null });
  const [sight, setSight] = useState({ from: 0, to: 60 });
  const many = feed.lines.length;
  const look = () => {
    const { scrollTop, clientHeight } = box.current;
    const from = Math.max(0, Math.floor(scrollTop / TALL) - AROUND), to = Math.ceil((scrollTop + clientHeight) / TALL) + AROUND;
    setSight((was) => (was.from === from && was.to === to ? was : { from, to }));
  };
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current, end = scrollHeight - clientHeight;
    const up = scrollTop < before.current.top - 1;
    before.current.top = scrollTop;
    if (follow && up && scrollTop < end - TALL) leave();
    if (!follow && !up && scrollTop >= end - 1 && end > 0) arrive();
    else if (many) passes(feed.first + Math.min(many - 1, Math.floor((scrollTop + clientHeight / 2) / TALL)));
    look();
  };
  useLayoutEffect(() => {
    const shift = before.current.first - feed.first;
    before.current.first = feed.first;
    if (goal && goal !== before.current.goal) box.current.scrollTop = (goal.number - feed.first + 0.5) * TALL - box.current.clientHeight / 2;
    else if (follow) box.current.scrollTop = box.current.scrollHeight;
    else if (shift) box.current.scrollTop += shift * TALL;
    before.current.goal = goal;
    before.current.top = box.current.scrollTop;
    look();
  });
  useEffect(() => {
    const watching = new ResizeObserver(() => (follow && (box.current.scrollTop = box.current.scrollHeight), look()));
    watching.observe(box.current);
    return () => watching.disconnect();
  }, [follow]);
  const from = Math.min(sight.from, many), seen = feed.lines.slice(from, sight.to);
  return html`<div class="sheet" tabindex="0" role="region" aria-label=${label} ref=${box} onScroll=${scrolled}>
    <div class="all" style=${{ height: `${many * TALL}px` }}>
      <div class="seen" style=${{ transform: `translateY(${from * TALL}px)` }}>${seen.map((line, place) => {
        const number = feed.first + from + place;
        return html`<${Line} key=${number} line=${line} times=${times} wanted=${wanted} current=${goal?.found && goal.number === number} />`;
      })}</div>
    </div>${children}
  </div>`;
}
