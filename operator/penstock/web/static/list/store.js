// All Pipelines, as they come in.
import { computed, signal } from "../vendor.js";
import { set } from "../clock.js";
import { follow } from "../net.js";
import { at } from "../place.js";

const heads = signal(new Map());
/** null while it loads; the namespace that the list is of, or "" for all */
export const scope = signal(null);
export const failed = signal(null);
/** What waits for somebody's decision, the longest first. */
export const asks = signal([]);

const key = (one) => `${one.namespace}/${one.name}`;

/** Begins to follow the list; returns what ends it. */
export function open() {
  return follow("api/pipelines", {
    snapshot(told) {
      set(told.now);
      heads.value = new Map(told.pipelines.map((one) => [key(one), one]));
      scope.value = told.scope ?? "";
      asks.value = told.asks;
      failed.value = null;
    },
    batch({ put, drop, asks: others }) {
      if (others) asks.value = others;
      const next = new Map(heads.value);
      for (const [namespace, name] of drop) next.delete(`${namespace}/${name}`);
      for (const one of put) next.set(key(one), one);
      heads.value = next;
    },
    failed: (error) => (failed.value = error.message),
  });
}

export const namespaces = computed(() => [...new Set([...heads.value.values()].map((one) => one.namespace))].sort());
export const total = computed(() => heads.value.size);

/** Those that the address asks for, but for their phase: from these the chips are counted. */
const found = computed(() => {
  const namespace = at("namespace"), text = at("q").toLowerCase();
  return [...heads.value.values()].filter((one) =>
    (!namespace || one.namespace === namespace) &&
    (!text || `${key(one)} ${one.message} ${one.reason} ${one.description}`.toLowerCase().includes(text)));
});

export const counts = computed(() => {
  const by = {};
  for (const one of found.value) by[one.phase] = (by[one.phase] ?? 0) + 1;
  return by;
});
/** How many of them are late. */
export const late = computed(() => found.value.filter((one) => one.late).length);
export const matching = computed(() => found.value.length);

const RUNS = new Set(["Running", "Undoing", "Suspended", "Pending"]);
const ORDERS = {
  name: (one) => key(one),
  state: (one) => one.phase,
  progress: (one) => -(one.total ? one.ended / one.total : 0),
  time: (one) => -((one.end ?? Date.now() / 1000) - (one.start ?? Infinity)),
  started: (one) => -(one.start ?? one.created),
};

/** Those to be shown: what runs first, then what began last, unless the address says otherwise. */
export const shown = computed(() => {
  const phase = at("phase"), order = at("sort"), by = ORDERS[order.replace("-", "")];
  const wanted = (one) => (!phase || one.phase === phase) && (!at("late") || one.late);
  const rows = found.value.filter(wanted).map((one) => [by ? by(one) : 0, one]);
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const usual = (a, b) => RUNS.has(b.phase) - RUNS.has(a.phase) || compare(ORDERS.started(a), ORDERS.started(b)) || compare(key(a), key(b));
  const sign = order.startsWith("-") ? -1 : 1;
  return rows.sort(([x, a], [y, b]) => sign * compare(x, y) || usual(a, b)).map(([, one]) => one);
});
