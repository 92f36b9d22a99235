// The instances of a fan-out: a strip in its box, or a cell for each where it is open.
import { PHASES } from "../../parts.js";

/** As the layout has them. */
const CELL = 14, PADDING = 16, TITLE = 32;
/** A strip has a tick for each instance if that has so much room. */
const TICK = 2;

/** Begins the outline of a box. */
export function rounded(pen, { x, y, width, height }, by = 8) {
  pen.beginPath();
  pen.roundRect(x, y, width, height, by);
}

/** How the instances stand: a tick for each, or as many of each phase as there are. */
export function stripe(pen, { colours }, box, part, far) {
  const high = far ? box.height : 7, y = box.y + box.height - high, room = box.width;
  if (part.rows.length === part.total && part.total * TICK <= room) {
    const wide = room / part.total;
    part.rows.forEach((row, at) => {
      pen.fillStyle = colours[row.phase] ?? colours.Pending;
      pen.fillRect(box.x + at * wide, y, wide > 5 ? wide - 1 : wide, high);
    });
    return;
  }
  let x = box.x;
  for (const phase of PHASES) {
    const wide = (room * (part.counts[phase] ?? 0)) / part.total;
    pen.fillStyle = colours[phase];
    pen.fillRect(x, y, wide, high);
    x += wide;
  }
}

/** Where an instance of an open fan-out stands. @param {any} box @param {number} at */
export const cell = (box, at) =>
  ({ x: box.x + PADDING + (at % box.columns) * CELL, y: box.y + TITLE + Math.floor(at / box.columns) * CELL, width: CELL - 2, height: CELL - 2 });

export function cells(pen, { colours, matches, cursor, chosen }, box, part) {
  const by = new Map();
  part?.rows.forEach((row, at) => {
    const key = `${row.phase} ${matches && !matches(row)}`;
    if (!by.has(key)) by.set(key, { phase: row.phase, faint: matches && !matches(row), places: [] });
    by.get(key).places.push(at);
  });
  for (const { phase, faint, places } of by.values()) {
    pen.globalAlpha = faint ? 0.2 : 1;
    pen.fillStyle = colours[phase] ?? colours.Pending;
    pen.beginPath();
    for (const at of places) {
      const { x, y, width, height } = cell(box, at);
      pen.rect(x, y, width, height);
    }
    pen.fill();
  }
  pen.globalAlpha = 1;
  const marked = part?.rows.findIndex((row) => row.path === chosen) ?? -1;
  for (const at of [marked, cursor?.id === box.id ? cursor.index : -1]) {
    if (at < 0) continue;
    pen.strokeStyle = colours.ink;
    pen.lineWidth = 2;
    rounded(pen, cell(box, at), 2);
    pen.stroke();
  }
}

/** The instance at a point of the drawing; -1 for none. @param {any} box */
export function instanceAt(box, x, y, many) {
  const column = Math.floor((x - box.x - PADDING) / CELL), row = Math.floor((y - box.y - TITLE) / CELL);
  const at = row * box.columns + column;
  return column >= 0 && column < box.columns && row >= 0 && at < many ? at : -1;
}
