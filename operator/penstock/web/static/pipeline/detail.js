// What the server tells of one step beyond its row, asked for anew when the row changes.
import { html, useEffect, useState } from "../vendor.js";
import { now } from "../clock.js";
import { ask } from "../net.js";
import { Span } from "../parts.js";
import { at, link } from "../place.js";
import { clock, stamp, t, visible } from "../words.js";
import { base, changed } from "./store.js";

/** @typedef {{number: number, start: number | null, end: number | null, node: string, reason: string, message: string, code: number | null}} Attempt */

/** @param {Attempt} one */
const stands = (one) => (one.end === null ? "Running" : one.code === 0 ? "Succeeded" : "Failed");

/** @param {Attempt} one */
const word = (one) => (one.end === null ? t("attempt.runs") : one.code === 0 ? t("attempt.well") : visible(one.reason) || t("attempt.over"));

/** @param {{attempts: Attempt[], title: string}} props */
function Attempts({ attempts, title }) {
  if (!attempts.length) return null;
  return html`<h3>${title}</h3><ol class="attempts">${attempts.map((one) => html`<li key=${one.number} data-phase=${stands(one)}>
    <b>${one.number}</b><span class="word">${word(one)}</span>
    ${one.code ? html`<small>${t("attempt.code", { code: one.code })}</small>` : null}
    <span class="grow" />
    ${one.start !== null && html`<small title=${stamp(one.start)}>${clock(one.start, now.value)}</small> <b><${Span} start=${one.start} end=${one.end} /></b>`}
    <small class="where">${visible(one.node)}</small>
    ${one.message && html`<p class="why">${visible(one.message, true)}</p>`}
  </li>`)}</ol>`;
}

/** Another step, in the same view. @param {{path: string, children?: any}} props */
function Other({ path, children }) {
  const kept = Object.fromEntries(["pipeline", "lens", "inside", "open"].map((name) => [name, at(name)]));
  return html`<a ...${link({ ...kept, step: path })}>${children ?? visible(path)}</a>`;
}

/** The step of `step.output`. @param {string} source */
const producer = (source) => source.slice(0, source.lastIndexOf("."));

/** @param {{values: {name: string, text: string, source: string}[], title: string}} props */
function Values({ values, title }) {
  if (!values.length) return null;
  return html`<h3>${title}</h3><dl class="values">${values.map((one) => html`<div key=${one.name}><dt>${visible(one.name)}</dt>
    <dd>${one.source ? html`<${Other} path=${producer(one.source)}>← ${visible(one.source)}</${Other}>`
      : html`<code>${visible(one.text, true)}</code>`}</dd></div>`)}</dl>`;
}

/** What the server tells of a step, null before it does; `of`: the message of the row that it was asked for.
 * @param {import("./tree.js").Row} row */
export function useDetail(row) {
  changed.value;
  const [told, setTold] = useState(null), [failed, setFailed] = useState("");
  useEffect(() => {
    if (!row.made) return;
    const asking = new AbortController(), of = row.message;
    ask(`${base.value}/steps/${encodeURIComponent(row.path)}`, { signal: asking.signal })
      .then((answer) => answer.json()).then((found) => (setTold({ ...found, of }), setFailed("")))
      .catch((error) => asking.signal.aborted || setFailed(error.message));
    return () => asking.abort();
  }, [row.made, row.phase, row.reason, row.message, row.attempt, row.undo, row.end]);
  return { told, failed };
}

/** @param {{told: any, failed: string}} props */
export function Detail({ told, failed }) {
  if (failed) return html`<p class="faint">${visible(failed)}</p>`;
  if (!told) return html`<p class="faint">${t("loading")}</p>`;
  return html`<${Attempts} attempts=${told.attempts} title=${t("panel.attempts")} />
    <${Attempts} attempts=${told.undo} title=${t("panel.undo")} />
    <${Values} values=${told.inputs} title=${t("panel.inputs")} />
    <${Values} values=${told.outputs} title=${t("panel.outputs")} />
    ${told.needs.length > 0 && html`<h3>${t("panel.needs")}</h3>
      <ul class="needs">${told.needs.map((path) => html`<li key=${path}><${Other} path=${path} /></li>`)}</ul>`}
    <dl>${told.image && html`<div><dt>${t("panel.image")}</dt><dd><code>${visible(told.image)}</code></dd></div>`}
      ${told.fingerprint && html`<div><dt>${t("panel.fingerprint")}</dt><dd><code>${visible(told.fingerprint)}</code></dd></div>`}
      ${told.held > 0 && html`<div><dt>${t("panel.held")}</dt><dd>${told.held}</dd></div>`}</dl>`;
}
