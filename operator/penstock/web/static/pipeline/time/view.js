// Steps on an axis of time: what each waited for, when it ran, attempt by attempt.
import { html, useEffect, useLayoutEffect, useState } from "../../vendor.js";
import { Icon, Phase } from "../../icons.js";
import { Empty, Notice } from "../../parts.js";
import { at, go } from "../../place.js";
import { count, t, visible } from "../../words.js";
import { id, useLines } from "../lines.js";
import { changed, filtered, toggle } from "../store.js";
import { Axis, Over, Under, Zoom } from "./axis.js";
import { Group, said, Step } from "./bars.js";
import { hands } from "./hand.js";
import { Lanes } from "./lanes.js";
import { foresee, outlook, unknown } from "./outlook.js";
import { courseOf, Planned, Summary, told } from "./plan.js";
import { WAITS, waitKind } from "./reasons.js";
import { begin, look, pan, rest, zoom } from "./scale.js";
import { times, trouble } from "./times.js";

const TALL = 30;

function Line({ line, number, top, active, choose }) {
  changed.value;
  const { node, open, place, of } = line, group = node.children.length > 0;
  const flip = (event) => (event.stopPropagation(), toggle(node.path));
  const course = courseOf(node);
  const bars = node.row ? times.value?.bars[node.row.number] ?? [] : [];
  return html`<div role="row" id=${id(number)} class="row" style=${{ top: `${top}px` }} data-active=${active || undefined}
    aria-rowindex=${number + 2} aria-level=${node.depth} aria-posinset=${place} aria-setsize=${of} aria-expanded=${group ? String(open) : undefined}
    aria-selected=${String(at("step") === node.path)} onClick=${choose} onDblClick=${group ? flip : undefined}>
    <div role="rowheader" class="step" style=${{ paddingInlineStart: `${8 + (node.depth - 1) * 16}px` }}>
      ${group ? html`<span class="flip" data-open=${open} onClick=${flip}><${Icon} name="chevron" /></span>` : html`<span class="flip" />`}
      ${group ? html`<${Icon} name="group" />` : html`<${Phase} phase=${node.row.phase} />`}
      <span class="label">${node.index ? "#" : ""}${visible(node.name)}</span>
      ${group && html`<small>×${count(node.children.length)}</small>`}
    </div>
    <div role="gridcell" class="plot" aria-label=${[group ? t("group.of", { n: count(node.total) }) : said(bars) || t("not.started"), told(course)].filter(Boolean).join(t("comma"))}>
      <${Planned} one=${course} />${group ? html`<${Group} node=${node} />` : html`<${Step} bars=${bars} one=${course} />`}</div>
  </div>`;
}

function Legend() {
  const there = new Set((times.value?.bars ?? []).flat().filter((bar) => bar.kind === "wait").map((bar) => waitKind(bar.reason)));
  return html`<ul class="legend">
    ${WAITS.filter((kind) => there.has(kind)).map((kind) => html`<li key=${kind}><i class="bit" data-kind="wait" data-wait=${kind} />${t(`wait.${kind}`)}</li>`)}
    <li><i class="bit" data-kind="run" data-phase="Running" />${t("time.runs")}</li>
    ${outlook.value && html`<li><i class="key coming" />${t("time.expected")}</li><li><i class="key planned" />${t("time.planned")}</li>`}
  </ul>`;
}

/** How wide the part is that bars are drawn in. */
function useWidth(box) {
  const [wide, setWide] = useState(800);
  useLayoutEffect(() => {
    const measure = () => setWide(box.current.querySelector(".axis")?.clientWidth || 800);
    const watching = new ResizeObserver(measure);
    watching.observe(box.current);
    return () => watching.disconnect();
  }, []);
  return wide;
}

export function Time() {
  const { all, box, first, last, look: scrolled, active, choose, keys } = useLines(TALL);
  const wide = useWidth(box);
  useEffect(() => {
    begin();
    const ends = hands(box.current);
    const done = foresee();
    return () => (ends(), done(), rest());
  }, []);
  const pressed = (event) => {
    const moves = { "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: () => look(null) };
    if (event.target.closest("input")) return;
    if (event.shiftKey && event.key === "ArrowLeft") pan(-0.1);
    else if (event.shiftKey && event.key === "ArrowRight") pan(0.1);
    else if (event.key in moves && !event.ctrlKey && !event.metaKey) moves[event.key]();
    else return keys(event);
    event.preventDefault();
  };
  return html`<div class="timed"><div class="grid time" role="treegrid" aria-label=${t("time")} aria-rowcount=${all.length + 1} tabindex="0" aria-describedby="time-help"
    aria-activedescendant=${all.length ? id(active) : undefined} ref=${box} onScroll=${scrolled} onKeyDown=${pressed}>
    <div role="row" class="heads" aria-rowindex="1"><div role="columnheader" class="step">${t("column.step")}</div>
      <div role="columnheader" class="plot" aria-label=${t("time")}><${Axis} wide=${wide} /></div></div>
    <div class="lines" role="rowgroup" style=${{ height: `${all.length * TALL}px` }}>
      <${Under} wide=${wide} />
      ${all.slice(first, last).map((line, place) => html`<${Line} key=${line.node.path} line=${line} number=${first + place}
        top=${(first + place) * TALL} active=${first + place === active} choose=${() => choose(first + place)} />`)}
      <${Over} />
    </div>
    ${!all.length && html`<${Empty} title=${t(filtered.value ? "nothing.matches" : "steps.none")}>
      ${filtered.value && html`<button type="button" class="strong" onClick=${() => go({ q: "", phase: "" })}>${t("filters.clear")}</button>`}
    </${Empty}>`}
  </div>
  <p id="time-help" class="unseen">${t("time.help")}</p>
  <footer><${Legend} /><${Summary} /><${Zoom} /></footer>
  <${Lanes} wide=${wide} />
  ${unknown.value && !outlook.value && html`<${Notice} kind="warning">${visible(unknown.value)}</${Notice}>`}
  ${trouble.value && html`<${Notice} kind="warning">${visible(trouble.value)}</${Notice}>`}</div>`;
}
