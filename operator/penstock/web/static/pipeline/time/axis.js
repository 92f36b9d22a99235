// The axis of time, with the cursor that looks back, and the lines that go down from it.
import { html } from "../../vendor.js";
import { now } from "../../clock.js";
import { Icon } from "../../icons.js";
import { Notice } from "../../parts.js";
import { clock, span, t } from "../../words.js";
import { instant, lookBack } from "./past.js";
import { look, percent, scale, ticks, zoom } from "./scale.js";

const FINE = 1000;

/** @param {{wide: number}} props pixels of the axis */
export function Axis({ wide }) {
  const { from, to } = scale.value, at = instant.value || Math.min(now.value, to);
  const slide = (event) => {
    const when = from + ((to - from) * Number(event.currentTarget.value)) / FINE;
    lookBack(when >= now.value ? 0 : when);
  };
  return html`<div class="axis">
    ${ticks(Math.max(2, wide / 84)).map(({ at, words }) => html`<span key=${at} style=${{ left: `${percent(at)}%` }}>${words}</span>`)}
    <input type="range" min="0" max=${FINE} value=${((at - from) / (to - from)) * FINE} onInput=${slide}
      aria-label=${t("time.cursor")} aria-valuetext=${instant.value ? clock(at, now.value) : t("time.now")} title=${t("time.cursor")} />
  </div>`;
}

/** Lines under all bars at round times. @param {{wide: number}} props */
export const Under = ({ wide }) => html`<div class="under" aria-hidden="true">
  ${ticks(Math.max(2, wide / 84)).map(({ at }) => html`<i key=${at} class="tick" style=${{ left: `${percent(at)}%` }} />`)}</div>`;

/** Lines over all bars: now, and the instant that one looks back to. */
export function Over() {
  const when = instant.value;
  return html`<div class="over" aria-hidden="true">
    <i class="now" style=${{ left: `${percent(now.value)}%` }} />
    ${when > 0 && html`<i class="veil" style=${{ left: `${percent(when)}%` }} />`}
  </div>`;
}

export const Zoom = () => html`<div class="closer" role="group" aria-label=${t("zoom")}>
  <button type="button" class="quiet" title=${t("zoom.in")} aria-label=${t("zoom.in")} onClick=${() => zoom(1.5)}><${Icon} name="plus" /></button>
  <button type="button" class="quiet" title=${t("zoom.out")} aria-label=${t("zoom.out")} onClick=${() => zoom(1 / 1.5)}><${Icon} name="minus" /></button>
  <button type="button" class="quiet" title=${t("zoom.fit")} aria-label=${t("zoom.fit")} onClick=${() => look(null)}><${Icon} name="fit" /></button>
</div>`;

/** Says that what is shown is past, in every lens. */
export function LookingBack() {
  const when = instant.value;
  if (!when) return null;
  return html`<${Notice} kind="warning"><span role="status">${t("time.past", { clock: clock(when, now.value), span: span(now.value - when) })}</span>
    <button type="button" class="strong small" onClick=${() => lookBack(0)}>${t("time.back")}</button></${Notice}>`;
}
