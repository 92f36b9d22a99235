// Who holds how much of a resource from when on, and the areas that show it.

/** @typedef {{at: number, mine: number, others: number, foreign: number}} Level from an instant on */

/** The value of steps of [instant, value] at an instant. */
function step(steps, when) {
  let found = 0;
  for (const [at, value] of steps) {
    if (at > when) break;
    found = value;
  }
  return found;
}

/** Longer than this between two looks, nobody knows what was in between. */
const GAP = 60;

/** What was seen at an instant, if anything was. @param {import("./outlook.js").Lane} lane */
function seen(lane, when) {
  const one = lane.past.findLast((sample) => sample[0] <= when);
  return one && when - one[0] <= GAP ? one : null;
}

/** @param {import("./outlook.js").Lane} lane @param {number} now @param {number} when */
export function valueAt(lane, now, when) {
  const mine = step(lane.mine, when), last = lane.past.at(-1);
  if (when >= now) return { mine, others: step(lane.ahead, when), foreign: last[3] };
  const one = seen(lane, when);
  return { mine, others: one && one[2], foreign: one && one[3] };
}

/** All levels in order of time: before anything was seen, only those of this Pipeline. @param {import("./outlook.js").Lane} lane @returns {Level[]} */
export function stacked(lane, now) {
  const ends = lane.past.map((sample) => sample[0] + GAP).filter((at) => at < now);
  const instants = new Set([...lane.mine, ...lane.past, ...lane.ahead].map(([at]) => at).concat(ends.filter((at) => !seen(lane, at + 0.001))));
  return [...instants].sort((one, two) => one - two).map((at) => {
    const { mine, others, foreign } = valueAt(lane, now, at + 0.0005);
    return { at, mine, others: others ?? 0, foreign: foreign ?? 0 };
  });
}

/**
 * Paths of the areas, one on the other: this Pipeline at the bottom.
 * @param {Level[]} levels @param {(at: number) => number} x @param {(n: number) => number} y @param {number} to
 */
export function areas(levels, x, y, to) {
  const edge = (low, high) => {
    let path = "";
    levels.forEach((level, place) => {
      const left = x(level.at).toFixed(1), right = x(levels[place + 1]?.at ?? to).toFixed(1);
      if (high(level) > low(level) && left !== right) {
        path += `M${left} ${y(low(level)).toFixed(1)}V${y(high(level)).toFixed(1)}H${right}V${y(low(level)).toFixed(1)}Z`;
      }
    });
    return path;
  };
  return {
    mine: edge(() => 0, (one) => one.mine),
    others: edge((one) => one.mine, (one) => one.mine + one.others),
    foreign: edge((one) => one.mine + one.others, (one) => one.mine + one.others + one.foreign),
  };
}
