// Where one is, in the address: every view has one of its own that can be sent to others.
import { signal } from "./vendor.js";

/** The parameters of the address. */
export const place = signal(new URLSearchParams(location.search));

/** @param {string} name */
export const at = (name) => place.value.get(name) ?? "";

/**
 * The address with some parameters changed; an empty one is left out.
 * @param {Record<string, string>} changes @param {boolean} fresh without those that there are
 */
export function address(changes, fresh = false) {
  const next = new URLSearchParams(fresh ? "" : place.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  const text = next.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return text ? `?${text}` : location.pathname;
}

/**
 * Goes there. `replace`: the back button does not come back here, as for each letter of a search.
 * @param {Record<string, string>} changes @param {{fresh?: boolean, replace?: boolean}} how
 */
export function go(changes, { fresh = false, replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address(changes, fresh));
  place.value = new URLSearchParams(location.search);
}

addEventListener("popstate", () => {
  place.value = new URLSearchParams(location.search);
});

/**
 * What a link does when it is clicked plainly; with a key held down the browser opens it as it always does.
 * @param {Record<string, string>} changes
 */
export const link = (changes) => ({
  href: address(changes, true),
  /** @param {MouseEvent} event */
  onClick: (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(changes, { fresh: true });
  },
});
