// The manifest that is planned, and what was answered; both stay while one looks at other views.
import { signal } from "../vendor.js";
import { ask } from "../net.js";

/** As the server takes it. */
export const MOST_BYTES = 1024 * 1024;

export const text = signal("");
/** @type {import("../vendor.js").Signal<{busy: boolean, told: any, failed: string}>} */
export const answer = signal({ busy: false, told: null, failed: "" });

let asking = new AbortController();

/** Asks what applying the text would do. @param {string} large what is said of a text that is too large */
export async function plan(large) {
  asking.abort();
  asking = new AbortController();
  const { signal: mine } = asking, body = new TextEncoder().encode(text.value);
  if (body.length > MOST_BYTES) {
    answer.value = { busy: false, told: null, failed: large };
    return;
  }
  answer.value = { ...answer.value, busy: true, failed: "" };
  try {
    const headers = { "Content-Type": "application/yaml" };
    const found = await (await ask("api/plan", { method: "POST", body, headers, signal: mine })).json();
    answer.value = { busy: false, told: found, failed: "" };
  } catch (error) {
    if (!mine.aborted) answer.value = { busy: false, told: null, failed: error.message };
  }
}

/** Takes the text of files, one after the other. @param {FileList | File[]} files */
export async function take(files) {
  const texts = await Promise.all([...files].map((file) => file.slice(0, MOST_BYTES + 1).text()));
  if (texts.length) text.value = texts.join("\n---\n");
}
