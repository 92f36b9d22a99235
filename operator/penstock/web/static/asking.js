// Asks the server once for something, and again when what it depends on is another.
import { useEffect, useState } from "./vendor.js";
import { ask } from "./net.js";

/**
 * What the server tells, and why it does not; both empty while it is asked. What was told stays until there is something new.
 * @param {string} path empty: nothing is asked @param {unknown[]} about asked anew when one of these changes
 * @returns {{told: any, failed: string, again: () => void}}
 */
export function useAsked(path, about = []) {
  const [answer, setAnswer] = useState({ path: "", told: null, failed: "" }), [tries, setTries] = useState(0);
  useEffect(() => {
    if (!path) return undefined;
    const asking = new AbortController();
    ask(path, { signal: asking.signal }).then((found) => found.json())
      .then((told) => setAnswer({ path, told, failed: "" }))
      .catch((error) => asking.signal.aborted || setAnswer({ path, told: null, failed: error.message }));
    return () => asking.abort();
  }, [path, tries, ...about]);
  const mine = answer.path === path;
  return { told: mine ? answer.told : null, failed: mine ? answer.failed : "", again: () => setTries((n) => n + 1) };
}
