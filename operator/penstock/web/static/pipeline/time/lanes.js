// Each resource on the axis of the steps: held by this Pipeline, by others and by foreign pods, and what is free.
import { html } from "../../vendor.js";
import { now } from "../../clock.js";
import { Notice } from "../../parts.js";
import { clock, t, visible } from "../../words.js";
import { amount } from "./amounts.js";
import { Over, Under } from "./axis.js";
import { outlook } from "./outlook.js";
import { instant } from "./past.js";
import { percent, scale } from "./scale.js";
import { areas, stacked, valueAt } from "./stack.js";

const WIDE = 1000, HIGH = 40;

/** @param {{lane: import("./outlook.js").Lane, wide: number}} props */
function One({ lane, wide }) {
  const known = outlook.value, { from, to } = scale.value;
  const most = Math.max(lane.total ?? 0, ...stacked(lane, known.at).map(({ mine, others, foreign }) => mine + others + foreign), 1e-9);
  const x = (when) => Math.max(-10, Math.min(WIDE + 10, ((when - from) / (to - from)) * WIDE));
  const found = areas(stacked(lane, known.at), x, (n) => HIGH - (n / most) * HIGH, to);
  const here = valueAt(lane, known.at, instant.value || known.at), say = (n) => (n === null ? "?" : amount(lane.resource, n));
  const free = here.others === null || lane.total === null ? null : Math.max(0, lane.total - here.mine - here.others - here.foreign);
  const words = t("lane.said", { mine: say(here.mine), others: say(here.others), foreign: say(here.foreign), free: say(free), total: say(lane.total) });
  const first = x(lane.past[0][0]);
  let levels = [];
  return html`<li class="lane" aria-label=${`${lane.resource}: ${words}`}>
    <div class="named"><b title=${visible(lane.resource)}>${visible(lane.resource)}</b><small>${t("lane.free", { free: say(free), total: say(lane.total) })}</small></div>
    <div class="plot" title=${words}><${Under} wide=${wide} />
      <svg viewBox=${`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" aria-hidden="true">
        ${["mine", "others", "foreign"].map((who) => html`<path key=${who} class=${who} d=${found[who]} />`)}
        <rect class="to-come" x=${x(known.at)} y="0" width=${WIDE + 20} height=${HIGH} />
        ${lane.boxes.map(([path, start, end, held, reserved]) => {
          levels = levels.filter(([over]) => over > start);
          const under = levels.reduce((sum, [, n]) => sum + n, 0);
          levels.push([end, held]);
          return html`<rect key=${path} class="box" data-reserved=${reserved || undefined} x=${x(start)} width=${Math.max(1, x(end) - x(start))}
            y=${HIGH - ((under + held) / most) * HIGH} height=${(held / most) * HIGH}><title>${`${visible(path)}: ${say(held)}, ${t(reserved ? "lane.reserved" : "lane.planned")} ${clock(start, now.value)} – ${clock(end, now.value)}`}</title></rect>`;
        })}
      </svg>
      ${first > 0 && html`<i class="unseen-past" style=${{ width: `${Math.min(100, first / 10)}%` }} title=${t("lane.unknown")} />`}
      <${Over} />
    </div>
  </li>`;
}

const KEYS = ["mine", "others", "foreign", "reserved", "unknown"];

/** @param {{wide: number}} props */
export function Lanes({ wide }) {
  const known = outlook.value;
  if (!known) return null;
  return html`<section class="lanes" tabindex="0" aria-label=${t("lanes")}>
    <ul>${known.lanes.map((lane) => html`<${One} key=${lane.resource} lane=${lane} wide=${wide} />`)}</ul>
    <ul class="legend">${KEYS.map((key) => html`<li key=${key}><i class="key" data-key=${key} />${t(`lane.${key}`)}</li>`)}</ul>
    ${known.hidden.length > 0 && html`<${Notice} kind="warning">${t("hidden", { what: known.hidden.map((one) => visible(one)).join(t("comma")) })}</${Notice}>`}
    ${known.notes.map((note) => html`<p key=${note} class="faint">${visible(note)}</p>`)}
  </section>`;
}
