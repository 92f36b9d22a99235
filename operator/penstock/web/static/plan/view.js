// A manifest is pasted, dropped or chosen, and what applying it would do is shown. Nothing is applied.
import { html, useRef, useState } from "../vendor.js";
import { Empty, Notice } from "../parts.js";
import { t, visible } from "../words.js";
import { Result } from "./result.js";
import { answer, MOST_BYTES, plan, take, text } from "./store.js";

const start = () => plan(t("plan.large", { most: MOST_BYTES / 1024 / 1024 }));

/** Selects a line of the text. @param {HTMLTextAreaElement} area @param {number} line from 1 */
function show(area, line) {
  const lines = area.value.split("\n");
  const from = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus();
  area.setSelectionRange(from, from + (lines[line - 1] ?? "").length);
  area.scrollTop = Math.max(0, (line - 4) * (area.scrollHeight / lines.length));
}

/** @param {{area: any}} props */
function Editor({ area }) {
  const [over, setOver] = useState(false);
  const dropped = (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files).then(start);
  };
  const files = (event) => (event.dataTransfer?.types.includes("Files") ? (event.preventDefault(), setOver(true)) : null);
  const keys = (event) => (event.key === "Enter" && (event.ctrlKey || event.metaKey) ? (event.preventDefault(), start()) : null);
  return html`<form class="editor" data-over=${over} onDragOver=${files} onDragLeave=${() => setOver(false)} onDrop=${dropped}
      onSubmit=${(event) => (event.preventDefault(), start())}>
    <label for="manifest">${t("plan.manifest")}</label>
    <textarea id="manifest" ref=${area} value=${text.value} spellcheck="false" autocomplete="off" autocapitalize="off" wrap="off"
      onInput=${(event) => (text.value = event.currentTarget.value)} onKeyDown=${keys} />
    <div class="act"><button type="submit" class="strong" disabled=${answer.value.busy || !text.value.trim()}>${t(answer.value.busy ? "plan.busy" : "plan.do")}</button>
      <label class="file">${t("plan.file")}<input type="file" multiple accept=".yaml,.yml,.json" onChange=${(event) => take(event.currentTarget.files).then(start)} /></label></div>
  </form>`;
}

export function PlanView() {
  const area = useRef(null), { told, failed, busy } = answer.value;
  return html`<main class="asked plan"><header class="head"><h1>${t("plan")}</h1><p class="faint">${t("plan.how")}</p></header>
    <div class="sides"><${Editor} area=${area} />
      <div class="result" aria-live="polite" aria-busy=${busy}>
        ${failed && html`<${Notice} kind="warning"><span role="alert">${visible(failed, true)}</span></${Notice}>`}
        ${told ? html`<${Result} told=${told} goTo=${(line) => show(area.current, line)} />` : !failed && html`<${Empty} title=${t("plan.none")}><p>${t("plan.none.how")}</p></${Empty}>`}
      </div></div></main>`;
}
