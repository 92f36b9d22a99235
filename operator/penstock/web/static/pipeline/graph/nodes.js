// The words of the boxes in sight. The canvas below draws all else.
import { html } from "../../vendor.js";
import { now } from "../../clock.js";
import { Icon, Phase } from "../../icons.js";
import { count, phaseWord, span, t, visible } from "../../words.js";
import { changed, parts } from "../store.js";
import { why } from "../row.js";
import { camera } from "./camera.js";
import { phaseOf } from "./paint.js";
import { close, near, stepOf } from "./scene.js";
import { isOpen, opens, shape, toggle } from "./shape.js";

/** So large are names on the screen, at least, as long as there is room. */
const LEAST = 11, ROOM = 30;

/** How one step stands, in a line. @param {import("../tree.js").Row} row */
function Standing({ row }) {
  changed.value;
  const undone = shape.value?.undo.has(row.task) && row.undo === "Succeeded";
  const long = row.start !== null && row.end !== null ? span(row.end - row.start) : row.start !== null && row.phase === "Running" ? span(now.value - row.start) : "";
  const words = undone ? t("undone") : phaseWord(row.phase);
  const more = ["Queued", "Failed", "Retrying", "Pending"].includes(row.phase) ? (row.reason === row.phase ? "" : row.reason) : "";
  return html`<span class="stands" data-phase=${undone ? "Undoing" : row.phase}>${[words, long, visible(more)].filter(Boolean).join(" · ")}</span>`;
}

/** How many stand how. */
function Counted({ part }) {
  changed.value;
  const ended = ["Succeeded", "Failed", "Skipped", "Cancelled"].reduce((sum, phase) => sum + (part.counts[phase] ?? 0), 0);
  const busy = ["Failed", "Running", "Retrying", "Queued"].filter((phase) => part.counts[phase])[0];
  return html`<span class="stands"><b>${count(ended)}/${count(part.total)}</b>
    ${busy && html`<span data-phase=${busy} class="word">${count(part.counts[busy])} ${phaseWord(busy)}</span>`}</span>`;
}

function Node({ box }) {
  changed.value;
  const part = parts.value.get(box.id), row = stepOf(box.id), group = opens(box), open = isOpen(box);
  const { x, y, width, height } = box, name = box.kind === "finally" ? "finally" : box.id.slice(box.id.lastIndexOf(".") + 1);
  const style = { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${open || box.kind === "finally" ? 32 : height}px` };
  const many = part && !row ? part.rows.length || box.times.slice(1) : 0;
  const flip = (event) => (event.stopPropagation(), toggle(box.id));
  const word = t(open ? "group.close" : "group.open", { name: visible(box.id) });
  return html`<div class="node" data-kind=${box.kind} style=${style} title=${row ? why(row) : undefined}>
    <div class="named">
      ${row && html`<${Phase} phase=${row.phase} />`}
      ${!row && box.kind !== "finally" && part && !group && html`<${Phase} phase=${phaseOf(part)} />`}
      ${group && html`<button type="button" class="flip" tabindex="-1" data-open=${open} title=${word} aria-label=${word} onClick=${flip}><${Icon} name="chevron" /></button>`}
      <span class="label">${visible(name)}</span>
      ${box.approval && html`<span class="badge">${t("approval")}</span>`}
      ${box.kind !== "finally" && many && close.value ? html`<small>×${typeof many === "number" ? count(many) : many}</small>` : null}
    </div>
    ${close.value && !open && box.kind !== "finally" && (row ? html`<${Standing} row=${row} />` : part && html`<${Counted} part=${part} />`)}
  </div>`;
}

export function Nodes() {
  const { left, top, zoom } = camera.value;
  const size = Math.max(14, Math.min(ROOM, LEAST / zoom));
  const style = { transform: `translate(${-left * zoom}px, ${-top * zoom}px) scale(${zoom})`, fontSize: `${size}px` };
  return html`<div class="nodes" data-close=${close.value} style=${style}><${Pool} /></div>`;
}

const Pool = () => near.value.map((box) => html`<${Node} key=${box.id} box=${box} />`);
