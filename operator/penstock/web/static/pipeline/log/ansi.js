// Colours of terminals (ECMA-48, SGR) as classes. Whatever else a text would have a terminal do stays in it, to be shown.

const CODE = /\x1b\[([\d;:]*)([mK])/g;
const ON = { 1: "bold", 2: "dim", 3: "italic", 4: "under", 7: "inverse", 9: "strike" };
const OFF = { 22: ["bold", "dim"], 23: ["italic"], 24: ["under"], 27: ["inverse"], 29: ["strike"] };

/** The nearest of sixteen colours. */
function near(r, g, b) {
  const light = Math.max(r, g, b), bright = light > 191 ? 8 : 0;
  if (light - Math.min(r, g, b) < 40) return light < 64 ? 0 : light < 140 ? 8 : light < 220 ? 7 : 15;
  return bright + (r > light / 2 ? 1 : 0) + (g > light / 2 ? 2 : 0) + (b > light / 2 ? 4 : 0);
}

/** One of 256: sixteen, a cube of six by six by six, and greys. @param {number} n */
function indexed(n) {
  if (!(n < 256)) return null;
  if (n < 16) return n;
  if (n > 231) return near(...Array(3).fill(8 + (n - 232) * 10));
  const part = (at) => [0, 95, 135, 175, 215, 255][Math.floor((n - 16) / at) % 6];
  return near(part(36), part(6), part(1));
}

/** Takes in the numbers of one code. @param {{fore: number | null, back: number | null, marks: Set<string>}} pen */
function apply(pen, text) {
  const codes = text.split(/[;:]/).map(Number);
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at], ten = Math.floor(code / 10), one = code % 10;
    if (code === 0) Object.assign(pen, { fore: null, back: null, marks: new Set() });
    else if (ON[code]) pen.marks.add(ON[code]);
    else if (OFF[code]) OFF[code].forEach((mark) => pen.marks.delete(mark));
    else if (code === 38 || code === 48) {
      const rgb = codes[at + 1] === 2;
      const found = rgb ? near(...codes.slice(at + 2, at + 5)) : indexed(codes[at + 2]);
      pen[code === 38 ? "fore" : "back"] = found;
      at += rgb ? 4 : 2;
    } else if ([3, 4, 9, 10].includes(ten)) {
      const colour = one === 9 ? null : one < 8 ? one + (ten > 4 ? 8 : 0) : undefined;
      if (colour !== undefined) pen[ten === 3 || ten === 9 ? "fore" : "back"] = colour;
    }
  }
}

const kind = ({ fore, back, marks }) =>
  [fore === null ? "" : `f${fore}`, back === null ? "" : `b${back}`, ...marks].filter(Boolean).join(" ");

/**
 * The parts of a text that look alike.
 * @param {string} text @returns {{text: string, kind: string}[]}
 */
export function tokens(text) {
  const pen = { fore: null, back: null, marks: new Set() }, found = [];
  let last = 0;
  for (const code of text.matchAll(CODE)) {
    if (code.index > last) found.push({ text: text.slice(last, code.index), kind: kind(pen) });
    if (code[2] === "m") apply(pen, code[1]);
    last = code.index + code[0].length;
  }
  if (last < text.length) found.push({ text: text.slice(last), kind: kind(pen) });
  return found;
}

/**
 * The parts with what is searched for apart, as `mark`.
 * @param {{text: string, kind: string}[]} parts @param {RegExp | null} wanted
 */
export function marked(parts, wanted) {
  if (!wanted) return parts;
  const whole = parts.map((part) => part.text).join("");
  const places = [...whole.matchAll(wanted)].map((one) => [one.index, one.index + one[0].length]);
  const found = [];
  let begin = 0;
  for (const { text, kind } of parts) {
    let at = 0;
    for (const [from, to] of places) {
      const [a, b] = [Math.max(at, from - begin), Math.min(text.length, to - begin)];
      if (a >= b) continue;
      if (a > at) found.push({ text: text.slice(at, a), kind });
      found.push({ text: text.slice(a, b), kind, mark: true });
      at = b;
    }
    if (at < text.length) found.push({ text: text.slice(at), kind });
    begin += text.length;
  }
  return found;
}
