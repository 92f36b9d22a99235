// Arrows: of data and of order, those that decide the end, that to `finally`, and back along what is undone.
import { inSight } from "./camera.js";

const HEAD = 7;
/** Between the steps and those of `finally`, as the layout has it. */
const BAND = 96;

/** @param {CanvasRenderingContext2D} pen @param {import("./paint.js").Scene} scene */
export function ways(pen, scene) {
  const { shape, camera } = scene, { by } = shape;
  const marked = around(scene), late = [];
  for (const way of shape.ways) {
    if (!inSight(extent(way.points), camera)) continue;
    const critical = scene.critical.has(`${way.source} ${way.target}`), near = marked.has(way.source) || marked.has(way.target);
    if (critical || near) late.push({ way, critical, near });
    else line(pen, scene, way, false, false);
  }
  for (const { way, critical, near } of late) line(pen, scene, way, critical, near);
  const last = by.get(":finally");
  if (last && shape.boxes.some((box) => box.x < last.x)) toFinally(pen, scene, last);
  for (const { from, to } of scene.undo.backwards) back(pen, scene, from.box, to.box, to.gone === to.numbers.length);
}

/** What is pointed at or chosen, with the block around it, which has the arrows. */
function around({ shape, hovered, chosen }) {
  const found = new Set();
  for (const id of [hovered, chosen]) {
    const box = shape.by.get(id);
    if (!box) continue;
    found.add(id);
    if (box.around.startsWith(":block")) found.add(box.around);
  }
  return found;
}

function extent(points) {
  let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
  for (let at = 0; at < points.length; at += 2) {
    left = Math.min(left, points[at]), right = Math.max(right, points[at]);
    top = Math.min(top, points[at + 1]), bottom = Math.max(bottom, points[at + 1]);
  }
  return { x: left - 1, y: top - 1, width: right - left + 2, height: bottom - top + 2 };
}

function line(pen, { colours, camera }, { points, kind }, critical, near) {
  pen.strokeStyle = pen.fillStyle = near ? colours.accent : critical ? colours.critical : colours.strong;
  pen.globalAlpha = near || critical ? 1 : 0.75;
  pen.lineWidth = Math.max(critical || near ? 2.4 : 1.3, (critical || near ? 1.6 : 0.7) / camera.zoom);
  pen.setLineDash(kind === "order" ? [5, 4] : []);
  pen.beginPath();
  pen.moveTo(points[0], points[1]);
  for (let at = 2; at < points.length; at += 2) {
    const [x, y] = [points[at], points[at + 1]], [fromX, fromY] = [points[at - 2], points[at - 1]];
    const end = at === points.length - 2 ? HEAD - 1 : 0;
    if (at % 4 === 2) pen.lineTo(x, y);
    else pen.bezierCurveTo((fromX + x) / 2, fromY, (fromX + x) / 2, y, x - end, y);
  }
  pen.stroke();
  pen.setLineDash([]);
  head(pen, points[points.length - 2], points[points.length - 1], 0);
  pen.globalAlpha = 1;
}

/** The tip of an arrow. `turn`: to where it points; 0: to the right. */
function head(pen, x, y, turn) {
  pen.save();
  pen.translate(x, y);
  pen.rotate(turn);
  pen.beginPath();
  pen.moveTo(0, 0);
  pen.lineTo(-HEAD, -HEAD / 2);
  pen.lineTo(-HEAD, HEAD / 2);
  pen.fill();
  pen.restore();
}

function toFinally(pen, scene, { x, y, height }) {
  const middle = y + height / 2;
  line(pen, scene, { points: [x - BAND + 8, middle, x - BAND + 10, middle, x, middle], kind: "order" }, false, false);
}

/** Below the boxes, from right to left. */
function back(pen, { colours, camera }, from, to, gone) {
  const [x1, y1] = [from.x + from.width / 2, from.y + from.height], [x2, y2] = [to.x + to.width / 2, to.y + to.height];
  const low = Math.max(y1, y2) + Math.min(60, 22 + Math.abs(x1 - x2) / 12);
  pen.strokeStyle = pen.fillStyle = colours.again;
  pen.lineWidth = Math.max(1.8, 1 / camera.zoom);
  pen.setLineDash(gone ? [] : [4, 4]);
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.bezierCurveTo(x1, low, x2, low, x2, y2 + HEAD - 1);
  pen.stroke();
  pen.setLineDash([]);
  head(pen, x2, y2, -Math.PI / 2);
}
