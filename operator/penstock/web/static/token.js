// The token that the page shows. That of `penstock ui` is in its address; a server for many is shown one of the cluster's.
const KEY = "penstock.token";

const told = document.documentElement.dataset;

/** Whether the server is one in a cluster, for many: each shows a token of theirs, or a proxy does it for them. */
export const shared = "shared" in told;

/** Where such a proxy ends a session; empty if that is not known. */
export const signOut = told.signOut ?? "";

/** Whether it is known where a proxy begins one. */
export const signsIn = Boolean(told.signIn);

/** Where one signs in to come back here: with a proxy that is not known, by loading the page again. */
export function signIn() {
  const here = location.pathname + location.search;
  return told.signIn?.endsWith("=") ? told.signIn + encodeURIComponent(here) : told.signIn || here;
}

/** Where it is kept: with the tab it is forgotten, unless it is worth nothing anywhere else. */
const kept = () => (shared ? sessionStorage : localStorage);

function taken() {
  // An address that signed one in to a server for many would let whoever sends it choose as whom.
  const found = shared ? null : new URLSearchParams(location.hash.slice(1)).get("token");
  try {
    if (found) kept().setItem(KEY, found);
    return found ?? kept().getItem(KEY) ?? "";
  } catch {
    return found ?? "";
  }
}

let token = taken();
if (location.hash.includes("token=")) history.replaceState(null, "", location.pathname + location.search);

/** What shows it; nothing if there is none, since a proxy may have one. */
export const headers = () => (token ? { Authorization: `Bearer ${token}` } : {});

/** Whether there is one that the page can forget. */
export const forgettable = () => shared && token !== "";

/** @param {string} text a token, or the address that `penstock ui` printed */
export function keep(text) {
  token = (!shared && new URL(text, "http://x/").hash.slice(1).replace(/^token=/, "")) || text.trim();
  try {
    kept().setItem(KEY, token);
  } catch { /* then for as long as the page is open */ }
}

export function forget() {
  token = "";
  try {
    kept().removeItem(KEY);
  } catch { /* it was not kept */ }
}
