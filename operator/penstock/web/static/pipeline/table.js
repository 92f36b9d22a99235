// The steps as a treegrid. Only the lines in sight are in the document, so that thousands cost as little as forty.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor.js";
import { now } from "../clock.js";
import { Icon, Phase } from "../icons.js";
import { Bar, Empty, Span } from "../parts.js";
import { at, go } from "../place.js";
import { clock, count, phaseWord, stamp, t, visible } from "../words.js";
import { changed, filtered, lines, toggle } from "./store.js";
import { below } from "./tree.js";

const TALL = 34;
const MORE = 8;
const COLUMNS = ["step", "state", "message", "tries", "started", "duration", "node"];
const PLAIN = new Set(["", "Completed", "Running"]);
const id = (number) => `line-${number}`;

/** Why a step stands as it does, in one line. @param {import("./tree.js").Row} row */
export function why(row) {
  const undo = row.undo && t("undo", { phase: phaseWord(row.undo) });
  const reason = PLAIN.has(row.reason) || row.reason === row.phase ? "" : row.reason;
  const words = [reason, row.message].filter(Boolean).join(": ");
  return visible([row.orphan && t("orphan"), !row.made && t("not.made"), words, undo].filter(Boolean).join("; "));
}

/** From the first start to the last end; null as the end while one has not ended. */
function extent(one) {
  let start = null, end = 0;
  for (const row of below(one)) {
    if (row.start !== null) start = start === null ? row.start : Math.min(start, row.start);
    end = row.end === null ? Infinity : Math.max(end, row.end);
  }
  return { start, end: end === Infinity ? null : end };
}

function Cells({ one }) {
  changed.value;
  const row = one.children.length ? null : one.row;
  const { start, end } = row ?? extent(one);
  return html`
    <div role="gridcell" class="state">${row
      ? html`<span class="word" data-phase=${row.phase}>${phaseWord(row.phase)}</span>` : html`<${Bar} counts=${one.counts} />`}</div>
    <div role="gridcell" class="message" title=${row ? why(row) : ""}>${row ? why(row) : t("group.of", { n: count(one.total) })}</div>
    <div role="gridcell" class="tries">${row && row.attempt > 1 ? row.attempt : ""}</div>
    <div role="gridcell" class="started">${start !== null && html`<span title=${stamp(start)}>${clock(start, now.value)}</span>`}</div>
    <div role="gridcell" class="duration"><${Span} start=${start} end=${end} /></div>
    <div role="gridcell" class="node" title=${row ? visible(row.node) : ""}>${row ? visible(row.node) : ""}</div>`;
}

function Line({ line, number, top, active, choose }) {
  changed.value;
  const { node, open, place, of } = line;
  const group = node.children.length > 0;
  const expanded = group ? String(open) : undefined;
  const flip = (event) => (event.stopPropagation(), toggle(node.path));
  return html`<div role="row" id=${id(number)} class="row" style=${{ top: `${top}px` }} data-active=${active || undefined}
    aria-rowindex=${number + 2} aria-level=${node.depth} aria-posinset=${place} aria-setsize=${of} aria-expanded=${expanded}
    aria-selected=${String(at("step") === node.path)} onClick=${choose} onDblClick=${group ? flip : undefined}>
    <div role="rowheader" class="step" style=${{ paddingInlineStart: `${8 + (node.depth - 1) * 20}px` }}>
      ${group ? html`<span class="flip" data-open=${open} onClick=${flip}><${Icon} name="chevron" /></span>` : html`<span class="flip" />`}
      ${group ? html`<${Icon} name="group" />` : html`<${Phase} phase=${node.row.phase} />`}
      <span class="label">${node.index ? "#" : ""}${visible(node.name)}</span>
      ${group && html`<small>×${count(node.children.length)}</small>`}
    </div><${Cells} one=${node} />
  </div>`;
}

/** Which lines are in sight. @param {{current: HTMLElement | null}} box @param {number} many */
function useSight(box, many) {
  const [sight, setSight] = useState({ first: 0, last: 40 });
  const look = () => {
    const { scrollTop, clientHeight } = /** @type {HTMLElement} */ (box.current);
    const first = Math.max(0, Math.floor(scrollTop / TALL) - MORE);
    const last = Math.ceil((scrollTop + clientHeight) / TALL) + MORE;
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

export function Table() {
  const box = useRef(null), all = lines.value;
  const { first, last, look } = useSight(box, all.length);
  const [cursor, setCursor] = useState(() => Math.max(0, all.findIndex(({ node }) => node.path === at("step"))));
  const active = Math.min(cursor, Math.max(0, all.length - 1));
  const move = (to) => {
    const next = Math.max(0, Math.min(all.length - 1, to)), { current } = box;
    setCursor(next);
    const top = next * TALL, bottom = top + 2 * TALL - current.clientHeight;
    if (current.scrollTop > top) current.scrollTop = top;
    else if (current.scrollTop < bottom) current.scrollTop = bottom;
  };
  const choose = (number) => (setCursor(number), go({ step: all[number].node.path === at("step") ? "" : all[number].node.path }));
  const keys = (event) => {
    const line = all[active], page = Math.max(1, Math.floor(box.current.clientHeight / TALL) - 2);
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
  const seen = all.slice(first, last);
  return html`<div class="grid" role="treegrid" aria-label=${t("column.step")} aria-rowcount=${all.length + 1} tabindex="0"
    aria-activedescendant=${all.length ? id(active) : undefined} ref=${box} onScroll=${look} onKeyDown=${keys}>
    <div role="row" class="heads" aria-rowindex="1">${COLUMNS.map((name) => html`<div role="columnheader" key=${name} class=${name}>
      ${t(name === "message" ? "panel.message" : `column.${name}`)}</div>`)}</div>
    <div class="lines" role="rowgroup" style=${{ height: `${all.length * TALL}px` }}>
      ${seen.map((line, place) => html`<${Line} key=${line.node.path} line=${line} number=${first + place}
        top=${(first + place) * TALL} active=${first + place === active} choose=${() => choose(first + place)} />`)}
    </div>
    ${!all.length && html`<${Empty} title=${t(filtered.value ? "nothing.matches" : "steps.none")}>
      ${filtered.value && html`<button type="button" class="strong" onClick=${() => go({ q: "", phase: "" })}>${t("filters.clear")}</button>`}
    </${Empty}>`}
  </div>`;
}
