// One resource of the cluster: as it was seen, and as it should go on.
import { html } from "../vendor.js";
import { amount } from "../pipeline/time/amounts.js";
import { areas } from "../pipeline/time/stack.js";
import { clock, t, visible } from "../words.js";

const WIDE = 1000, HIGH = 44;
/** Pictures begin and end at least so many seconds before and after now. */
const LEAST = 300;

/** @param {{lane: {resource: string, total: number | null, past: (number | null)[][], ahead: number[][]}, at: number}} props */
export function Lane({ lane, at }) {
  const [, total, own, foreign] = lane.past.at(-1), say = (n) => (n === null ? "?" : amount(lane.resource, n));
  const from = Math.min(lane.past[0][0], at - LEAST), to = Math.max(lane.ahead.at(-1)?.[0] ?? at, at + LEAST);
  const levels = [
    ...lane.past.slice(0, -1).map(([when, , mine, others]) => ({ at: when, mine, others: 0, foreign: others })),
    ...lane.ahead.map(([when, mine]) => ({ at: when, mine, others: 0, foreign })),
  ];
  const most = Math.max(lane.total ?? 0, ...levels.map((one) => one.mine + one.foreign), 1e-9);
  const x = (when) => ((when - from) / (to - from)) * WIDE, found = areas(levels, x, (n) => HIGH - (n / most) * HIGH, to);
  const free = total === null ? null : Math.max(0, total - own - foreign), unknown = x(lane.past[0][0]);
  const words = t("capacity.gauge", { own: say(own), foreign: say(foreign), free: say(free), total: say(total) });
  return html`<li class="whole-lane" aria-label=${`${lane.resource}: ${words}`}>
    <div class="named"><b title=${visible(lane.resource)}>${visible(lane.resource)}</b><small>${t("lane.free", { free: say(free), total: say(total) })}</small></div>
    <div class="plot lane" title=${words}><svg viewBox=${`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="mine" d=${found.mine} /><path class="foreign" d=${found.foreign} /><rect class="to-come" x=${x(at)} y="0" width=${WIDE} height=${HIGH} /></svg>
      ${unknown > 0 && html`<i class="unseen-past" style=${{ width: `${unknown / 10}%` }} title=${t("lane.unknown")} />`}
      <i class="at" style=${{ left: `${x(at) / 10}%` }} /></div>
    <div class="times" aria-hidden="true"><small>${clock(from, at)}</small><small>${clock(to, at)}</small></div>
  </li>`;
}
