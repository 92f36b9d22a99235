// What a manifest would do: until when, what of each step, and what is wrong with it.
import { html } from "../vendor.js";
import { Changes, Fates } from "../past/changes.js";
import { Empty } from "../parts.js";
import { link } from "../place.js";
import { count, span, t, visible } from "../words.js";

/** @typedef {{seconds: number, steps: number, path: string[], bottleneck: string, stuck: {path: string, reason: string, message: string}[], stuck_count: number}} Makespan */

/** @param {number} n */
const steps = (n) => (n === 1 ? t("plan.step") : t("group.of", { n: count(n) }));

/** How a makespan differs from another. @param {{before: Makespan | null, now: Makespan}} props */
function Difference({ before, now }) {
  if (!before || before.stuck_count || now.stuck_count) return null;
  const by = Math.round(now.seconds - before.seconds);
  const word = by === 0 ? t("plan.same") : t(by > 0 ? "plan.later" : "plan.sooner", { span: span(Math.abs(by)) });
  return html`<small data-worse=${by > 0}>${word}</small>`;
}

/** @param {{name: string, children?: any}} props */
const Figure = ({ name, children }) => html`<div class="fact"><dt>${name}</dt><dd>${children}</dd></div>`;

/** @param {{told: {whole: Makespan, before: Makespan | null, left: Makespan}}} props */
function Figures({ told: { whole, before, left } }) {
  return html`<dl class="facts">
    <${Figure} name=${t("plan.left")}>${left.steps ? html`${span(left.seconds)} <small>${steps(left.steps)}</small>` : t(left.stuck_count ? "plan.cannot" : "plan.nothing")}</${Figure}>
    ${before && html`<${Figure} name=${t("plan.before")}>${span(before.seconds)} <small>${steps(before.steps)}</small></${Figure}>`}
    <${Figure} name=${t("plan.whole")}>${span(whole.seconds)} <small>${steps(whole.steps)}</small>${" "}<${Difference} before=${before} now=${whole} /></${Figure}>
    ${whole.bottleneck && html`<${Figure} name=${t("plan.bottleneck")}>${visible(whole.bottleneck)}</${Figure}>`}
  </dl>
  ${left.path.length > 0 && html`<p class="faint path">${t("legend.critical")}: ${left.path.map((path) => visible(path)).join(" → ")}</p>`}`;
}

/** @param {{of: Makespan}} props */
function Stuck({ of: { stuck, stuck_count } }) {
  if (!stuck_count) return null;
  return html`<section class="problems"><h2>${t("plan.stuck")}</h2><ul>${stuck.map((one) => html`<li key=${one.path}><code>${visible(one.path)}</code>${" "}<span>${visible(one.message)}</span> <small>${visible(one.reason)}</small></li>`)}</ul>
    ${stuck_count > stuck.length && html`<p>${t("plan.stuck.more", { n: count(stuck_count - stuck.length) })}</p>`}</section>`;
}

/** @param {{findings: any[], level: string, title: string, goTo: (line: number) => void}} props */
function Findings({ findings, level, title, goTo }) {
  const there = findings.filter((one) => (level === "error") === (one.level === "error"));
  if (!there.length) return null;
  return html`<section class=${level === "error" ? "problems" : "advice"}><h2>${title}</h2><ul>${there.map((one, at) => html`<li key=${at}>
    ${one.line !== null && html`<button type="button" class="line" onClick=${() => goTo(one.line)}>${t("plan.line", { n: one.line })}</button> `}
    ${one.path && html`<code>${visible(one.path)}</code> `}<span>${visible(one.message)}</span> <small>${visible(one.reason)}</small></li>`)}</ul></section>`;
}

function Pipeline({ one }) {
  return html`<section class="chosen"><h2>${one.exists ? html`<a ...${link({ pipeline: `${one.namespace}/${one.name}` })}>${visible(one.name)}</a>` : visible(one.name)}
      <small>${visible(one.namespace)}</small> ${!one.exists && html`<span class="badge">${t("plan.new")}</span>`}</h2>
    <${Fates} changes=${one.changes} /><${Changes} changes=${one.changes} label=${t("plan.of", { name: one.name })} /></section>`;
}

/** @param {{told: any, goTo: (line: number) => void}} props */
export function Result({ told, goTo }) {
  const wrong = told.findings.some((one) => one.level === "error");
  return html`<${Findings} findings=${told.findings} level="error" title=${t("plan.wrong")} goTo=${goTo} />
    ${!wrong && !told.pipelines.length && html`<${Empty} title=${t("plan.empty")} />`}
    ${told.whole && html`<${Figures} told=${told} /><${Stuck} of=${told.whole} />`}
    ${told.pipelines.map((one) => html`<${Pipeline} key=${`${one.namespace}/${one.name}`} one=${one} />`)}
    <${Findings} findings=${told.findings} level="advice" title=${t("plan.advice")} goTo=${goTo} />
    ${told.notes.map((note) => html`<p key=${note} class="faint">${visible(note)}</p>`)}`;
}
