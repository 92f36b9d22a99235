// What is known of one step or group.
import { html } from "../vendor.js";
import { now } from "../clock.js";
import { Icon } from "../icons.js";
import { Bar, Command, Pill, Span } from "../parts.js";
import { at, go } from "../place.js";
import { clock, count, phaseWord, stamp, t, visible } from "../words.js";
import { Detail, useDetail } from "./detail.js";
import { later } from "../later.js";
import { StepActs } from "../acting/buttons.js";
import { asOf, base, changed } from "./store.js";

const Why = later(() => import("./why.js").then((found) => found.Why), "extra");
const Logs = later(() => import("./log/view.js").then((found) => found.Logs), "extra");
const WAITS = ["Pending", "Queued", "Retrying"];
/** Whether there is more to be said than the row says. @param {import("./tree.js").Row} row */
const waits = (row) => WAITS.includes(row.phase) || WAITS.includes(row.undo);

/** @param {{row: import("./tree.js").Row}} props */
function Step({ row }) {
  changed.value;
  const when = (at) => html`<span title=${stamp(at)}>${clock(at, now.value)}</span>`;
  const facts = [
    [t("column.tries"), row.attempt || ""],
    [t("panel.start"), row.start !== null && when(row.start)],
    [t("panel.end"), row.end !== null && when(row.end)],
    [t("column.duration"), row.start !== null && html`<${Span} start=${row.start} end=${row.end} />`],
    [t("column.node"), visible(row.node)],
    [t("undo", { phase: "" }), row.undo && phaseWord(row.undo)],
  ].filter(([, value]) => value);
  const { told, failed } = useDetail(row);
  const message = told && told.of === row.message && !asOf.value ? told.message : row.message;
  const said = [row.reason === "Completed" || row.reason === "Running" ? "" : row.reason, message].filter(Boolean).join(": ");
  const live = waits(row) && !asOf.value;
  return html`<${Pill} phase=${row.phase} />
    ${row.orphan && html`<p>${t("orphan")}</p>`}${!row.made && html`<p class="faint">${t("not.made")}</p>`}
    ${said && !live && html`<h3>${t("panel.message")}</h3><p class="why" data-phase=${row.phase}>${visible(said, "extra")}</p>`}
    <dl>${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${row.made && !row.orphan && html`<${StepActs} base=${base.value} name=${at("pipeline").split("/")[1]} row=${row} />`}
    ${live && html`<h3>${t("why.now")}</h3><${Why} key=${`why ${row.path}`} row=${row} said=${said} />`}
    ${row.made && html`<${Detail} told=${told} failed=${failed} />`}`;
}

/** @param {{one: import("./tree.js").Node}} props */
function Group({ one }) {
  changed.value;
  const there = Object.entries(one.counts).filter(([, n]) => n);
  return html`<${Bar} counts=${one.counts} /><p>${t("group.of", { n: count(one.total) })}</p>
    <ul class="counts">${there.map(([phase, n]) => html`<li key=${phase}><${Pill} phase=${phase} /><b>${count(n)}</b></li>`)}</ul>`;
}

/** Whether the details of the step are shown, or its logs. */
const Tabs = () => html`<div class="lenses tabs" role="group" aria-label=${t("lens")}>${["", "last"].map((log) => html`<button
  type="button" key=${log} aria-pressed=${!at("log") === !log} onClick=${() => go({ log, find: "", times: "", line: "" })}>${t(log ? "log" : "panel.details")}</button>`)}</div>`;

/** @param {{one: import("./tree.js").Node}} props */
export function Panel({ one }) {
  changed.value;
  const [namespace, name] = at("pipeline").split("/");
  const group = one.children.length > 0, log = !group && one.row?.made && at("log") !== "";
  const closing = { step: "", log: "", find: "", times: "", line: "" };
  return html`<aside class="panel" data-log=${log || undefined} aria-label=${t("panel", { step: one.path })}>
    <header><h2>${visible(one.path)}</h2>${!group && one.row?.made && html`<${Tabs} />`}
      <button type="button" class="quiet" aria-label=${t("panel.close")} title=${t("panel.close")} onClick=${() => go(closing)}><${Icon} name="close" /></button></header>
    ${log ? html`<${Logs} row=${one.row} />` : html`${group ? html`<${Group} one=${one} />` : html`<${Step} key=${one.path} row=${one.row} />`}
    <h3>${t("panel.commands")}</h3>
    <${Command} text=${`penstock why ${name}/${one.path} -n ${namespace}`} />
    <${Command} text=${`penstock logs ${name} ${one.path} -n ${namespace}`} />`}
  </aside>`;
}
