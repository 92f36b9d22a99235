// All schedules: when each fires next, and how its Pipelines went.
import { html } from "../vendor.js";
import { now } from "../clock.js";
import { Phase } from "../icons.js";
import { Command, Empty, Notice, Search } from "../parts.js";
import { address, at, go } from "../place.js";
import { count, phaseWord, span, stamp, t, visible } from "../words.js";
import { One } from "./one.js";
import { useSchedules } from "./store.js";

/** How many of the last Pipelines have a sign in the list. */
const SIGNS = 8;

/** @param {import("./one.js").Schedule} one */
const id = (one) => `${one.namespace}/${one.name}`;

function State({ one }) {
  if (one.problem) return html`<span class="word" data-phase="Invalid">${phaseWord("Invalid")}</span>`;
  if (one.suspended) return html`<span class="word" data-phase="Suspended">${phaseWord("Suspended")}</span>`;
  const [next] = one.upcoming;
  return next ? html`<span title=${stamp(next.at)}>${t("schedule.in", { span: span(next.at - now.value) })}</span>` : t("schedule.never");
}

/** The last Pipelines, the latest at the right. @param {{made: import("./one.js").Made[]}} props */
const Last = ({ made }) => html`<span class="last">${made.filter((one) => !one.backfill).slice(0, SIGNS).reverse().map((one) => html`<span key=${one.name}
  title=${`${visible(one.name)}: ${phaseWord(one.phase)}`}><${Phase} phase=${one.phase} named /></span>`)}</span>`;

function Row({ one, chosen }) {
  const open = (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go({ schedule: id(one) });
  };
  return html`<tr aria-selected=${chosen}>
    <td class="number"><a aria-current=${chosen ? "true" : undefined} href=${address({ schedule: id(one) })} onClick=${open}>${visible(one.name)}</a>
      <small>${visible(one.namespace)}</small></td>
    <td class="brief"><code>${visible(one.line)}</code> <small>${visible(one.zone)}</small></td>
    <td class="brief"><${State} one=${one} /></td>
    <td class="brief"><${Last} made=${one.made} />${one.active > 0 && html`<small>${t("schedule.active", { n: count(one.active) })}</small>`}</td>
    <td class="brief">${one.fill && html`${count(one.fill.passed)} / ${count(one.fill.ticks)}`}</td>
  </tr>`;
}

const HEADS = ["column.name", "schedule.line", "schedule.next", "schedule.last", "backfill"];

function Nothing({ some }) {
  if (some) return html`<${Empty} title=${t("nothing.matches")}><button type="button" class="strong" onClick=${() => go({ q: "" })}>${t("filters.clear")}</button></${Empty}>`;
  return html`<${Empty} title=${t("schedule.nothing")}><p>${t("nothing.yet.how")}</p><${Command} text="kubectl apply -f schedule.yaml" /></${Empty}>`;
}

export function SchedulesView() {
  const { told, failed, again } = useSchedules();
  if (failed) return html`<main><${Empty} whole title=${t("failed")}><p>${visible(failed)}</p>
    <button type="button" class="strong" onClick=${again}>${t("retry")}</button></${Empty}></main>`;
  if (!told) return html`<main><${Empty} whole title=${t("loading")} /></main>`;
  const asked = at("q").toLowerCase();
  const shown = told.schedules.filter((one) => `${id(one)} ${one.line} ${one.description}`.toLowerCase().includes(asked));
  const chosen = shown.find((one) => id(one) === at("schedule")) ?? shown[0];
  return html`<main class="asked"><h1>${t("schedules")}</h1>
    ${told.scope && html`<${Notice}>${t("schedule.scope", { namespace: visible(told.scope) })}</${Notice}>`}
    ${told.hidden && html`<${Notice} kind="warning">${visible(told.hidden)}</${Notice}>`}
    ${told.schedules.length > 0 && html`<div class="tools"><${Search} value=${at("q")} label=${t("schedule.search")} change=${(q) => go({ q }, { replace: true })} /></div>`}
    ${shown.length ? html`<div class="wide" tabindex="0" role="region" aria-label=${t("schedules")}><table class="plain pick">
      <thead><tr>${HEADS.map((name) => html`<th key=${name} scope="col">${t(name)}</th>`)}</tr></thead>
      <tbody>${shown.map((one) => html`<${Row} key=${one.uid} one=${one} chosen=${one === chosen} />`)}</tbody></table></div>
      <${One} key=${chosen.uid} one=${chosen} />` : html`<${Nothing} some=${told.schedules.length > 0} />`}
  </main>`;
}
