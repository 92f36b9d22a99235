// Buttons for what the viewer may do, and no others.
import { html, useState } from "../vendor.js";
import { Icon } from "../icons.js";
import { t } from "../words.js";
import { later } from "../later.js";
import { verbs } from "./may.js";

const Confirm = later(() => import("./confirm.js").then((found) => found.Confirm), "extra");

/** A button that asks before it acts. @param {{base: string, verb: string, name: string, step?: string, strong?: boolean}} props */
export function Act({ base, verb, name, step = "", strong = false }) {
  const [open, setOpen] = useState(false);
  return html`<button type="button" class=${strong ? "strong" : "plain"} data-verb=${verb} onClick=${() => setOpen(true)}>
      <${Icon} name=${`act-${verb}`} />${t(`act.${verb}`)}</button>
    ${open && html`<${Confirm} base=${base} verb=${verb} name=${name} step=${step} close=${() => setOpen(false)} />`}`;
}

const WHOLE = ["rerun", "suspend", "resume", "cancel"];

/** What can be done with the Pipeline. @param {{base: string, name: string}} props */
export const WholeActs = ({ base, name }) => html`${WHOLE.filter((verb) => verbs.value.includes(verb))
  .map((verb) => html`<${Act} key=${verb} base=${base} verb=${verb} name=${name} />`)}`;

/** What can be done about one of its steps. @param {{base: string, name: string, row: import("../pipeline/tree.js").Row}} props */
export function StepActs({ base, name, row }) {
  const asks = row.reason === "WaitingForApproval" ? ["approve", "reject"] : [];
  const there = [...asks, "rerun"].filter((verb) => verbs.value.includes(verb));
  if (!there.length) return null;
  return html`<div class="acts">${there.map((verb) => html`<${Act} key=${verb} base=${base} verb=${verb} name=${name}
    step=${verb === "rerun" ? row.task : row.path} strong=${verb === "approve"} />`)}</div>`;
}
