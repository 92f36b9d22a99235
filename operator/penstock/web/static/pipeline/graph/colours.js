// The colours of the theme, for a canvas: a canvas knows nothing of custom properties.
import { effect, signal } from "../../vendor.js";
import { PHASES } from "../../parts.js";
import { theme } from "../../prefs.js";

const NAMES = {
  paper: "--paper", ground: "--ground", raised: "--raised", rule: "--rule", strong: "--strong-rule", ink: "--ink", soft: "--soft",
  accent: "--accent", chosen: "--chosen", hover: "--hover", again: "--again", critical: "--critical",
};

/** By name, and by phase. */
export const colours = signal(read());

function read() {
  const probe = document.createElement("i"), found = {};
  document.body.append(probe);
  const take = (name, property) => {
    probe.style.color = `var(${property})`;
    found[name] = getComputedStyle(probe).color;
  };
  for (const [name, property] of Object.entries(NAMES)) take(name, property);
  for (const phase of [...PHASES, "Undoing"]) {
    probe.dataset.phase = phase;
    take(phase, "--phase");
  }
  probe.remove();
  return found;
}

const again = () => (colours.value = read());
effect(() => (theme.value, queueMicrotask(again)));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
