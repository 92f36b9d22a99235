// One schedule: its ticks to come, its Pipelines, and its backfill.
import { html } from "../vendor.js";
import { now } from "../clock.js";
import { Notice, Pill, Span } from "../parts.js";
import { link } from "../place.js";
import { language } from "../prefs.js";
import { count, span, stamp, t, visible } from "../words.js";

/** @typedef {{at: number, name: string}} Tick */
/** @typedef {{name: string, tick: number | null, phase: string, start: number | null, end: number | null, backfill: boolean}} Made */
/** @typedef {{begin: number | null, until: number | null, ticks: number, passed: number, done: number | null, message: string}} Fill */
/**
 * @typedef {{namespace: string, name: string, uid: string, line: string, zone: string, policy: string, suspended: boolean, problem: string,
 *   active: number, last: number | null, upcoming: Tick[], made: Made[], count: number, fill: Fill | null, description: string}} Schedule
 */

/** An instant on the wall in that zone, as the schedule means it. @param {number} at @param {string} zone */
export function wall(at, zone) {
  const shown = { weekday: "short", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
  const said = language.value === "zh" ? "zh-CN" : "en-GB";
  try {
    return new Intl.DateTimeFormat(said, { ...shown, timeZone: zone, hourCycle: "h23" }).format(at * 1000);
  } catch {
    return stamp(at);
  }
}

/** @param {{one: Schedule}} props */
function Upcoming({ one }) {
  if (!one.upcoming.length) return null;
  return html`<section><h3>${t("ticks")}</h3>
    ${one.suspended && html`<p class="faint">${t("ticks.not")}</p>`}
    <div class="wide" tabindex="0" role="region" aria-label=${t("ticks")}><table class="plain">
      <thead><tr><th scope="col">${t("ticks.in")}</th><th scope="col">${visible(one.zone)}</th><th scope="col">${t("ticks.name")}</th></tr></thead>
      <tbody>${one.upcoming.map((tick) => html`<tr key=${tick.at}><td class="brief" title=${stamp(tick.at)}>${span(tick.at - now.value)}</td>
        <td class="brief">${wall(tick.at, one.zone)}</td><td><code>${visible(tick.name)}</code></td></tr>`)}</tbody></table></div></section>`;
}

/** @param {{one: Schedule}} props */
function Pipelines({ one }) {
  return html`<section><h3>${t("pipelines")}</h3>
    ${one.made.length ? html`<div class="wide" tabindex="0" role="region" aria-label=${t("pipelines")}><table class="plain">
      <thead><tr><th scope="col">${t("column.name")}</th><th scope="col">${t("ticks.tick")}</th><th scope="col">${t("column.state")}</th><th scope="col">${t("column.duration")}</th></tr></thead>
      <tbody>${one.made.map((made) => html`<tr key=${made.name}>
        <td class="brief"><a ...${link({ pipeline: `${one.namespace}/${made.name}` })}>${visible(made.name)}</a>${made.backfill && html`${" "}<span class="badge">${t("backfill")}</span>`}</td>
        <td class="brief">${made.tick !== null && html`<span title=${stamp(made.tick)}>${wall(made.tick, one.zone)}</span>`}</td>
        <td><${Pill} phase=${made.phase} /></td>
        <td class="brief">${made.start !== null && html`<${Span} start=${made.start} end=${made.end} />`}</td></tr>`)}</tbody></table></div>
      ${one.count > one.made.length && html`<p class="faint">${t("schedule.older", { n: count(one.count - one.made.length) })}</p>`}`
    : html`<p class="faint">${t("schedule.none")}</p>`}</section>`;
}

/** @param {{fill: Fill, zone: string}} props */
function Backfill({ fill, zone }) {
  const done = fill.done !== null, share = fill.ticks ? fill.passed / fill.ticks : 1;
  return html`<section><h3>${t("backfill")}</h3>
    <p>${t("backfill.range", { from: wall(fill.begin ?? 0, zone), to: wall(fill.until ?? 0, zone) })}</p>
    <progress max="1" value=${share} aria-label=${t("backfill")} />
    <p>${t(done ? "backfill.done" : "backfill.passed", { n: count(fill.passed), total: count(fill.ticks) })}</p>
    ${fill.message && html`<${Notice} kind="warning">${visible(fill.message)}</${Notice}>`}</section>`;
}

/** @param {{one: Schedule}} props */
export const One = ({ one }) => html`<section class="chosen one"><h2>${visible(one.name)} <small>${visible(one.namespace)}</small></h2>
  ${one.description && html`<p class="faint">${visible(one.description)}</p>`}
  ${one.problem && html`<div class="problems"><p>${visible(one.problem)}</p></div>`}
  <p class="faint">${t(`policy.${one.policy}`)}</p>
  <div class="halves"><${Upcoming} one=${one} />${one.fill && html`<${Backfill} fill=${one.fill} zone=${one.zone} />`}</div>
  <${Pipelines} one=${one} /></section>`;
