// What a step wrote: which of its pods, what is searched for, and the lines.
import { html, useEffect, useMemo, useRef, useState } from "../../vendor.js";
import { Icon } from "../../icons.js";
import { ask } from "../../net.js";
import { at, go } from "../../place.js";
import { Search } from "../../parts.js";
import { count, t, visible } from "../../words.js";
import { base, changed } from "../store.js";
import { Feed } from "./feed.js";
import { lineNamed, podNamed, usePosition } from "./position.js";
import { Found, pattern } from "./search.js";
import { Sheet } from "./sheet.js";

/** @typedef {{pod: string, attempt: number, replica: number | null, undo: boolean, ended: boolean}} Source */

/** @param {Source} one */
function title(one) {
  const name = t(one.undo ? "log.undo" : "log.attempt", { n: one.attempt });
  return one.replica === null ? name : `${name}${t("comma")}${t("log.replica", { n: one.replica })}`;
}

/** Has the browser download the whole, by an address that holds once. */
async function download(step, pod) {
  const told = await (await ask(`${step}/log/ticket?pod=${encodeURIComponent(pod)}`, { method: "POST" })).json();
  const link = document.createElement("a");
  link.href = new URL(told.path, document.baseURI).href;
  link.download = "";
  link.click();
}

/** @param {{feed: Feed, failed: string, find: number[], place: number}} props */
function Standing({ feed, failed }) {
  const { state, why } = feed.standing.value;
  feed.version.value;
  const words = failed || why;
  return html`<p class="stands" role="status" data-state=${failed ? "failed" : state}><span>${t(`log.is.${state}`)}</span>
    <span>${t("log.lines", { n: count(feed.lines.length) })}</span>${words && html`<span class="why">${visible(words)}</span>`}</p>`;
}

/** @param {{step: string, one: Source, children?: any}} props */
function Log({ step, one, children }) {
  const feed = useMemo(() => new Feed(step, one.pod), [step, one.pod]);
  const found = useRef(new Found()), [follow, setFollow] = useState(() => !lineNamed(one.pod));
  const [goal, setGoal] = useState(/** @type {{number: number, found: boolean} | null} */ (null)), [failed, setFailed] = useState("");
  useEffect(() => (feed.open(), () => feed.close()), [feed]);
  feed.version.value;
  const text = at("find"), times = at("times") === "1", numbers = found.current.look(feed, text);
  const place = goal?.found ? numbers.indexOf(goal.number) : -1;
  const passes = usePosition(one.pod, feed, follow, (number) => setGoal({ number, found: false }));
  const next = (by) => {
    if (!numbers.length) return;
    setFollow(false);
    setGoal({ number: numbers[(place < 0 ? (by < 0 ? numbers.length - 1 : 0) : place + by + numbers.length) % numbers.length], found: true });
  };
  const keys = (event) => event.key === "Enter" && (event.preventDefault(), next(event.shiftKey ? 1 : -1));
  const told = (asked) => asked.then(() => setFailed("")).catch((error) => feed.ended.signal.aborted || setFailed(error.message));
  const earlier = () => (setFollow(false), told(feed.earlier()));
  const button = (name, label, act, pressed) => html`<button type="button" class="quiet" aria-label=${label} title=${label}
    aria-pressed=${pressed} onClick=${act}><${Icon} name=${name} /></button>`;
  return html`<div class="bar-of-log">${children}
      <span class="find" onKeyDown=${keys}><${Search} value=${text} label=${t("log.find")} change=${(find) => (setGoal(null), go({ find }, { replace: true }))} />
        ${text && html`<small role="status">${t("log.found", { at: place < 0 ? "–" : count(place + 1), n: count(numbers.length) })}</small>
        ${button("up", t("log.before"), () => next(-1))}${button("down", t("log.after"), () => next(1))}`}</span>
      <span class="grow" />
      ${button("end", t("log.follow"), () => setFollow(!follow), String(follow))}
      ${button("clock", t("log.times"), () => go({ times: times ? "" : "1" }, { replace: true }), String(times))}
      ${button("download", t("log.whole"), () => told(download(step, one.pod)))}</div>
    ${feed.more && html`<button type="button" class="earlier" onClick=${earlier}>${t("log.earlier")}</button>`}
    <${Sheet} feed=${feed} times=${times} wanted=${pattern(text)} follow=${follow} goal=${goal} label=${t("log.of", { title: title(one) })} passes=${passes}
      leave=${() => setFollow(false)} arrive=${() => setFollow(true)} />
    <${Standing} feed=${feed} failed=${failed} />`;
}

/** The logs of a step. @param {{row: import("../tree.js").Row}} props */
export function Logs({ row }) {
  changed.value;
  const [told, setTold] = useState(/** @type {Source[] | null} */ (null)), [failed, setFailed] = useState("");
  const step = `${base.value}/steps/${encodeURIComponent(row.path)}`;
  useEffect(() => {
    const asking = new AbortController();
    ask(`${step}/logs`, { signal: asking.signal }).then((answer) => answer.json())
      .then((found) => (setTold(found.logs), setFailed(""))).catch((error) => asking.signal.aborted || setFailed(error.message));
    return () => asking.abort();
  }, [step, row.phase, row.attempt, row.undo]);
  if (failed) return html`<p class="faint">${visible(failed)}</p>`;
  if (!told) return html`<p class="faint">${t("loading")}</p>`;
  if (!told.length) return html`<p class="faint">${t("log.none")}</p>`;
  const one = told.find(({ pod }) => [at("log"), podNamed()].includes(pod)) ?? told[0];
  return html`<section class="log"><${Log} key=${one.pod} step=${step} one=${one}>
    <label><span class="unseen">${t("log.which")}</span><select value=${one.pod} onChange=${(event) => go({ log: event.currentTarget.value, line: "" })}>
      ${told.map((other) => html`<option key=${other.pod} value=${other.pod}>${title(other)}</option>`)}</select></label></${Log}></section>`;
}
