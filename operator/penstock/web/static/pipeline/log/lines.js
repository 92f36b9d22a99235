// A line as the server sends it: the instant at which it was written, a space, and the text.

const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) /;
const COLOUR = /\x1b\[[\d;:]*[mK]/g;

/** Where the text begins; 0 if there is no instant. @param {string} line */
export const begin = (line) => STAMP.exec(line)?.[0].length ?? 0;

/** When it was written; empty if that is not known. @param {string} line */
export const instant = (line) => line.slice(0, Math.max(0, begin(line) - 1));

/** The text without colours. @param {string} line */
export function plain(line) {
  const text = line.slice(begin(line)).replace(/\r$/, "");
  return text.includes("\x1b") ? text.replace(COLOUR, "") : text;
}

/** How many lines in a row, one and those after it (`by` -1: before it), were written at the same instant. @param {string[]} lines */
export function together(lines, from = 0, by = 1) {
  const when = instant(lines[from] ?? "");
  let many = 0;
  for (let at = from; at >= 0 && at < lines.length && instant(lines[at]) === when; at += by) many += 1;
  return many;
}
