// Boxes, as a canvas draws them at any zoom; words stand above them in the document.
import { PHASES } from "../../parts.js";
import { ways } from "./arrows.js";
import { inSight } from "./camera.js";
import { cells, rounded, stripe } from "./instances.js";


/**
 * @typedef {{shape: import("./shape.js").Shape, camera: {left: number, top: number, zoom: number}, parts: Map<string, any>,
 *   colours: Record<string, string>, size: {width: number, height: number}, chosen: string, cursor: {id: string, index: number} | null,
 *   hovered: string, critical: Set<string>, matches: ((row: any) => boolean) | null, undo: {marks: any[], backwards: any[]}}} Scene
 */

/** @param {CanvasRenderingContext2D} pen @param {Scene} scene */
export function paint(pen, scene) {
  const { camera, size } = scene, dense = devicePixelRatio || 1;
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, size.width, size.height);
  pen.setTransform(dense * camera.zoom, 0, 0, dense * camera.zoom, -camera.left * camera.zoom * dense, -camera.top * camera.zoom * dense);
  const seen = scene.shape.boxes.filter((box) => inSight(box, camera));
  for (const box of seen) if (FRAMES.has(box.kind)) frame(pen, scene, box);
  ways(pen, scene);
  for (const box of seen) if (!FRAMES.has(box.kind)) one(pen, scene, box);
  for (const { box, numbers, gone } of scene.undo.marks) if (inSight(box, camera)) number(pen, scene, box, numbers, gone);
}

const FRAMES = new Set(["frame", "block", "finally"]);

function frame(pen, scene, box) {
  const { colours, camera } = scene;
  rounded(pen, box, 12);
  pen.globalAlpha = box.kind === "block" ? 0.4 : 0.6;
  pen.fillStyle = colours.hover;
  pen.fill();
  pen.globalAlpha = 1;
  if (box.kind === "block") return;
  pen.setLineDash(box.kind === "finally" ? [6, 4] : []);
  pen.lineWidth = Math.max(1, 0.7 / camera.zoom);
  pen.strokeStyle = colours.strong;
  pen.globalAlpha = 0.7;
  pen.stroke();
  pen.globalAlpha = 1;
  pen.setLineDash([]);
  ring(pen, scene, box);
}

/** The phase that a part is told by: what is worst, then what goes on. @param {{counts: Record<string, number>, total: number} | undefined} part */
export function phaseOf(part) {
  if (!part?.total) return "Pending";
  for (const phase of ["Failed", "Running", "Retrying", "Queued"]) if (part.counts[phase]) return phase;
  return PHASES.find((phase) => part.counts[phase] === part.total) ?? (part.counts.Pending ? "Pending" : part.counts.Cancelled ? "Cancelled" : "Succeeded");
}

function one(pen, scene, box) {
  const { colours, parts, matches, camera } = scene, part = parts.get(box.id), phase = phaseOf(part);
  pen.globalAlpha = matches && !part?.children.some(matches) ? 0.25 : 1;
  rounded(pen, box);
  pen.fillStyle = colours.raised;
  pen.fill();
  pen.save();
  pen.clip();
  pen.fillStyle = colours[phase];
  const far = camera.zoom < 0.3, strip = part?.total > 1 && box.kind !== "cells";
  if (far && !strip && box.kind !== "cells") pen.fillRect(box.x, box.y, box.width, box.height);
  else if (phase !== "Pending") pen.fillRect(box.x, box.y, 4, box.height);
  if (strip) stripe(pen, scene, box, part, far);
  pen.restore();
  if (box.kind === "cells") cells(pen, scene, box, part);
  rounded(pen, box);
  pen.lineWidth = Math.max(1, 0.7 / camera.zoom);
  pen.strokeStyle = phase === "Failed" ? colours.Failed : colours.strong;
  if (!part?.children.some((row) => row.made)) pen.setLineDash([4, 3]);
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
  ring(pen, scene, box);
}

/** Around what is chosen, and around where the keyboard is. */
function ring(pen, { colours, chosen, cursor, camera }, box) {
  const here = cursor?.id === box.id && cursor.index < 0;
  if (chosen !== box.id && !here) return;
  const by = 3 / Math.max(0.4, camera.zoom);
  rounded(pen, { x: box.x - by, y: box.y - by, width: box.width + 2 * by, height: box.height + 2 * by }, 8 + by);
  pen.strokeStyle = colours.accent;
  pen.lineWidth = 2 / camera.zoom;
  if (chosen !== box.id) pen.setLineDash([5 / camera.zoom, 3 / camera.zoom]);
  pen.stroke();
  pen.setLineDash([]);
}

/** Which place an undo has. */
function number(pen, { colours }, box, numbers, gone) {
  const text = numbers.length > 1 ? `${numbers[0]}–${numbers[numbers.length - 1]}` : `${numbers[0]}`;
  pen.font = "600 11px system-ui, sans-serif";
  const wide = Math.max(18, pen.measureText(text).width + 10), at = { x: box.x + box.width - wide + 6, y: box.y - 9, width: wide, height: 18 };
  rounded(pen, at, 9);
  pen.fillStyle = gone === numbers.length ? colours.again : colours.raised;
  pen.fill();
  pen.strokeStyle = colours.again;
  pen.lineWidth = 1.5;
  pen.stroke();
  pen.fillStyle = gone === numbers.length ? colours.raised : colours.again;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, at.x + wide / 2, at.y + 9.5);
}
