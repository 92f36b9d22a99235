// The steps as a treegrid. Only the lines in sight are in the document, so that thousands cost as little as forty.
import { html, useEffect } from "../vendor.js";
import { now } from "../clock.js";
import { Icon, Phase } from "../icons.js";
import { Bar, Empty, Span } from "../parts.js";
import { at, go } from "../place.js";
import { clock, count, phaseWord, stamp, t, visible } from "../words.js";
import { id, useLines } from "./lines.js";
import { why } from "./row.js";
import { changed, filtered, toggle } from "./store.js";
import { foresee } from "./time/outlook.js";
import { instant } from "./time/past.js";
import { courseOf, Off } from "./time/plan.js";
import { below } from "./tree.js";

const TALL = 34;
const COLUMNS = ["step", "state", "message", "tries", "started", "duration", "node"];

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
    <div role="gridcell" class="duration"><${Span} start=${start} end=${end} />${!instant.value && html`<${Off} one=${courseOf(one)} />`}</div>
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

export function Table() {
  const { all, box, first, last, look, active, choose, keys } = useLines(TALL);
  useEffect(foresee, []);
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
