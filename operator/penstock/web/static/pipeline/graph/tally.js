// How steps stand by task and composite, without indices: what one box of the graph stands for.

/**
 * @typedef {import("../tree.js").Row} Row
 * @typedef {{path: string, counts: Record<string, number>, total: number, rows: Row[], children: Row[], row: null}} Part
 *   `rows`: of this very task, in the order of their indices
 */

/** @param {Row[]} rows @returns {Map<string, Part>} by path without indices */
export function tally(rows) {
  const parts = new Map();
  for (const row of rows) {
    for (const id of around(row.task)) {
      if (!parts.has(id)) parts.set(id, { path: id, counts: {}, total: 0, rows: [], children: [], row: null });
    }
    count(parts, row, 1);
    for (const id of around(row.task)) parts.get(id).children.push(row);
    parts.get(row.task).rows.push(row);
  }
  return parts;
}

/** Counts a step more, or less, in its phase. @param {Map<string, Part>} parts @param {Row} row @param {number} by */
export function count(parts, row, by) {
  for (const id of around(row.task)) {
    const part = parts.get(id);
    part.counts[row.phase] = (part.counts[row.phase] ?? 0) + by;
    part.total += by;
  }
}

/** The task and the composites around it. @param {string} task */
export function around(task) {
  const found = [];
  for (let at = task.indexOf("."); at > 0; at = task.indexOf(".", at + 1)) found.push(task.slice(0, at));
  found.push(task);
  return found;
}

/** The step that a part is, if it is one and not many. @param {Part | undefined} part @returns {Row | null} */
export const only = (part) => (part && part.rows.length === 1 && part.total === 1 && part.rows[0].path === part.path ? part.rows[0] : null);
