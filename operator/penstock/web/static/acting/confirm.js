// Says what an action will do before it is done, and why it could not be.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor.js";
import { ask } from "../net.js";
import { Notice } from "../parts.js";
import { count, t, visible } from "../words.js";

/** So many parts are named. */
const MOST = 24;

/** @typedef {{task: string, steps: number, why: string}} Part */

/** @param {{title: string, parts: Part[]}} props */
function Parts({ title, parts }) {
  if (!parts.length) return null;
  const more = parts.length - MOST;
  return html`<p>${title}</p><ul class="parts">${parts.slice(0, MOST).map((one) => html`<li key=${one.task} title=${visible(one.why)}>
    <code>${visible(one.task)}</code>${one.steps > 1 && html` <small>×${count(one.steps)}</small>`}</li>`)}
    ${more > 0 && html`<li><small>${t("act.more", { n: count(more) })}</small></li>`}</ul>`;
}

const steps = (parts) => count(parts.reduce((sum, one) => sum + one.steps, 0));

/** What would happen, in sentences. @param {{verb: string, told: any}} props */
export function Foreseen({ verb, told }) {
  const { runs, ends, keeps, waits } = told, decides = verb === "approve" || verb === "reject";
  const runsTitle = decides ? t(`act.${verb}.runs`) : t(`act.${verb}.runs`, { n: steps(runs) });
  return html`${decides && told.message && html`<blockquote>${visible(told.message, true)}</blockquote>`}
    ${verb === "reject" && html`<p>${t("act.reject.fails")}</p>`}
    <${Parts} title=${t("act.ends", { n: steps(ends) })} parts=${ends} />
    <${Parts} title=${t("act.goes_on", { n: steps(told.goes_on) })} parts=${told.goes_on} />
    <${Parts} title=${runsTitle} parts=${runs} />
    ${!runs.length && verb !== "cancel" && verb !== "suspend" && html`<p>${t(decides ? "act.nothing.depends" : "act.nothing.runs")}</p>`}
    ${keeps > 0 && html`<p>${t("act.keeps", { n: count(keeps) })}</p>`}
    ${waits > 0 && html`<p>${t(`act.${verb}.waits`, { n: count(waits) })}</p>`}
    ${verb === "reject" && told.undoes && html`<p>${t("act.undoes")}</p>`}`;
}

/** Asks what would happen, for as long as it is shown. @param {string} base @param {string} verb */
export function useForeseen(base, verb, step = "", only = false) {
  const [told, setTold] = useState(null), [failed, setFailed] = useState("");
  useEffect(() => {
    const asking = new AbortController(), query = new URLSearchParams({ ...(step && { step }), ...(only && { only: "1" }) });
    ask(`${base}/actions/${verb}?${query}`, { signal: asking.signal }).then((answer) => answer.json())
      .then((found) => (setTold(found), setFailed(""))).catch((error) => asking.signal.aborted || setFailed(error.message));
    return () => asking.abort();
  }, [base, verb, step, only]);
  return { told, failed };
}

/**
 * The dialog. `choose`: whether a rerun may be of this step only.
 * @param {{base: string, verb: string, name: string, step?: string, close: () => void}} props
 */
export function Confirm({ base, verb, name, step = "", close }) {
  const box = useRef(/** @type {any} */ (null)), [only, setOnly] = useState(false);
  const [refused, setRefused] = useState(""), [busy, setBusy] = useState(false);
  const { told, failed } = useForeseen(base, verb, step, only);
  useLayoutEffect(() => box.current.showModal(), []);
  const act = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const sent = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ step, only }) };
      await ask(`${base}/actions/${verb}`, sent);
      box.current.close();
    } catch (error) {
      setRefused(error.message);
      setBusy(false);
    }
  };
  const chosen = (value) => html`<label><input type="radio" name="only" checked=${only === value} onChange=${() => setOnly(value)} />
    ${t(value ? "act.rerun.only" : "act.rerun.from")}</label>`;
  return html`<dialog class="confirm" ref=${box} aria-labelledby="confirm" onClose=${close}>
    <form onSubmit=${act}>
      <h2 id="confirm">${t(`act.${verb}.title`, { name: visible(step ? `${name}/${step}` : name) })}</h2>
      ${verb === "rerun" && step && html`<div class="either" role="radiogroup" aria-label=${t("act.rerun")}>${chosen(false)}${chosen(true)}</div>`}
      <div class="foreseen" aria-live="polite">${told ? html`<${Foreseen} verb=${verb} told=${told} />` : html`<p class="faint">${failed ? visible(failed, true) : t("loading")}</p>`}</div>
      ${refused && html`<div role="alert"><${Notice} kind="warning">${visible(refused, true)}</${Notice}></div>`}
      <footer><button type="button" class="plain" onClick=${() => box.current.close()}>${t("act.back")}</button>
        <button type="submit" class="strong" data-verb=${verb} disabled=${busy || !told}>${t(`act.${verb}`)}</button></footer>
    </form>
  </dialog>`;
}
