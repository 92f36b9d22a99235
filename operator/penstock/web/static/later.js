// Parts of the page that are fetched when they are first shown, so that no view waits for the others.
import { html, signal, useEffect } from "./vendor.js";
import { Empty } from "./parts.js";
import { t } from "./words.js";

/**
 * A component that is in a module of its own. @param {() => Promise<Function>} load what fetches it
 * @param {boolean} [quiet] whether nothing stands in its place until it is there
 */
export function later(load, quiet = false) {
  const found = signal(/** @type {{part: Function} | null} */ (null));
  return (/** @type {object} */ props) => {
    useEffect(() => {
      // a server that is away tells so at the top of the page; the next time it is shown it is fetched again
      if (!found.value) load().then((part) => (found.value = { part }), () => null);
    }, []);
    if (found.value) return html`<${found.value.part} ...${props} />`;
    return quiet ? null : html`<${Empty} title=${t("loading")} />`;
  };
}
