// What made one revision another: its steps, and its manifest line by line.
import { html } from "../vendor.js";
import { useAsked } from "../asking.js";
import { Empty } from "../parts.js";
import { count, span, t, visible } from "../words.js";

const SIGNS = { changed: "≠", added: "+", removed: "−" };

/** The first digits of a fingerprint. @param {string} text */
const short = (text) => (text ? text.replace(/^\w+:/, "").slice(0, 8) : "–");

/** How long that took. @param {number | null} seconds */
const took = (seconds) => (seconds === null ? "–" : span(seconds));

/** @param {{how: string, fields: string[], upstream: string[]}} one */
function why({ how, fields, upstream }) {
  const names = (list) => list.map((name) => visible(name)).join(t("comma"));
  if (how !== "changed") return t(`differs.${how}`);
  if (fields.length) return t("cause.fields", { about: names(fields) });
  return upstream.length ? t("differs.upstream", { about: names(upstream) }) : t("differs.order");
}

function Tasks({ tasks }) {
  const different = tasks.filter((one) => one.how !== "same"), same = tasks.length - different.length;
  return html`${different.length > 0 ? html`<div class="wide" tabindex="0" role="region" aria-label=${t("differs")}><table class="plain">
    <thead><tr><th scope="col">${t("column.step")}</th><th scope="col">${t("panel.message")}</th><th scope="col" title=${t("differs.took.why")}>${t("differs.took")}</th>
      <th scope="col">${t("panel.fingerprint")}</th></tr></thead>
    <tbody>${different.map((one) => html`<tr key=${one.task}>
      <td><span class="path"><b aria-hidden="true">${SIGNS[one.how]}</b> ${visible(one.task)}</span></td>
      <td class="why">${why(one)}</td>
      <td class="brief">${one.took.some((seconds) => seconds !== null) && one.took.map(took).join(" → ")}</td>
      <td><code title=${`${one.old} → ${one.new}`}>${short(one.old)} → ${short(one.new)}</code></td></tr>`)}</tbody></table></div>`
    : html`<p>${t("differs.nothing")}</p>`}
    ${same > 0 && different.length > 0 && html`<p class="faint">${t("differs.same", { n: count(same) })}</p>`}`;
}

/** @param {{lines: string[]}} props */
const Lines = ({ lines }) => html`<h3>${t("manifest")}</h3>
  <pre class="lines" tabindex="0" role="region" aria-label=${t("manifest")}>${lines.map((line, at) => html`<span key=${at}
    data-sign=${line[0]}>${visible(line)}\n</span>`)}</pre>`;

/** @param {{base: string, old: number, now: number}} props */
export function Compare({ base, old, now }) {
  const { told, failed } = useAsked(`${base}/history/${old}/${now}`);
  if (failed) return html`<${Empty} title=${t("failed")}><p>${visible(failed, true)}</p></${Empty}>`;
  if (!told) return html`<p class="faint">${t("loading")}</p>`;
  return html`<${Tasks} tasks=${told.tasks} />${told.lines.length > 0 && html`<${Lines} lines=${told.lines} />`}`;
}
