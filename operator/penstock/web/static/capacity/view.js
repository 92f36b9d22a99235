// The whole cluster: each resource over time, who holds it, and node by node.
import { html, useEffect, useState } from "../vendor.js";
import { now, set } from "../clock.js";
import { Empty, Notice } from "../parts.js";
import { link } from "../place.js";
import { askOften } from "../pipeline/asking.js";
import { amount } from "../pipeline/time/amounts.js";
import { clock, count, span, stamp, t, visible } from "../words.js";
import { Lane } from "./lane.js";

const OFTEN_MS = 4_000;
const KEYS = { mine: "capacity.steps", foreign: "lane.foreign", unknown: "lane.unknown" };

/** How much of something is held, as a bar. @param {{resource: string, there: number, own: number, foreign: number}} props */
function Gauge({ resource, there, own, foreign }) {
  const say = (n) => amount(resource, n), share = (n) => ({ width: `${there ? Math.min(100, (100 * n) / there) : 0}%` });
  const words = t("capacity.gauge", { own: say(own), foreign: say(foreign), free: say(Math.max(0, there - own - foreign)), total: say(there) });
  return html`<span class="gauge" role="img" aria-label=${words} title=${words}><i data-key="mine" style=${share(own)} /><i data-key="foreign" style=${share(foreign)} /></span>
    <small>${say(own + foreign)} / ${say(there)}</small>`;
}

function Nodes({ nodes }) {
  const names = [...new Set(nodes.flatMap((node) => node.use.map(([resource]) => resource)))];
  return html`<div class="wide"><table><thead><tr><th scope="col">${t("column.node")}</th>${names.map((name) => html`<th scope="col" key=${name}>${visible(name)}</th>`)}</tr></thead>
    <tbody>${nodes.map((node) => html`<tr key=${node.name}><th scope="row">${visible(node.name)}${node.unusable && html` <span class="badge late">${visible(node.unusable)}</span>`}</th>
      ${names.map((name) => {
        const use = node.use.find(([resource]) => resource === name);
        return html`<td key=${name}>${use && html`<${Gauge} resource=${name} there=${use[1]} own=${use[2]} foreign=${use[3]} />`}</td>`;
      })}</tr>`)}</tbody></table></div>`;
}

function Shares({ shares, resources }) {
  return html`<div class="wide"><table><thead><tr><th scope="col">${t("pipelines")}</th>${resources.map((name) => html`<th scope="col" key=${name}>${visible(name)}</th>`)}
      <th scope="col">${t("capacity.waiting")}</th><th scope="col">${t("capacity.end")}</th></tr></thead>
    <tbody>${shares.map((one) => html`<tr key=${`${one.namespace}/${one.name}`}>
      <th scope="row"><a ...${link({ pipeline: `${one.namespace}/${one.name}`, lens: "time" })}>${visible(one.name)}</a> <small>${visible(one.namespace)}</small></th>
      ${resources.map((name) => html`<td key=${name}>${one.holds[name] ? amount(name, one.holds[name]) : ""}</td>`)}
      <td>${one.waiting ? count(one.waiting) : ""}</td>
      <td>${one.end !== null && html`<span title=${stamp(one.end)}>${clock(one.end, now.value)} <small>${one.end > now.value && span(one.end - now.value)}</small></span>`}</td>
    </tr>`)}</tbody></table></div>`;
}

export function CapacityView() {
  const [told, setTold] = useState(null), [failed, setFailed] = useState("");
  useEffect(() => askOften(() => "api/capacity", OFTEN_MS, (found) => (set(found.at), setTold(found), setFailed("")), (error) => setFailed(error.message)), []);
  if (!told) return html`<main><${Empty} whole title=${t(failed ? "failed" : "loading")}><p>${visible(failed)}</p></${Empty}></main>`;
  return html`<main class="capacity list">
    <nav class="faint"><a ...${link({})}>${t("pipelines")}</a></nav><h1>${t("capacity")}</h1>
    ${failed && html`<${Notice} kind="warning">${visible(failed)}</${Notice}>`}
    ${told.hidden.length > 0 && html`<${Notice} kind="warning">${t("hidden", { what: told.hidden.map((one) => visible(one)).join(t("comma")) })}</${Notice}>`}
    ${told.notes.map((note) => html`<${Notice} key=${note}>${visible(note)}</${Notice}>`)}
    <section aria-label=${t("lanes")}><ul class="wholes">${told.lanes.map((lane) => html`<${Lane} key=${lane.resource} lane=${lane} at=${told.at} />`)}</ul>
      <ul class="legend">${Object.entries(KEYS).map(([key, word]) => html`<li key=${key}><i class="key" data-key=${key} />${t(word)}</li>`)}</ul></section>
    <h2>${t("capacity.shares")}</h2>
    ${told.shares.length ? html`<${Shares} shares=${told.shares} resources=${told.lanes.map((lane) => lane.resource)} />` : html`<p class="faint">${t("capacity.nobody")}</p>`}
    <h2>${t("capacity.nodes")}</h2>
    ${told.nodes.length ? html`<${Nodes} nodes=${told.nodes} />` : html`<p class="faint">${t("capacity.blind")}</p>`}
  </main>`;
}
