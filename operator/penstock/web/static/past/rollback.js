// What a rollback would bring back and run, and the rollback itself, where the user may.
import { html, useState } from "../vendor.js";
import { useAsked } from "../asking.js";
import { ask } from "../net.js";
import { Command, Empty, Notice } from "../parts.js";
import { t, visible } from "../words.js";
import { Changes, Fates } from "./changes.js";

/** @param {{base: string, namespace: string, name: string, to: number, may: boolean, done: () => void, generation: unknown}} props */
export function Rollback({ base, namespace, name, to, may, done, generation }) {
  const { told, failed, again } = useAsked(`${base}/rollback/${to}`, [generation]);
  const [sending, setSending] = useState(false), [refused, setRefused] = useState("");
  if (failed) return html`<${Empty} title=${t("failed")}><p>${visible(failed, true)}</p></${Empty}>`;
  if (!told) return html`<p class="faint">${t("loading")}</p>`;
  const send = async () => {
    setSending(true);
    setRefused("");
    try {
      const body = JSON.stringify({ generation: told.generation });
      await ask(`${base}/rollback/${to}`, { method: "POST", body, headers: { "Content-Type": "application/json" } });
      done();
    } catch (error) {
      setRefused(error.message);
      again();
    }
    setSending(false);
  };
  if (told.same) return html`<p>${t("rollback.same", { n: to })}</p>`;
  return html`<${Fates} changes=${told.changes} /><${Changes} changes=${told.changes} label=${t("rollback.preview", { n: to })} />
    ${refused && html`<${Notice} kind="warning"><span role="alert">${visible(refused)}</span></${Notice}>`}
    <div class="act">${may ? html`<button type="button" class="strong" disabled=${sending} onClick=${send}>${t("rollback.do", { n: to })}</button>`
      : html`<p class="faint">${t("rollback.not", { namespace: visible(namespace) })}</p>`}
    <${Command} text=${`penstock rollback ${name} --to ${to} -n ${namespace}`} /></div>`;
}
