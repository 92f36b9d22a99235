// The revisions of a Pipeline: how each went, what made it different, and the way back.
import { html, useEffect, useState } from "../vendor.js";
import { useAsked } from "../asking.js";
import { Ago, Empty, Notice, Pill } from "../parts.js";
import { address, at, go } from "../place.js";
import { base, head } from "../pipeline/store.js";
import { count, t, visible } from "../words.js";
import { Compare } from "./compare.js";
import { Rollback } from "./rollback.js";

/** @typedef {{number: number, phase: string, began: number | null, ran: number | null, reused: number | null, kept: boolean, present: boolean, description: string}} Past */

/** A link within this view. @param {Record<string, string>} changes */
const to = (changes) => ({
  href: address(changes),
  onClick: (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(changes);
  },
});

/** @param {{one: Past, chosen: boolean}} props */
const Row = ({ one, chosen }) => html`<tr aria-selected=${chosen}>
  <td class="number">${one.kept ? html`<a aria-current=${chosen ? "true" : undefined} ...${to({ revision: String(one.number) })}>${t("revision", { n: one.number })}</a>`
    : html`<span class="faint">${t("revision", { n: one.number })}</span>`}
    ${one.present && html`<span class="badge">${t("history.present")}</span>`}</td>
  <td>${one.phase && html`<${Pill} phase=${one.phase} />`}</td>
  <td class="brief">${one.began !== null && html`<${Ago} when=${one.began} />`}</td>
  <td class="brief">${one.ran !== null && t("history.ran", { ran: count(one.ran), reused: count(one.reused ?? 0) })}</td>
  <td class="why">${one.kept ? visible(one.description) : html`<span class="faint">${t("history.dropped")}</span>`}</td>
</tr>`;

function Revisions({ revisions, chosen }) {
  return html`<div class="wide" tabindex="0" role="region" aria-label=${t("lens.history")}><table class="plain pick">
    <thead><tr>${["revision", "column.state", "history.began", "history.steps", "history.about"].map((name) => html`<th key=${name} scope="col">${t(name, { n: "" })}</th>`)}</tr></thead>
    <tbody>${revisions.map((one) => html`<${Row} key=${one.number} one=${one} chosen=${one.number === chosen} />`)}</tbody></table></div>`;
}

/** With which revision another is compared: the one that is asked for, else the present one. @param {Past[]} kept @param {Past} chosen */
function against(kept, chosen) {
  const asked = Number(at("against"));
  const found = kept.find((one) => one.number === asked && one !== chosen);
  return found ?? kept.find((one) => one.present && one !== chosen) ?? kept.find((one) => one.number < chosen.number) ?? kept.find((one) => one !== chosen);
}

function Against({ kept, chosen, other }) {
  return html`<label class="against">${t("history.against")}
    <select value=${String(other.number)} onChange=${(event) => go({ against: event.currentTarget.value }, { replace: true })}>
      ${kept.filter((one) => one !== chosen).map((one) => html`<option key=${one.number} value=${String(one.number)}>${t("revision", { n: one.number })}</option>`)}
    </select></label>`;
}

function Chosen({ kept, chosen, may, done }) {
  const other = against(kept, chosen), back = at("show") === "rollback" && !chosen.present;
  const [namespace, name] = at("pipeline").split("/");
  if (!other) return html`<p class="faint">${t("history.alone")}</p>`;
  const [old, now] = [chosen, other].sort((a, b) => a.number - b.number);
  return html`<section class="chosen"><div class="tools">
      <h2>${back ? t("rollback.preview", { n: chosen.number }) : t("history.compare", { old: old.number, now: now.number })}</h2><span class="grow" />
      ${!back && html`<${Against} kept=${kept} chosen=${chosen} other=${other} />`}
      ${!chosen.present && html`<div class="lenses" role="group" aria-label=${t("history.show")}>
        <button type="button" aria-pressed=${!back} onClick=${() => go({ show: "" })}>${t("differs")}</button>
        <button type="button" aria-pressed=${back} onClick=${() => go({ show: "rollback" })}>${t("rollback")}</button></div>`}
    </div>
    ${back ? html`<${Rollback} key=${chosen.number} base=${base.value} namespace=${namespace} name=${name} to=${chosen.number} may=${may} done=${done} generation=${kept.length && kept[0].number} />`
      : html`<${Compare} key=${`${old.number} ${now.number}`} base=${base.value} old=${old.number} now=${now.number} />`}
  </section>`;
}

export function History() {
  const [rolled, setRolled] = useState(0);
  const { revision, phase } = head.value;
  const { told, failed, again } = useAsked(`${base.value}/history`, [revision, phase]);
  useEffect(() => setRolled(0), [at("revision")]);
  if (failed) return html`<div class="history"><${Empty} title=${t("failed")}><p>${visible(failed, true)}</p>
    <button type="button" class="strong" onClick=${again}>${t("retry")}</button></${Empty}></div>`;
  if (!told) return html`<div class="history"><p class="faint">${t("loading")}</p></div>`;
  if (!told.revisions.length) return html`<div class="history"><${Empty} title=${t("history.none")} /></div>`;
  const kept = told.revisions.filter((one) => one.kept);
  const chosen = kept.find((one) => String(one.number) === at("revision")) ?? kept.find((one) => !one.present) ?? kept[0];
  return html`<div class="history"><${Revisions} revisions=${told.revisions} chosen=${chosen?.number} />
    ${rolled > 0 && html`<${Notice}><span role="status">${t("rollback.done", { n: rolled })}</span></${Notice}>`}
    ${chosen ? html`<${Chosen} kept=${kept} chosen=${chosen} may=${told.may} done=${() => (setRolled(chosen.number), again())} />` : html`<p class="faint">${t("history.alone")}</p>`}</div>`;
}
