// Parts of the page that are fetched when they are first shown, so that no view waits for the others.
import { html, signal, useEffect } from "./vendor.js";
import { ask } from "./net.js";
import { Empty } from "./parts.js";
import { t } from "./words.js";

/**
 * A component that is in a module of its own. @param {() => Promise<Function>} load what fetches it
 * @param {"view" | "part" | "extra"} [role] what stands in its place until it is there: of an extra nothing
 */
export function later(load, role = "part") {
  const found = signal(/** @type {{part: Function} | null} */ (null));
  return (/** @type {object} */ props) => {
    useEffect(() => {
      // a server that is away tells so at the top of the page; the next time it is shown it is fetched again. Whether a
      // session has ended only an answer tells.
      if (!found.value) load().then((part) => (found.value = { part }), () => ask("api/hello").catch(() => null));
    }, []);
    if (found.value) return html`<${found.value.part} ...${props} />`;
    if (role === "extra") return null;
    const waiting = html`<${Empty} whole=${role === "view"} title=${t("loading")} />`;
    return role === "view" ? html`<main>${waiting}</main>` : waiting;
  };
}
