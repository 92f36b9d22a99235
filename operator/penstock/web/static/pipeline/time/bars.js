// The bars of one line: a step's waits and attempts, or of a group how many waited and ran.
import { html } from "../../vendor.js";
import { now } from "../../clock.js";
import { clock, phaseWord, span, t, visible } from "../../words.js";
import { Off } from "./plan.js";
import { percent, scale } from "./scale.js";
import { phaseOf, waitKind } from "./reasons.js";
import { outline, profile } from "./profile.js";
import { times } from "./times.js";

/** @typedef {import("./times.js").Bar} Bar */

/** What a bar says. @param {Bar} bar */
function words(bar) {
  const took = span((bar.end ?? now.value) - bar.start);
  if (bar.kind === "wait") return t("time.waits", { span: took, why: why(bar.reason) });
  if (bar.kind === "unknown") return t("time.unknown", { span: took });
  const attempt = bar.attempt > 1 ? t("time.attempt", { n: bar.attempt }) : "";
  const how = bar.reason && bar.reason !== "Completed" ? visible(bar.reason) : phaseWord(phaseOf(bar));
  return [attempt, how, took].filter(Boolean).join(" · ");
}

const why = (reason) => (waitKind(reason) === "other" && reason ? visible(reason) : t(`wait.${waitKind(reason)}`));

/** What the bars of a step say one after the other. @param {Bar[]} bars */
export const said = (bars) => bars.map(words).join(t("comma"));

/** @param {{bar: Bar}} props */
function Bit({ bar }) {
  const end = bar.end ?? now.value, left = percent(bar.start), right = percent(end);
  if (right < 0 || left > 100) return null;
  const style = { left: `${left}%`, width: `${right - left}%` };
  const told = `${words(bar)}\n${clock(bar.start, now.value)} – ${bar.end === null ? "" : clock(bar.end, now.value)}`;
  if (bar.kind === "wait") return html`<i class="bit" data-kind="wait" data-wait=${waitKind(bar.reason)} style=${style} title=${told} />`;
  return html`<i class="bit" data-kind=${bar.kind} data-phase=${phaseOf(bar)} data-open=${bar.end === null || undefined} style=${style} title=${told} />`;
}

/** @param {{bars: Bar[], one: import("./outlook.js").Course | null}} props */
export function Step({ bars, one }) {
  const last = bars.at(-1), first = bars.find((bar) => bar.kind === "run");
  const end = last && (last.end ?? now.value), after = last ? percent(end) : 0;
  return html`${bars.map((bar, place) => html`<${Bit} key=${place} bar=${bar} />`)}
    ${first && after > 0 && after < 94 && html`<span class="took" style=${{ left: `${after}%` }}>${span(end - first.start)}
      <${Off} one=${one} /></span>`}`;
}

const HIGH = 20;

/** How many steps of a group waited and ran. @param {{node: import("../tree.js").Node}} props */
export function Group({ node }) {
  const known = times.value;
  if (!known) return null;
  const { from, to } = scale.value;
  const { runs, waits, most, bad } = profile(node, known, { from, to }, now.value);
  if (!most) return null;
  const title = t("time.most", { n: most });
  return html`<svg class="profile" viewBox=${`0 0 ${runs.length} ${HIGH}`} preserveAspectRatio="none" aria-hidden="true"><title>${title}</title>
      <path class="waits" d=${outline(waits, most, HIGH)} /><path class="runs" d=${outline(runs, most, HIGH)} /></svg>
    ${bad.map((at) => html`<i key=${at} class="fault" style=${{ left: `${at}%` }} />`)}`;
}
