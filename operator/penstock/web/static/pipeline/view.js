// One Pipeline: how it stands, and its steps.
import { html, useEffect } from "../vendor.js";
import { now } from "../clock.js";
import { Icon } from "../icons.js";
import { later } from "../later.js";
import { Bar, Empty, Notice, PhaseChips, Pill, Search, Span } from "../parts.js";
import { at, go, link } from "../place.js";
import { count, span, stamp, t, visible } from "../words.js";
import { WholeActs } from "../acting/buttons.js";
import { Panel } from "./panel.js";
import { base, counts, failed, head, open, selected, snapshot, total } from "./store.js";
import { LookingBack } from "./time/axis.js";
import { begin as lookingBack, instant } from "./time/past.js";
import { follow } from "./time/times.js";

function Fact({ name, children }) {
  return html`<div class="fact"><dt>${name}</dt><dd>${children}</dd></div>`;
}

function Facts({ one }) {
  const left = one.eta && !one.end ? one.eta - now.value : null;
  return html`<dl class="facts">
    ${one.total > 0 && html`<${Fact} name=${t("column.progress")}>${t("steps.ended", { ended: count(one.ended), total: count(one.total) })}</${Fact}>`}
    ${one.start !== null && html`<${Fact} name=${t("column.duration")}><${Span} start=${one.start} end=${one.end} />
      ${left !== null && html`<small title=${stamp(one.eta)}>${t(left > 0 ? "eta" : "eta.past", { span: span(Math.abs(left)) })}</small>`}</${Fact}>`}
    ${one.revision > 0 && html`<${Fact} name=${t("revision", { n: "" })}>${one.revision}</${Fact}>`}
  </dl>`;
}

function Head({ one }) {
  const said = one.message || (["Completed", "Running", one.phase, ""].includes(one.reason) ? "" : one.reason);
  return html`<header class="head">
    <nav><a ...${link({})}>${t("pipelines")}</a><span aria-hidden="true">/</span><a ...${link({ namespace: one.namespace })}>${visible(one.namespace)}</a></nav>
    <div class="title">
      <h1>${visible(one.name)}</h1><${Pill} phase=${one.phase} />
      ${one.late && html`<span class="badge late" title=${visible(one.late)}>${t("late")}</span>`}
      <div class="acts"><${WholeActs} base=${base.value} name=${one.name} /></div>
      <span class="grow" /><${Facts} one=${one} />
    </div>
    ${one.description && html`<p class="faint">${visible(one.description)}</p>`}
    ${said && html`<p class="said" data-phase=${one.phase}>${visible(said)}</p>`}
    ${one.late && html`<${Notice} kind="warning">${visible(one.late)}</${Notice}>`}
    ${one.edited && html`<${Notice}>${t(snapshot.value.deferred ? "deferred" : "edited")}</${Notice}>`}
    ${snapshot.value.notes.map((note) => html`<${Notice} key=${note}>${visible(note)}</${Notice}>`)}
  </header>`;
}

const Problems = ({ problems }) => html`<section class="problems">
  <h2>${t("problems")}</h2>
  <ul>${problems.map((one) => html`<li key=${one.path + one.message}><code>${visible(one.path)}</code>
    <span>${visible(one.message)}</span> <small>${visible(one.reason)}</small></li>`)}</ul>
</section>`;

const LENSES = {
  graph: later(() => import("./graph/view.js").then((found) => found.Graph)),
  time: later(() => import("./time/view.js").then((found) => found.Time)),
  table: later(() => import("./table.js").then((found) => found.Table)),
  history: later(() => import("../past/view.js").then((found) => found.History)),
};
/** How it is looked at. */
const lens = () => (at("lens") in LENSES ? at("lens") : "graph");

function Lenses() {
  return html`<div class="lenses" role="group" aria-label=${t("lens")}>${Object.keys(LENSES).map((name) => html`<button type="button" key=${name}
    aria-pressed=${lens() === name} onClick=${() => go({ lens: name === "graph" ? "" : name })}><${Icon} name=${name} />${t(`lens.${name}`)}</button>`)}</div>`;
}

function Filters() {
  if (lens() === "history") return html`<div class="tools"><${Lenses} /></div>`;
  return html`<div class="tools"><${Lenses} />
    <${Search} value=${at("q")} label=${t("search")} change=${(q) => go({ q }, { replace: true })} />
    <${PhaseChips} label=${t("column.state")} chosen=${at("phase")} total=${total.value} counts=${counts.value}
      choose=${(phase) => go({ phase }, { replace: true })} />
  </div>`;
}

/** @param {{namespace: string, name: string}} props */
export function PipelineView({ namespace, name }) {
  useEffect(() => open(namespace, name), []);
  useEffect(lookingBack, []);
  const timed = lens() === "time" || instant.value > 0;
  useEffect(() => (timed ? follow() : undefined), [timed]);
  if (failed.value) return html`<main><${Empty} whole title=${t("failed")}><p>${visible(failed.value)}</p>
    <a class="strong" ...${link({})}>${t("back")}</a></${Empty}></main>`;
  if (!snapshot.value) return html`<main><${Empty} whole title=${t("loading")} /></main>`;
  const problems = snapshot.value.problems;
  return html`<main class="pipeline">
    <${Head} one=${head.value} />
    ${total.value > 0 && html`<div class="whole"><${Bar} counts=${counts.value} label=${t("column.progress")} /></div>`}
    ${problems.length > 0 && html`<${Problems} problems=${problems} />`}
    <${Filters} />
    <${LookingBack} />
    ${lens() === "history" ? html`<${LENSES.history} />` : html`<div class="split"><${LENSES[lens()]} />${selected.value && html`<${Panel} key=${selected.value.path} one=${selected.value} />`}</div>`}
  </main>`;
}
