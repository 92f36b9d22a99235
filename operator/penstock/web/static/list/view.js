// All Pipelines: how each stands, and when it should be done.
import { html, useEffect } from "../vendor.js";
import { now } from "../clock.js";
import { Phase } from "../icons.js";
import { Ago, Bar, Command, Empty, Notice, PhaseChips, Search, Span } from "../parts.js";
import { address, at, go, link } from "../place.js";
import { count, phaseWord, span, stamp, t, visible } from "../words.js";
import { asks, counts, failed, late, matching, namespaces, open, scope, shown, total } from "./store.js";

const RUNS = new Set(["Running", "Undoing"]);
/** No filter. */
const NONE = { q: "", phase: "", namespace: "", late: "" };
const PLAIN = new Set(["", "Completed", "Running", "Succeeded", "Failed", "Cancelled"]);

/** When it should be done, or how long it took. */
function Time({ one }) {
  if (one.start === null) return html`<span class="faint">${t("not.started")}</span>`;
  const left = one.eta && !one.end ? one.eta - now.value : null;
  return html`<span><${Span} start=${one.start} end=${one.end} /></span>
    ${left !== null && RUNS.has(one.phase) && html`<small title=${stamp(one.eta)}>
      ${t(left > 0 ? "eta" : "eta.past", { span: span(Math.abs(left)) })}</small>`}`;
}

/** Why it stands as it does, where that says more than its phase. */
const why = (one) => visible([PLAIN.has(one.reason) || one.reason === one.phase ? "" : one.reason, one.message].filter(Boolean).join(": "));

/** What goes on in it. */
const busy = (one) => ["Running", "Retrying", "Queued"].filter((phase) => one.counts[phase] && !one.end)
  .map((phase) => `${count(one.counts[phase])} ${phaseWord(phase)}`).join(t("comma"));

const Row = ({ one }) => html`<tr data-phase=${one.phase}>
  <td class="name"><div><${Phase} phase=${one.phase} />
    <span><a ...${link({ pipeline: `${one.namespace}/${one.name}` })}>${visible(one.name)}</a>
      <small>${visible(one.namespace)}${one.description && ` · ${visible(one.description)}`}</small></span></div></td>
  <td class="state"><span class="word" data-phase=${one.phase}>${phaseWord(one.phase)}</span>
    ${one.late && html`<span class="badge late" title=${visible(one.late)}>${t("late")}</span>`}
    ${one.edited && html`<span class="badge" title=${t("edited")}>✎</span>`}
    <small title=${why(one) || busy(one)}>${why(one) || busy(one)}</small></td>
  <td class="progress">${one.total ? html`<${Bar} counts=${one.counts} label=${t("column.progress")} />
    <small>${t("steps.ended", { ended: count(one.ended), total: count(one.total) })}</small>` : html`<small>${t("steps.none")}</small>`}</td>
  <td class="time"><${Time} one=${one} /></td>
  <td class="started"><${Ago} when=${one.start ?? one.created} /></td>
</tr>`;

function Column({ name }) {
  const order = at("sort"), mine = order.replace("-", "") === name;
  const next = !mine ? name : order.startsWith("-") ? "" : `-${name}`;
  const sorted = mine ? (order.startsWith("-") ? "descending" : "ascending") : undefined;
  const word = t(`column.${name}`);
  return html`<th scope="col" class=${name} aria-sort=${sorted}>
    <button type="button" class="quiet" title=${t("sort", { column: word })} onClick=${() => go({ sort: next }, { replace: true })}>
      ${word}${mine && html`<span aria-hidden="true">${order.startsWith("-") ? " ↓" : " ↑"}</span>`}</button></th>`;
}

function Nothing() {
  if (total.value) return html`<${Empty} title=${t("nothing.matches")}>
    <a class="strong" href=${address(NONE)}
      onClick=${(event) => (event.preventDefault(), go(NONE))}>${t("filters.clear")}</a></${Empty}>`;
  return html`<${Empty} title=${t("nothing.yet")}><p>${t("nothing.yet.how")}</p>
    <${Command} text="kubectl apply -f pipeline.yaml" /></${Empty}>`;
}

export function ListView() {
  useEffect(open, []);
  if (failed.value) return html`<main><${Empty} whole title=${t("failed")}><p>${visible(failed.value)}</p>
    <button type="button" class="strong" onClick=${() => location.reload()}>${t("retry")}</button></${Empty}></main>`;
  if (scope.value === null) return html`<main><${Empty} whole title=${t("loading")} /></main>`;
  return html`<main class="list">
    <div class="titled"><h1>${t("pipelines")}</h1>
      ${asks.value.length > 0 && html`<a class="asking" ...${link({ view: "approvals" })}>${t("asks.count", { n: count(asks.value.length) })}</a>`}</div>
    ${scope.value && html`<${Notice}>${t("scope", { namespace: visible(scope.value) })}</${Notice}>`}
    <div class="tools">
      <${Search} value=${at("q")} label=${t("search")} change=${(q) => go({ q }, { replace: true })} />
      ${namespaces.value.length > 1 && html`<label><span class="unseen">${t("namespace")}</span>
        <select value=${at("namespace")} onChange=${(event) => go({ namespace: event.currentTarget.value })}>
          <option value="">${t("namespace.all")}</option>
          ${namespaces.value.map((one) => html`<option key=${one} value=${one}>${visible(one)}</option>`)}
        </select></label>`}
      <${PhaseChips} label=${t("column.state")} chosen=${at("phase")} total=${matching.value} counts=${counts.value}
        choose=${(phase) => go({ phase }, { replace: true })} />
      ${(late.value > 0 || at("late")) && html`<div class="chips"><button type="button" aria-pressed=${at("late") === "1"}
        onClick=${() => go({ late: at("late") ? "" : "1" }, { replace: true })}>${t("late")} <b>${count(late.value)}</b></button></div>`}
    </div>
    ${shown.value.length ? html`<div class="wide"><table>
      <thead><tr>${["name", "state", "progress", "time", "started"].map((name) => html`<${Column} key=${name} name=${name} />`)}</tr></thead>
      <tbody>${shown.value.map((one) => html`<${Row} key=${one.uid} one=${one} />`)}</tbody>
    </table></div>` : html`<${Nothing} />`}
  </main>`;
}
