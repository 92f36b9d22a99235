// Why a step does not run, with the numbers of this moment: what `penstock why` says.
import { html, useEffect, useState } from "../vendor.js";
import { now } from "../clock.js";
import { at, link } from "../place.js";
import { clock, count, span, stamp, t, visible } from "../words.js";
import { askOften } from "./asking.js";
import { base } from "./store.js";

const OFTEN_MS = 4_000;
const seconds = (text) => Date.parse(text) / 1000;

/** An instant to come. @param {{text: string}} props */
function Until({ text }) {
  const when = seconds(text);
  return html`<span title=${stamp(when)}>${t("why.until", { clock: clock(when, now.value) })}</span>`;
}

/** @param {{one: {kind: string, namespace: string, name: string, amount: string, until?: string}}} props */
function Holder({ one }) {
  const [pipeline, ...path] = one.name.split("/"), here = at("pipeline").split("/")[0] === one.namespace;
  const name = visible(here ? one.name : `${one.namespace}/${one.name}`);
  const to = { pipeline: `${one.namespace}/${pipeline}`, step: path.join("/"), lens: at("lens") };
  return html`<li>${one.kind === "Step" && path.length ? html`<a ...${link(to)}>${name}</a>` : html`<span>${t(`why.${one.kind}`)} ${name}</span>`}
    <b>${one.amount}</b>${one.until && html`<small><${Until} text=${one.until} /></small>`}</li>`;
}

/** @param {{short: any}} props */
function Short({ short }) {
  const { resource, needed, free, total, limit, reserved, holders, hidden } = short;
  return html`<p>${t(limit ? "why.pool" : "why.short", { needed, resource: visible(resource), free, total, limit: visible(limit ?? "") })}</p>
    ${(holders.length > 0 || hidden) && html`<ul class="holders" aria-label=${t("why.holders")}>
      ${holders.map((one) => html`<${Holder} key=${one.kind + one.namespace + one.name} one=${one} />`)}
      ${hidden && html`<li><span>${t("why.hidden", { n: count(hidden.holders) })}</span><b>${hidden.amount}</b>
        ${hidden.until && html`<small><${Until} text=${hidden.until} /></small>`}</li>`}</ul>`}
    ${reserved && html`<p>${t("why.reserved", { clock: clock(seconds(reserved), now.value) })}</p>`}`;
}

/** @param {{one: any}} props */
function Answer({ one }) {
  const eta = one.eta && seconds(one.eta), words = [one.reason, one.message].filter(Boolean).join(": ");
  return html`<div class="answer" data-phase=${one.phase}>
    ${one.undo && html`<b>${t("undo", { phase: "" })}</b>`}
    ${one.short ? html`<${Short} short=${one.short} />` : words && html`<p>${visible(words, true)}</p>`}
    ${one.place && html`<p>${t("why.place", { place: count(one.place), waiting: count(one.waiting) })}</p>`}
    ${eta && one.place && html`<p title=${stamp(eta)}>${eta > now.value
      ? t("why.eta", { span: span(eta - now.value), clock: clock(eta, now.value) }) : t("why.soon")}</p>`}
  </div>`;
}

/** @param {{row: import("./tree.js").Row, said: string}} props `said`: what the operator wrote last */
export function Why({ row, said }) {
  const [told, setTold] = useState(null), [failed, setFailed] = useState("");
  useEffect(() => askOften(() => `${base.value}/steps/${encodeURIComponent(row.path)}/why`, OFTEN_MS,
    (found) => (setTold(found), setFailed("")), (error) => setFailed(error.message)), [row.path, row.phase, row.reason, row.undo]);
  if (!told) return html`<p class="why">${visible(said, true)}</p><p class="faint">${failed ? visible(failed) : t("loading")}</p>`;
  return html`<div class="why-now">${told.answers.map((one, place) => html`<${Answer} key=${place} one=${one} />`)}
    ${failed && html`<p class="faint">${visible(failed)}</p>`}
    ${told.hidden.length > 0 && html`<p class="faint">${t("hidden", { what: told.hidden.map(visible).join(t("comma")) })}</p>`}
    ${told.notes.map((note) => html`<p key=${note} class="faint">${visible(note)}</p>`)}</div>`;
}
