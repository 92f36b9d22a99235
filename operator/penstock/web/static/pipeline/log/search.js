// What is searched for in the lines that are there; lines that come later are searched as they come.
import { plain } from "./lines.js";

/** @param {string} text */
export const pattern = (text) => (text ? new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi") : null);

/** The numbers of the lines that have it, kept from one look to the next. */
export class Found {
  text = "";
  /** @type {number[]} */
  lines = [];
  from = 0;
  to = 0;

  /** @param {import("./feed.js").Feed} feed @param {string} text */
  look(feed, text) {
    const first = feed.first, end = first + feed.lines.length, same = text === this.text && this.to > first;
    const older = same ? this.numbers(feed, text, first, Math.min(this.from, end)) : [];
    const kept = same ? this.lines.filter((number) => number >= first) : [];
    const newer = this.numbers(feed, text, same ? this.to : first, end);
    if (!same || older.length || newer.length || kept.length < this.lines.length) this.lines = [...older, ...kept, ...newer];
    [this.text, this.from, this.to] = [text, first, end];
    return this.lines;
  }

  numbers(feed, text, from, to) {
    const wanted = pattern(text), found = [];
    if (!wanted) return found;
    for (let number = from; number < to; number += 1) {
      wanted.lastIndex = 0;
      if (wanted.test(plain(feed.lines[number - feed.first]))) found.push(number);
    }
    return found;
  }
}
