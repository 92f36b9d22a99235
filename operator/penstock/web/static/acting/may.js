// What the viewer may do with the Pipeline that is looked at, asked anew when it stands otherwise.
import { effect, signal } from "../vendor.js";
import { ask } from "../net.js";
import { base, head } from "../pipeline/store.js";

/** @type {{value: string[]}} */
export const verbs = signal([]);

/** What the answer depends on. @param {any} one */
const stands = (one) => (one ? [one.uid, one.phase, one.suspended, one.edited, one.revision].join() : "");

let asked = "";
effect(() => {
  const place = base.value, now = `${place} ${stands(head.value)}`;
  if (now === asked) return;
  if (!asked.startsWith(`${place} `) || !head.value) verbs.value = [];
  asked = now;
  if (!head.value) return;
  ask(`${place}/actions`).then((answer) => answer.json()).then((told) => now === asked && (verbs.value = told.verbs))
    .catch(() => now === asked && (verbs.value = []));
});
