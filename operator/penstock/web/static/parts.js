// What several views are made of.
import { html, useState } from "./vendor.js";
import { now } from "./clock.js";
import { Icon, Phase } from "./icons.js";
import { count, phaseWord, span, stamp, t } from "./words.js";

/** Phases in the order in which bars and chips have them: what has ended, what runs, what waits. */
export const PHASES = [
  "Succeeded", "Failed", "Cancelled", "Skipped", "Retrying", "Running", "Queued", "Pending",
];

/** How many steps stand how, as one bar. @param {{counts: Record<string, number>, label?: string}} props */
export function Bar({ counts, label = "" }) {
  const there = PHASES.filter((phase) => counts[phase]);
  const total = there.reduce((sum, phase) => sum + counts[phase], 0);
  const words = there.map((phase) => `${count(counts[phase])} ${phaseWord(phase)}`).join(t("comma"));
  return html`<span class="bar" role="img" aria-label=${label ? `${label}: ${words}` : words} title=${words}>
    ${there.map((phase) => html`<i key=${phase} data-phase=${phase} style=${{ flexGrow: counts[phase] / total }} />`)}
  </span>`;
}

/** A phase as a word with its sign. @param {{phase: string}} props */
export const Pill = ({ phase }) => html`<span class="pill" data-phase=${phase}><${Phase} phase=${phase} />${phaseWord(phase)}</span>`;

/** How long something takes or took. @param {{start: number | null, end: number | null}} props */
export function Span({ start, end }) {
  if (start === null) return null;
  return html`<span title=${stamp(start) + (end ? ` – ${stamp(end)}` : "")}>${span((end ?? now.value) - start)}</span>`;
}

/** How long ago. @param {{when: number}} props */
export const Ago = ({ when }) => html`<span title=${stamp(when)}>${t("ago", { span: span(now.value - when) })}</span>`;

/**
 * Chips that choose one of several. @param {{
 *   chosen: string, choose: (name: string) => void, label: string, total: number, counts: Record<string, number>}} props
 */
export function PhaseChips({ chosen, choose, label, total, counts }) {
  const there = [...PHASES, "Undoing", "Suspended", "Invalid"].filter((phase) => counts[phase] || phase === chosen);
  return html`<div class="chips" role="group" aria-label=${label}>
    <button type="button" aria-pressed=${!chosen} onClick=${() => choose("")}>${t("all")} <b>${count(total)}</b></button>
    ${there.map((phase) => html`<button type="button" key=${phase} aria-pressed=${phase === chosen}
      onClick=${() => choose(phase === chosen ? "" : phase)}>
      <${Phase} phase=${phase} />${phaseWord(phase)} <b>${count(counts[phase] ?? 0)}</b></button>`)}
  </div>`;
}

/** @param {{value: string, change: (text: string) => void, label: string}} props */
export const Search = ({ value, change, label }) => html`<label class="search">
  <${Icon} name="search" /><span class="unseen">${label}</span>
  <input type="search" value=${value} placeholder=${label} spellcheck="false" autocomplete="off"
    onInput=${(event) => change(event.currentTarget.value)} />
</label>`;

/** A command that one may want to run. @param {{text: string}} props */
export function Command({ text }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text).catch(() => null);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return html`<div class="command"><code>${text}</code>
    <button type="button" class="quiet" onClick=${copy} title=${t("copy")} aria-label=${t("copy")}>
      <${Icon} name="copy" />${copied && html`<span class="said" role="status">${t("copied")}</span>`}
    </button></div>`;
}

/** What stands where there is nothing to show; `whole`: on the whole page. @param {{title: string, whole?: boolean, children?: any}} props */
export const Empty = ({ title, whole = false, children }) =>
  html`<div class="empty">${whole ? html`<h1>${title}</h1>` : html`<p class="title">${title}</p>`}${children}</div>`;

/** @param {{kind?: string, children?: any}} props */
export const Notice = ({ kind = "info", children }) => html`<div class="notice" data-kind=${kind}>${children}</div>`;
