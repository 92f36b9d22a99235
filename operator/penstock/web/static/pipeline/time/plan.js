// The plan as an outline around the bars, what is expected as light bars, and by how much they differ.
import { html } from "../../vendor.js";
import { now } from "../../clock.js";
import { clock, span, t } from "../../words.js";
import { below } from "../tree.js";
import { outlook } from "./outlook.js";
import { percent } from "./scale.js";

/** Less than this many seconds is as planned. */
const SMALL = 1;

/** @param {import("../tree.js").Node} node @returns {import("./outlook.js").Course | null} of all steps of a group together */
export function courseOf(node) {
  const known = outlook.value;
  if (!known) return null;
  if (!node.children.length) return (node.row && known.rows.get(node.row.number)) ?? null;
  let planned = null, expected = null;
  const hull = (one, two) => (one && two ? [Math.min(one[0], two[0]), Math.max(one[1], two[1])] : one ?? two);
  for (const row of below(node)) {
    const one = known.rows.get(row.number);
    if (one) [planned, expected] = [hull(planned, one.planned), hull(expected, one.expected)];
  }
  return planned || expected ? { planned, expected, late: planned && expected ? expected[1] - planned[1] : null } : null;
}

/** @param {number} seconds */
export const lateness = (seconds) => (Math.abs(seconds) < SMALL ? t("late.not") : t(seconds > 0 ? "late.by" : "late.early", { span: span(Math.abs(seconds)) }));

/** What a plan says of a line, in words. @param {import("./outlook.js").Course | null} one */
export function told(one) {
  const when = ([from, to]) => `${clock(from, now.value)} – ${clock(to, now.value)}`;
  return [
    one?.planned && `${t("time.planned")} ${when(one.planned)}`, one?.expected && `${t("time.expected")} ${when(one.expected)}`,
    one && one.late !== null && lateness(one.late),
  ].filter(Boolean).join(t("comma"));
}

/** By how much it is later than planned, if it is. @param {{one: import("./outlook.js").Course | null}} props */
export const Off = ({ one }) =>
  one && one.late !== null && one.late >= SMALL ? html`<b class="off" title=${told(one)}>+${span(one.late)}</b>` : null;

const placed = ([from, to]) => ({ left: `${percent(from)}%`, width: `${Math.max(0, percent(to) - percent(from))}%` });

/** Below the bars of a line. @param {{one: import("./outlook.js").Course | null}} props */
export function Planned({ one }) {
  if (!one) return null;
  const coming = one.expected && [Math.max(one.expected[0], now.value), one.expected[1]];
  return html`${coming && coming[1] > coming[0] && html`<i class="coming" style=${placed(coming)} title=${told(one)} />`}
    ${one.planned && html`<i class="planned" style=${placed(one.planned)} title=${told(one)} />`}`;
}

/** How the whole compares. */
export function Summary() {
  const known = outlook.value;
  if (!known) return null;
  const { planned, expected, late } = known;
  const words = t("time.plan", { planned: span(planned), how: expected === null ? t("late.never") : `${t("time.ends", { span: span(expected) })} ${lateness(late ?? 0)}` });
  return html`<p class="summary" data-late=${(late ?? 0) > SMALL || undefined}>${words}</p>`;
}
