// The steps as a tree: fan-outs and composites are groups, with how many steps below them stand how.

/**
 * @typedef {{number: number, path: string, task: string, made: boolean, orphan: boolean, phase: string, reason: string,
 *   message: string, start: number | null, end: number | null, attempt: number, node: string, undo: string}} Row
 * @typedef {{name: string, path: string, depth: number, row: Row | null, children: Node[], parent: Node | null,
 *   counts: Record<string, number>, index: boolean, total: number}} Node
 */

/** A group with so many children or fewer is open until it is closed. */
const FEW = 12;

/** @param {Node | null} parent @returns {Node} */
const node = (name, path, parent, index) =>
  ({ name, path, parent, index, depth: parent ? parent.depth + 1 : 0, row: null, children: [], counts: {}, total: 0 });

/** @param {Row[]} rows @returns {{root: Node, leaves: Node[]}} leaves by the number of their row */
export function grow(rows) {
  const root = node("", "", null, false);
  const known = new Map();
  const leaves = rows.map((row) => {
    const names = row.task.split(".");
    let at = root, path = "", next = 0;
    for (const part of row.path.split(".")) {
      path = path ? `${path}.${part}` : part;
      const index = part !== names[next];
      if (!index) next += 1;
      let found = known.get(path);
      if (!found) {
        found = node(part, path, at, index);
        known.set(path, found);
        at.children.push(found);
      }
      at = found;
    }
    at.row = row;
    tell(at, row.phase, 1);
    return at;
  });
  return { root, leaves };
}

/** Counts a step more, or less, in a phase: at its node and at all around it. @param {Node | null} at */
export function tell(at, phase, by) {
  for (let up = at; up; up = up.parent) {
    up.counts[phase] = (up.counts[phase] ?? 0) + by;
    up.total += by;
  }
}

/** @param {Node} one @param {Set<string>} toggled */
export const isOpen = (one, toggled) => (one.children.length <= FEW) !== toggled.has(one.path);

/** The rows of a node's steps. @param {Node} one @returns {Generator<Row>} */
export function* below(one) {
  if (one.row) yield one.row;
  for (const child of one.children) yield* below(child);
}

/**
 * What is to be seen from top to bottom. With a filter: the steps that match, and what is around them.
 * @param {Node} root @param {Set<string>} toggled @param {((row: Row) => boolean) | null} matches
 */
export function flat(root, toggled, matches) {
  /** @type {{node: Node, open: boolean, place: number, of: number}[]} */
  const found = [];
  const walk = (one, place, of) => {
    const at = found.length;
    const open = one.children.length > 0 && (matches ? true : isOpen(one, toggled));
    found.push({ node: one, open, place, of });
    let kept = !matches || (one.row !== null && matches(one.row));
    if (open) one.children.forEach((child, number) => (kept = walk(child, number + 1, one.children.length) || kept));
    if (!kept) found.length = at;
    return kept;
  };
  root.children.forEach((child, number) => walk(child, number + 1, root.children.length));
  return found;
}
