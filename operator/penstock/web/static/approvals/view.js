// What waits for somebody's decision, in all Pipelines that the viewer may list.
import { html, useEffect, useState } from "../vendor.js";
import { Act } from "../acting/buttons.js";
import { Foreseen, useForeseen } from "../acting/confirm.js";
import { ask } from "../net.js";
import { Ago, Empty, Notice } from "../parts.js";
import { at, go, link } from "../place.js";
import { asks, failed, open, scope } from "../list/store.js";
import { count, t, visible } from "../words.js";

/** So many are shown at first, and more on demand. */
const MANY = 20;

/** Whether the viewer may decide it. @param {string} base */
function useMay(base) {
  const [may, setMay] = useState(false);
  useEffect(() => {
    const asking = new AbortController();
    ask(`${base}/actions`, { signal: asking.signal }).then((answer) => answer.json())
      .then((told) => setMay(told.verbs.includes("approve"))).catch(() => null);
    return () => asking.abort();
  }, [base]);
  return may;
}

/** @param {{one: {namespace: string, pipeline: string, path: string, since: number | null}}} props */
function Card({ one }) {
  const base = `api/pipelines/${encodeURIComponent(one.namespace)}/${encodeURIComponent(one.pipeline)}`;
  const { told, failed: why } = useForeseen(base, "approve", one.path), may = useMay(base);
  const place = link({ pipeline: `${one.namespace}/${one.pipeline}`, step: one.path });
  return html`<li class="ask"><header><h2><a ...${place}>${visible(one.pipeline)} / ${visible(one.path)}</a></h2>
      <small>${visible(one.namespace)}</small><span class="grow" />${one.since !== null && html`<small><${Ago} when=${one.since} /></small>`}</header>
    <div class="foreseen">${told ? html`<${Foreseen} verb="approve" told=${told} />` : html`<p class="faint">${why ? visible(why) : t("loading")}</p>`}</div>
    ${may ? html`<div class="acts">${["approve", "reject"].map((verb) => html`<${Act} key=${verb} base=${base} verb=${verb} name=${one.pipeline}
      step=${one.path} strong=${verb === "approve"} />`)}</div>` : html`<p class="faint">${t("asks.not.yours")}</p>`}
  </li>`;
}

export function ApprovalsView() {
  useEffect(open, []);
  const [many, setMany] = useState(MANY), namespace = at("namespace");
  if (failed.value) return html`<main><${Empty} whole title=${t("failed")}><p>${visible(failed.value)}</p>
    <button type="button" class="strong" onClick=${() => location.reload()}>${t("retry")}</button></${Empty}></main>`;
  if (scope.value === null) return html`<main><${Empty} whole title=${t("loading")} /></main>`;
  const found = asks.value.filter((one) => !namespace || one.namespace === namespace);
  const namespaces = [...new Set(asks.value.map((one) => one.namespace))].sort();
  return html`<main class="asks">
    <nav class="faint"><a ...${link({})}>${t("pipelines")}</a></nav>
    <div class="tools"><h1>${t("asks")}</h1>${(namespaces.length > 1 || namespace) && html`<label><span class="unseen">${t("namespace")}</span>
      <select value=${namespace} onChange=${(event) => go({ namespace: event.currentTarget.value })}><option value="">${t("namespace.all")}</option>
      ${[...new Set([...namespaces, namespace])].filter(Boolean).map((one) => html`<option key=${one} value=${one}>${visible(one)}</option>`)}</select></label>`}</div>
    ${scope.value && html`<${Notice}>${t("scope", { namespace: visible(scope.value) })}</${Notice}>`}
    ${found.length ? html`<p class="faint">${t("asks.how")}</p><ul>${found.slice(0, many).map((one) => html`<${Card}
      key=${`${one.namespace}/${one.pipeline}/${one.path}`} one=${one} />`)}</ul>` : html`<${Empty} title=${t("asks.none")}><p>${t("asks.none.how")}</p></${Empty}>`}
    ${found.length > many && html`<button type="button" class="plain" onClick=${() => setMany(many + MANY)}>${t("act.more", { n: count(found.length - many) })}</button>`}
  </main>`;
}
