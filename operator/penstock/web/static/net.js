// Asks the server, and reads its streams with fetch: EventSource could not show a token.
import * as token from "./token.js";
import { signal } from "./vendor.js";

export const HIDDEN_MS = 30_000;
const SILENT_MS = 40_000;
/** Tells this tab from others: of each there is one stream. */
const TAB = crypto.getRandomValues(new Uint32Array(4)).join("-");

/**
 * Whether changes come in: "live", "away" (with why), or "locked" without a token; `elsewhere`: not this server said so.
 * @type {{value: {state: string, why: string, elsewhere?: boolean}}}
 */
export const standing = signal({ state: "live", why: "" });

/** @param {string} text */
export function unlock(text) {
  token.keep(text);
  standing.value = { state: "live", why: "" };
}

export function lock() {
  token.forget();
  standing.value = { state: "locked", why: "" };
}

export class Refused extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @param {string} path @param {RequestInit & {headers?: Record<string, string>}} options */
export async function ask(path, options = {}) {
  // A proxy that has no session any more says so to whoever wants JSON, and leads others to where one signs in.
  const headers = { Accept: "application/json", ...token.headers(), ...options.headers };
  const answer = await fetch(new URL(path, document.baseURI), { ...options, headers, redirect: "manual" });
  const page = answer.headers.get("Content-Type")?.startsWith("text/html");  // which is no answer of this server
  if (answer.ok && !page) return answer;
  const told = await answer.json().catch(() => null), why = typeof told?.error === "string" ? told.error : "";
  const led = answer.type === "opaqueredirect" || (page && (answer.ok || answer.status === 403));
  const status = led ? 401 : answer.status;
  if (status === 401) standing.value = { state: "locked", why, elsewhere: !why };
  throw new Refused(status, why || answer.statusText || `HTTP ${status}`);
}

/** @param {number} ms @param {AbortSignal} signal */
export const sleep = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve(null)), { once: true });
  });

/**
 * Shows something for as long as it is looked at: its snapshot, then batch after batch.
 * @param {string} path
 * @param {{snapshot: (told: any) => void, batch: (told: any) => void, failed: (error: Error) => void}} show
 * @returns {() => void} what ends it
 */
export function follow(path, show) {
  const ended = new AbortController();
  run(path, show, ended.signal);
  return () => ended.abort();
}

async function run(path, show, ended) {
  let last = "";
  for (let tries = 0; !ended.aborted; tries += 1) {
    try {
      if (document.hidden) await seen(ended);
      if (!last) {
        const told = await (await ask(path, { signal: ended })).json();
        last = told.id;
        show.snapshot(told);
      }
      standing.value = { state: "live", why: "" };
      last = await listen(path, last, show, ended, () => (tries = 0));
    } catch (error) {
      if (ended.aborted || standing.value.state === "locked") return;
      if (error instanceof Refused && error.status < 500) return show.failed(error);
      if (!last) show.failed(error);
      standing.value = { state: "away", why: error instanceof Refused ? error.message : "" };
      await sleep(Math.min(500 * 2 ** tries, 8_000), ended);
    }
  }
}

/** Reads one stream to its end; returns the id to go on from, which is empty after a reset. Throws if nothing came at all. */
async function listen(path, last, show, ended, alive) {
  const pause = new AbortController();
  const signal = AbortSignal.any([ended, pause.signal]);
  const answer = await ask(`${path}/stream`, { signal, headers: { "Last-Event-ID": last, "X-Penstock-Tab": TAB } });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", hidden = 0, silent = 0, heard = false;
  const listenAgain = () => (clearTimeout(silent), (silent = setTimeout(() => pause.abort(), SILENT_MS)));
  const visibility = () => {
    clearTimeout(hidden);
    if (document.hidden) hidden = setTimeout(() => pause.abort(), HIDDEN_MS);
  };
  document.addEventListener("visibilitychange", visibility);
  try {
    for (;;) {
      listenAgain();
      const { value, done } = await reader.read();
      if (done && !heard) throw new Error("nothing came");
      if (done) return last;
      heard = true;
      alive();
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const text of events) {
        const event = parsed(text);
        if (event.event === "reset") return "";
        if (event.event === "batch") [last] = [event.id, show.batch(JSON.parse(event.data))];
        if (event.event === "trouble") troubled(JSON.parse(event.data));
      }
    }
  } catch (error) {
    if (pause.signal.aborted) return last;
    throw error;
  } finally {
    clearTimeout(silent), clearTimeout(hidden);
    document.removeEventListener("visibilitychange", visibility);
    pause.abort();
  }
}

const troubled = ({ message }) => (standing.value = { state: message ? "away" : "live", why: message });

/** @param {string} text */
function parsed(text) {
  const fields = text.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);
  return Object.fromEntries(fields);
}

export const seen = (signal) =>
  new Promise((resolve) => {
    const look = () => (document.hidden ? null : resolve(null));
    document.addEventListener("visibilitychange", look, { signal });
    signal.addEventListener("abort", () => resolve(null), { once: true });
  });
