// One Pipeline and its steps, as they come in.
import { batch, computed, signal } from "../vendor.js";
import { set } from "../clock.js";
import { follow } from "../net.js";
import { at, go } from "../place.js";
import { count, tally } from "./graph/tally.js";
import { flat, grow, tell } from "./tree.js";

export const snapshot = signal(null);
export const head = signal(null);
export const failed = signal(null);
/** Counts up with every change of a row. */
const version = signal(0);
const live = signal({ tree: grow([]), parts: tally([]) });
/** The rows as they were at an instant that one looks back to; null: as they are now. @type {{value: import("./tree.js").Row[] | null}} */
export const asOf = signal(null);
const shown = computed(() => (asOf.value ? { tree: grow(asOf.value), parts: tally(asOf.value) } : live.value));
const tree = computed(() => shown.value.tree);
/** How steps stand by task and composite. */
export const parts = computed(() => shown.value.parts);
/** What the server has of it is below this. */
export const base = signal("");
let rows = [];

const FIELDS = ["phase", "reason", "message", "start", "end", "attempt", "node", "undo"];
const WORDS = new Set(["phase", "reason", "message", "node", "undo"]);

/** @param {any} steps columns @returns {import("./tree.js").Row[]} */
function unpacked(steps) {
  const { paths, tasks, task, flags, words, states } = steps;
  return paths.map((path, number) => {
    const row = { number, path, task: tasks[task[number]], made: !(flags[number] & 1), orphan: !!(flags[number] & 2) };
    for (const name of FIELDS) {
      const value = states[name][number];
      row[name] = WORDS.has(name) ? words[value] : value;
    }
    return row;
  });
}

/** Begins to follow a Pipeline; returns what ends it. */
export function open(namespace, name) {
  batch(() => {
    snapshot.value = head.value = failed.value = null;
    base.value = `api/pipelines/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  });
  return follow(base.value, {
    snapshot: (told) => batch(() => {
      set(told.now);
      rows = unpacked(told.steps);
      live.value = { tree: grow(rows), parts: tally(rows) };
      snapshot.value = told;
      head.value = told.head;
      failed.value = null;
      version.value += 1;
    }),
    batch: (told) => batch(() => {
      if (told.head) head.value = told.head;
      for (const [number, ...values] of told.rows) change(number, values);
      if (told.rows.length) version.value += 1;
    }),
    failed: (error) => (failed.value = error.message),
  });
}

function change(number, values) {
  const row = rows[number], leaf = live.value.tree.leaves[number];
  tell(leaf, row.phase, -1), count(live.value.parts, row, -1);
  FIELDS.forEach((name, place) => (row[name] = values[place]));
  tell(leaf, row.phase, 1), count(live.value.parts, row, 1);
}

export const toggled = computed(() => new Set(at("open").split(",").filter(Boolean)));

/** @param {string} path */
export function toggle(path) {
  const next = new Set(toggled.value);
  if (!next.delete(path)) next.add(path);
  go({ open: [...next].join(",") }, { replace: true });
}

/** What the address asks for; null if for everything. */
export const matches = computed(() => {
  const phase = at("phase"), text = at("q").toLowerCase();
  if (!phase && !text) return null;
  return (row) => (!phase || row.phase === phase) &&
    (!text || `${row.path} ${row.reason} ${row.message} ${row.node}`.toLowerCase().includes(text));
});
export const filtered = computed(() => matches.value !== null);

/** The lines of the table. */
export const lines = computed(() => {
  if (matches.value) version.value;
  return flat(tree.value.root, toggled.value, matches.value);
});

export const counts = computed(() => (version.value, { ...tree.value.root.counts }));
export const total = computed(() => (version.value, tree.value.root.total));

/** All rows as they are now, by number. */
export const everything = () => rows;

/** Something to depend on for what shows values of rows. */
export const changed = version;

/** The step or group that the address names. */
export const selected = computed(() => {
  const path = at("step");
  if (!path) return null;
  version.value;
  let one = tree.value.root;
  while (one && one.path !== path) one = one.children.find((child) => path === child.path || path.startsWith(`${child.path}.`));
  return one ?? parts.value.get(path) ?? null;
});
