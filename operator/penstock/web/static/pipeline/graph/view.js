// The graph: boxes and arrows on a canvas, words above it, and what a hand or a key does to them.
import { effect, html, useEffect, useLayoutEffect, useRef } from "../../vendor.js";
import { Icon } from "../../icons.js";
import { Empty, Notice } from "../../parts.js";
import { at } from "../../place.js";
import { phaseWord, t, visible } from "../../words.js";
import { changed, parts, selected } from "../store.js";
import { asked, camera, first, inSight, look, rest, showing, size, whole, zoomed } from "./camera.js";
import { drags, NOTHING } from "./hand.js";
import { begin, keys } from "./keys.js";
import { Nodes } from "./nodes.js";
import { paint, phaseOf } from "./paint.js";
import { cursor, decided, pathOf, pointed, scene } from "./scene.js";
import { anchor, follow, shape, trouble } from "./shape.js";
import { marks } from "./undo.js";

/** The box that something is in: itself, or the closed composite around it. @param {string} path */
function boxOf(path) {
  const task = selected.value?.path === path && selected.value.row?.task;
  for (let id = task || path.replace(/\.\d+(?=\.|$)/g, ""); id; id = id.slice(0, Math.max(0, id.lastIndexOf(".")))) {
    const box = shape.value?.by.get(id);
    if (box) return box;
  }
  return null;
}

/** Keeps what one looks at where it is when the drawing is another; begins with what the address asks for. */
function settle(before) {
  const drawn = shape.value;
  if (!drawn || !size.value.width) return before;
  if (!before) {
    const busy = drawn.boxes.find((box) => box.kind !== "block" && ["Running", "Retrying"].includes(phaseOf(parts.value.get(box.id))));
    camera.value = asked() ?? first(drawn, busy);
  } else if (before !== drawn) {
    const kept = [anchor.id, cursor.value?.id, at("step"), ...before.boxes.filter((box) => inSight(box)).map((box) => box.id)];
    const id = kept.find((one) => one && before.by.has(one) && drawn.by.has(one));
    const old = before.by.get(id), now = drawn.by.get(id), { left, top, zoom } = camera.value;
    if (old && now) camera.value = { left: left + now.x - old.x, top: top + now.y - old.y, zoom };
    else camera.value = first(drawn, undefined);
  }
  return drawn;
}

function Legend() {
  return html`<ul class="legend" aria-hidden="true">
    <li data-line="data">${t("legend.data")}</li><li data-line="order">${t("legend.order")}</li>
    ${decided.value && html`<li data-line="critical">${t("legend.critical")}</li>`}
    ${marks.value.length > 0 && html`<li data-line="undo">${t("legend.undo")}</li>`}
  </ul>`;
}

const Zoom = () => html`<div class="zoom" role="group" aria-label=${t("zoom")}>
  <button type="button" class="quiet" title=${t("zoom.in")} aria-label=${t("zoom.in")} onClick=${() => look(zoomed(1.25))}><${Icon} name="plus" /></button>
  <button type="button" class="quiet" title=${t("zoom.out")} aria-label=${t("zoom.out")} onClick=${() => look(zoomed(0.8))}><${Icon} name="minus" /></button>
  <button type="button" class="quiet" title=${t("zoom.fit")} aria-label=${t("zoom.fit")} onClick=${() => shape.value && look(whole(shape.value))}><${Icon} name="fit" /></button>
</div>`;

/** What the keyboard is at, said to those who do not see it. */
function Said() {
  changed.value;
  const here = cursor.value;
  const part = here && parts.value.get(here.id), row = here && here.index >= 0 ? part?.rows[here.index] : null;
  return html`<p class="unseen" role="status">${here && `${visible(pathOf(here))}: ${phaseWord(row ? row.phase : phaseOf(part))}`}</p>`;
}

/** Which instance the mouse is on. */
function Hint() {
  changed.value;
  const one = pointed.value, row = one.index < 0 ? null : parts.value.get(one.id)?.rows[one.index];
  return row ? html`<p class="hint" aria-hidden="true"><b>${visible(row.path)}</b> ${phaseWord(row.phase)}</p>` : null;
}

export function Graph() {
  const box = useRef(null), canvas = useRef(null);
  useEffect(follow, []);
  useLayoutEffect(() => {
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = box.current, dense = devicePixelRatio || 1;
      Object.assign(canvas.current, { width: width * dense, height: height * dense });
      size.value = { width, height };
    };
    const watching = new ResizeObserver(measure);
    watching.observe(box.current);
    measure();
    let before = null, frame = 0;
    const settling = effect(() => (shape.value, size.value, (before = settle(before))));
    const painting = effect(() => {
      const now = scene.value;
      cancelAnimationFrame(frame);
      if (now) frame = requestAnimationFrame(() => canvas.current && paint(canvas.current.getContext("2d"), now));
    });
    const ends = drags(box.current);
    return () => (watching.disconnect(), settling(), painting(), ends(), rest(), cancelAnimationFrame(frame), (cursor.value = null), (pointed.value = NOTHING));
  }, []);
  const chosen = at("step");
  useEffect(() => {
    const one = chosen && boxOf(chosen);
    if (one) setTimeout(() => (camera.value = showing({ ...one, height: Math.min(one.height, 120), width: Math.min(one.width, 184) })), 60);
  }, [chosen]);
  const empty = shape.value && !shape.value.boxes.length;
  return html`<div class="graph">
    <div class="space" ref=${box} role="application" tabindex="0" aria-label=${t("graph")} aria-describedby="graph-help"
      onKeyDown=${keys} onFocus=${(event) => event.currentTarget.matches(":focus-visible") && (cursor.value = begin())}>
      <canvas ref=${canvas} aria-hidden="true" /><${Nodes} />
    </div>
    <p id="graph-help" class="unseen">${t("graph.help")}</p><${Said} />
    <${Zoom} /><${Legend} /><${Hint} />
    ${trouble.value && html`<${Notice} kind="warning">${visible(trouble.value)}</${Notice}>`}
    ${empty && html`<${Empty} title=${t("steps.none")} />`}
  </div>`;
}
