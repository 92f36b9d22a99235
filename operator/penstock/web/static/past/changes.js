// What would become of steps, and why: the answer to "what would this edit run?", and to "what would a rollback bring back?"
import { html, useState } from "../vendor.js";
import { count, phaseWord, t, visible } from "../words.js";

/** @typedef {{path: string, action: string, cause: string, about: string[]}} Change */
/** @typedef {{task: string, action: string, cause: string, about: string[], paths: string[]}} Line */

export const ACTIONS = ["run", "reuse", "skip", "remove"];
const SIGNS = { run: "▶", reuse: "=", skip: "⤼", remove: "−" };
/** So many lines are shown at first. */
const MOST = 200;

/** Instances of one task with the same fate, for the same reason, as one line. @param {Change[]} changes */
export function grouped(changes) {
  /** @type {Map<string, Line>} */
  const lines = new Map();
  for (const one of changes) {
    const task = one.path.split(".").filter((part) => !/^\d+$/.test(part)).join(".");
    const cause = one.cause === "held" ? "held" : JSON.stringify([one.cause, one.about]);
    const key = `${task} ${one.action} ${cause}`;
    const line = lines.get(key);
    if (line) line.paths.push(one.path);
    else lines.set(key, { ...one, task, paths: [one.path] });
  }
  return [...lines.values()];
}

/** Why, as a sentence. @param {Line} line */
function why({ cause, about, paths }) {
  const names = about.map((name) => visible(name)).join(t("comma"));
  if (cause === "skipped") return names;
  if (cause === "noResult") return t("cause.noResult", { about: phaseWord(about[0]) });
  if (cause === "held" && paths.length > 1) return t("cause.held.many");
  return t(`cause.${cause}`, { about: names });
}

/** How many steps have which fate. @param {{changes: Change[]}} props */
export function Fates({ changes }) {
  const there = ACTIONS.map((action) => [action, changes.filter((one) => one.action === action).length]).filter(([, n]) => n);
  return html`<ul class="fates">${there.map(([action, n]) => html`<li key=${action} data-fate=${action}>
    <b aria-hidden="true">${SIGNS[action]}</b>${t(`fates.${action}`, { n: count(n) })}</li>`)}</ul>`;
}

/** All of them. @param {{changes: Change[], label: string}} props */
export function Changes({ changes, label }) {
  const [all, setAll] = useState(false);
  const lines = grouped(changes), shown = all ? lines : lines.slice(0, MOST);
  return html`<div class="wide" tabindex="0" role="region" aria-label=${label}><table class="plain">
    <thead><tr><th scope="col">${t("column.step")}</th><th scope="col">${t("fate")}</th><th scope="col">${t("panel.message")}</th></tr></thead>
    <tbody>${shown.map((line) => html`<tr key=${line.paths[0] + line.action} data-fate=${line.action}>
      <td><span class="path">${visible(line.paths.length > 1 ? line.task : line.paths[0])}</span>
        ${line.paths.length > 1 && html`<span class="badge">×${count(line.paths.length)}</span>`}</td>
      <td><span class="fate"><b aria-hidden="true">${SIGNS[line.action]}</b>${t(`fate.${line.action}`)}</span></td>
      <td class="why">${why(line)}</td></tr>`)}</tbody></table>
    ${shown.length < lines.length && html`<button type="button" class="more" onClick=${() => setAll(true)}>${t("more", { n: count(lines.length - shown.length) })}</button>`}
  </div>`;
}
