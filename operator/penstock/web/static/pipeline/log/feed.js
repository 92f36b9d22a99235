// The log of one pod: its last lines, those that come in, and those before on demand.
import { signal } from "../../vendor.js";
import { ask, HIDDEN_MS, Refused, seen, sleep } from "../../net.js";
import { instant, together } from "./lines.js";

/** So many lines the server sends at first. */
export const FIRST = 5_000;
/** What is kept; beyond it the oldest go, and can be asked for again. */
const MOST_LINES = 200_000, MOST_CHARACTERS = 32 * 2 ** 20, DROP = 10_000;
const DRAW_MS = 100, AGAIN_MS = 2_000;

export class Feed {
  /** @param {string} base of the step @param {string} pod */
  constructor(base, pod) {
    this.base = base;
    this.pod = encodeURIComponent(pod);
    /** @type {string[]} */
    this.lines = [];
    /** The number of the first line; it stays that of a line while others come before and after. */
    this.first = 0;
    this.characters = 0;
    this.begins = false;
    this.version = signal(0);
    /** "loading", "follows", "ended", "waits" or "failed", the last two with why. */
    this.standing = signal({ state: "loading", why: "" });
    this.ended = new AbortController();
    this.drawing = 0;
  }

  /** Whether there may be lines before the first. */
  get more() {
    return !this.begins && (this.lines.length >= FIRST || this.first !== 0);
  }

  close() {
    this.ended.abort();
    clearTimeout(this.drawing);
  }

  async open() {
    const { signal } = this.ended;
    for (let tries = 0; !signal.aborted; tries += 1) {
      try {
        if (document.hidden) await seen(signal);
        if (await this.read(() => (tries = 0))) return;
        continue;
      } catch (error) {
        if (signal.aborted) return;
        const refused = error instanceof Refused ? error.status : 502, waits = [202, 503].includes(refused);
        this.standing.value = { state: refused < 500 && !waits ? "failed" : "waits", why: error instanceof Refused ? error.message : "" };
        if (this.standing.value.state === "failed") return;
        await sleep(waits ? AGAIN_MS : Math.min(500 * 2 ** tries, 8_000), signal);
      }
    }
  }

  /** Reads to the end; false if nobody looked for a while. */
  async read(alive) {
    const pause = new AbortController();
    const stopped = AbortSignal.any([this.ended.signal, pause.signal]);
    const since = this.lines.length ? instant(this.lines[this.lines.length - 1]) : "";
    let known = since ? together(this.lines, this.lines.length - 1, -1) : 0, rest = "", hidden = 0;
    if (this.lines.length && !since) this.clear();
    const answer = await ask(`${this.base}/log?pod=${this.pod}${since ? `&since=${encodeURIComponent(since)}` : ""}`, { signal: stopped });
    if (answer.status === 202) throw new Refused(202, (await answer.json()).error);
    alive();
    this.standing.value = { state: "follows", why: "" };
    const look = () => (clearTimeout(hidden), document.hidden && (hidden = setTimeout(() => pause.abort(), HIDDEN_MS)));
    document.addEventListener("visibilitychange", look);
    try {
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        const some = (rest + (value ?? "")).split("\n");
        rest = done ? "" : some.pop();
        if (done && some[some.length - 1] === "") some.pop();
        while (known && some.length && instant(some[0]) <= since) known -= instant(some.shift()) === since ? 1 : 0;
        if (some.length && instant(some[0]) > since) known = 0;
        this.add(some);
        if (done) break;
      }
      this.standing.value = { state: "ended", why: "" };
      return true;
    } catch (error) {
      if (pause.signal.aborted && !this.ended.signal.aborted) return false;
      throw error;
    } finally {
      clearTimeout(hidden);
      document.removeEventListener("visibilitychange", look);
      pause.abort();
      this.draw();
    }
  }

  clear() {
    this.lines = [];
    this.first = this.characters = 0;
  }

  /** @param {string[]} some */
  add(some) {
    for (const line of some) {
      this.lines.push(line);
      this.characters += line.length;
    }
    while (this.lines.length > MOST_LINES || (this.characters > MOST_CHARACTERS && this.lines.length > 1)) {
      const gone = this.lines.splice(0, Math.min(DROP, Math.ceil(this.lines.length / 4)));
      this.first += gone.length;
      this.begins = false;
      for (const line of gone) this.characters -= line.length;
    }
    if (some.length) this.draw();
  }

  /** Asks for lines before the first; returns how many there were. */
  async earlier() {
    const before = instant(this.lines[0] ?? ""), same = together(this.lines), have = this.lines.length;
    const asked = `pod=${this.pod}&have=${have}&before=${encodeURIComponent(before)}&same=${same}`;
    const told = await (await ask(`${this.base}/log/earlier?${asked}`, { signal: this.ended.signal })).text();
    const some = told.split("\n").slice(0, -1);
    this.lines = [...some, ...this.lines];
    this.first -= some.length;
    this.begins = !some.length;
    for (const line of some) this.characters += line.length;
    this.version.value += 1;
    return some.length;
  }

  /**
   * Asks for earlier ones until the first was written before an instant, as far as they are kept.
   * @param {string} when @param {() => boolean} wanted whether to go on
   */
  async back(when, wanted) {
    const full = () => this.lines.length >= MOST_LINES || this.characters >= MOST_CHARACTERS;
    while (wanted() && this.more && !full() && instant(this.lines[0]) >= when) await this.earlier();
  }

  draw() {
    this.drawing ||= setTimeout(() => ((this.drawing = 0), (this.version.value += 1)), DRAW_MS);
  }
}
