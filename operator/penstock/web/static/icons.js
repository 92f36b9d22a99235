// Signs: each phase has a shape of its own, so that no colour has to be told from another.
import { html } from "./vendor.js";
import { phaseWord } from "./words.js";

const SHAPES = {
  Succeeded: html`<circle cx="8" cy="8" r="7" class="fill" /><path d="M4.6 8.3l2.3 2.3 4.5-4.8" class="cut" />`,
  Failed: html`<circle cx="8" cy="8" r="7" class="fill" /><path d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4" class="cut" />`,
  Invalid: html`<path d="M8 1.2l7 12.8H1z" class="fill" /><path d="M8 6v3.8M8 11.8v.4" class="cut" />`,
  Running: html`<circle cx="8" cy="8" r="6" class="track" /><path d="M8 2a6 6 0 0 1 6 6" class="line turning" />`,
  Retrying: html`<path d="M13.4 9.4A5.6 5.6 0 1 1 12.6 5" class="line" /><path d="M13.2 1.8v3.6H9.6" class="line" />`,
  Undoing: html`<path d="M2.6 9.4A5.6 5.6 0 1 0 3.4 5" class="line" /><path d="M2.8 1.8v3.6h3.6" class="line" />`,
  Queued: html`<circle cx="8" cy="8" r="6.2" class="line" /><path d="M8 4.4V8l2.4 1.6" class="line" />`,
  Suspended: html`<circle cx="8" cy="8" r="6.2" class="line" /><path d="M6.2 5.4v5.2M9.8 5.4v5.2" class="line" />`,
  Pending: html`<circle cx="8" cy="8" r="6.2" class="line dotted" />`,
  Skipped: html`<circle cx="8" cy="8" r="6.2" class="line" /><path d="M5 8h6" class="line" />`,
  Cancelled: html`<circle cx="8" cy="8" r="6.2" class="line" /><path d="M3.8 3.8l8.4 8.4" class="line" />`,
};

/** The sign of a phase. @param {{phase: string, named?: boolean}} props `named`: no word stands beside it */
export function Phase({ phase, named = false }) {
  const said = named ? { role: "img", "aria-label": phaseWord(phase) } : { "aria-hidden": "true" };
  return html`<svg class="sign" data-phase=${phase} viewBox="0 0 16 16" ...${said}>${SHAPES[phase] ?? SHAPES.Pending}</svg>`;
}

const DRAWN = {
  logo: html`<rect width="16" height="16" rx="4" class="brand" /><path d="M4 3v10M12 3v10M4 6h8" class="white" />
    <path d="M5.5 10c1-1 1.5-1 2.5 0s1.5 1 2.5 0M5.5 12.4c1-1 1.5-1 2.5 0s1.5 1 2.5 0" class="water" />`,
  chevron: html`<path d="M6 3.5l4.5 4.5L6 12.5" class="line" />`,
  search: html`<circle cx="7" cy="7" r="4.6" class="line" /><path d="M10.5 10.5L14 14" class="line" />`,
  close: html`<path d="M4 4l8 8M12 4l-8 8" class="line" />`,
  sun: html`<circle cx="8" cy="8" r="3" class="line" />
    <path d="M8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8L13 13M13 3l-1.2 1.2M4.2 11.8L3 13" class="line" />`,
  moon: html`<path d="M13.4 9.8A6 6 0 0 1 6.2 2.6a6 6 0 1 0 7.2 7.2z" class="line" />`,
  system: html`<rect x="1.8" y="2.8" width="12.4" height="8.4" rx="1.5" class="line" /><path d="M5.5 14h5" class="line" />`,
  copy: html`<rect x="5.5" y="5.5" width="8" height="8.5" rx="1.5" class="line" />
    <path d="M3.5 10.5h-.5a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v.5" class="line" />`,
  up: html`<path d="M3.5 10.5L8 6l4.5 4.5" class="line" />`,
  down: html`<path d="M3.5 5.5L8 10l4.5-4.5" class="line" />`,
  end: html`<path d="M4 2.5l4 4 4-4M4 7l4 4 4-4M3 13.8h10" class="line" />`,
  clock: html`<circle cx="8" cy="8" r="6.2" class="line" /><path d="M8 4.4V8l2.4 1.6" class="line" />`,
  download: html`<path d="M8 2v7.5M5 6.5l3 3 3-3M2.5 11v2a1 1 0 0 0 1 1h9a1 1 0 0 0 1-1v-2" class="line" />`,
  "act-rerun": html`<path d="M13.4 9.4A5.6 5.6 0 1 1 12.6 5" class="line" /><path d="M13.2 1.8v3.6H9.6" class="line" />`,
  "act-suspend": html`<path d="M5.5 3v10M10.5 3v10" class="line" />`,
  "act-resume": html`<path d="M4.5 3l8 5-8 5z" class="line" />`,
  "act-cancel": html`<rect x="3.5" y="3.5" width="9" height="9" rx="1.5" class="line" />`,
  "act-approve": html`<path d="M3 8.5l3.2 3.2L13 4.6" class="line" />`,
  "act-reject": html`<path d="M4 4l8 8M12 4l-8 8" class="line" />`,
  plus: html`<path d="M8 3v10M3 8h10" class="line" />`,
  minus: html`<path d="M3 8h10" class="line" />`,
  fit: html`<path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" class="line" />`,
  graph: html`<rect x="1.5" y="6" width="4" height="4" rx="1" class="line" /><rect x="10.5" y="2" width="4" height="4" rx="1" class="line" />
    <rect x="10.5" y="10" width="4" height="4" rx="1" class="line" /><path d="M5.5 8H8M8 8c1.5 0 1-4 2.5-4M8 8c1.5 0 1 4 2.5 4" class="line" />`,
  time: html`<path d="M2 3.5h6M5 8h7M8 12.5h6" class="line" />`,
  history: html`<path d="M2.4 8a5.6 5.6 0 1 0 1.8-4.1L2.4 5.6" class="line" /><path d="M2.4 2.2v3.4h3.4M8 5v3.2l2.2 1.4" class="line" />`,
  table: html`<path d="M2 3.5h12M2 8h12M2 12.5h12" class="line" />`,
  group: html`<rect x="2" y="2" width="5" height="5" rx="1" class="line" /><rect x="9" y="2" width="5" height="5" rx="1" class="line" />
    <rect x="2" y="9" width="5" height="5" rx="1" class="line" /><rect x="9" y="9" width="5" height="5" rx="1" class="line" />`,
};

/** @param {{name: keyof typeof DRAWN}} props */
export const Icon = ({ name }) => html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${DRAWN[name]}</svg>`;
