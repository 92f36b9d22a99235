// Asks the server again and again for what it computes, for as long as somebody looks.
import { ask } from "../net.js";

/** So many times as long as an answer takes there is a pause at least. */
const SHARE = 2;

/**
 * @param {() => string} path @param {number} ms between two answers
 * @param {(told: any) => void} show @param {(error: Error & {status?: number}) => void} failed
 * @returns {() => void} what ends it
 */
export function askOften(path, ms, show, failed) {
  const ended = new AbortController();
  let timer = 0;
  const once = async () => {
    const began = performance.now();
    if (!document.hidden) {
      try {
        const told = await (await ask(path(), { signal: ended.signal })).json();
        if (!ended.signal.aborted) show(told);
      } catch (error) {
        if (!ended.signal.aborted) failed(error);
      }
    }
    if (!ended.signal.aborted) timer = setTimeout(once, Math.max(ms, SHARE * (performance.now() - began)));
  };
  once();
  return () => (ended.abort(), clearTimeout(timer));
}
