/** When a machine stands: what is told of its stops, and what is not known. */
import { expect, test } from 'vitest';
import { type Link, StopWatch } from '../../agent/production/stop-watch.ts';
import type { Instant, Stop } from '../../agent/records.ts';

const wallMs = Date.UTC(2026, 10, 27, 0);
const at = (s: number): Instant => ({ monoMs: s * 1000, wallMs: wallMs + s * 1000 });
const begin = (seconds: number): number => seconds;

/** A machine of 40 s cycles, watched since 0 s. */
class Bench {
  readonly told: Stop[] = [];
  readonly watch: StopWatch;
  #now = 0;
  link: Link = 'up';

  constructor(more: { idealS?: number } = {}) {
    let ids = 0;
    this.watch = new StopWatch(
      {
        machine: 'dc-03',
        newId: () => {
          ids += 1;
          return `s${ids}`;
        },
        stopAfterCycles: 2,
        microStopMs: 300_000,
        idealCycleMs: () => (more.idealS === undefined ? null : more.idealS * 1000),
        unknownAfterMs: 60_000,
        repeatMs: 600_000,
      },
      at(0),
    );
  }

  /** Looks at the clock each second up to `s`. */
  until(s: number): this {
    for (; this.#now < s; this.#now += 1)
      this.told.push(...this.watch.tick(at(this.#now), this.link));
    return this;
  }

  shot(s: number, mold = '7', observed: 'whole' | 'missed' | 'torn' = 'whole'): this {
    this.until(s);
    const of = observed === 'whole' ? mold : null;
    const cycle = { mold: of, shot: null, observed, at: at(s), times: { trigger: s * 1000 } };
    this.told.push(...this.watch.shot(cycle));
    return this;
  }

  /** Shots each 40 s, from `from` s on. Gives the time of the last. */
  run(from: number, shots: number): number {
    for (let i = 0; i < shots; i += 1) this.shot(from + 40 * i);
    return from + 40 * (shots - 1);
  }

  last(): readonly unknown[] {
    return this.told.map(({ id, kind, state, begin: from, end, continues }) => [
      ...[id, kind, state, from.monoMs / 1000, end === null ? null : end.monoMs / 1000, continues],
    ]);
  }
}

test('a stop lasts from the last shot to one cycle before the next; short ones are micro-stops', () => {
  const bench = new Bench();
  const last = bench.run(10, 10);
  expect(bench.told).toEqual([]);
  // 2 minutes without a shot, then 20 minutes.
  bench.shot(last + 40 + 120).shot(last + 200 + 40 + 1200);
  expect(bench.last()).toEqual([
    ['s1', 'micro', 'open', 370, null, null],
    ['s1', 'micro', 'ended', 370, 490, null],
    ['s2', 'micro', 'open', 530, null, null],
    ['s2', 'stop', 'open', 530, null, null],
    // Said again while it lasts, for a power cut.
    ['s2', 'stop', 'open', 530, null, null],
    ['s2', 'stop', 'ended', 530, 1770, null],
  ]);
  expect(bench.told[0]).toMatchObject({
    machine: 'dc-03',
    mold: '7',
    usualMs: 40_000,
    begin: at(370),
  });
  expect(bench.told[5]?.at).toEqual(at(1810));
});

test('a slow cycle is no stop, and a stop does not become the usual cycle', () => {
  const bench = new Bench();
  const last = bench.run(10, 10);
  bench
    .shot(last + 75)
    .shot(last + 75 + 81)
    .shot(last + 75 + 81 + 81);
  expect(bench.last()).toEqual([
    ['s1', 'micro', 'ended', 445, 486, null],
    ['s2', 'micro', 'ended', 526, 567, null],
  ]);
});

test('while a machine does not answer nothing is known, and a stop before it is over', () => {
  const bench = new Bench();
  const last = bench.run(10, 10);
  bench.until(last + 500);
  bench.link = 'lost';
  bench.until(last + 800);
  bench.link = 'up';
  bench.until(last + 1000);
  bench.shot(last + 1040);
  expect(bench.last()).toEqual([
    ['s1', 'micro', 'open', 370, null, null],
    ['s1', 'stop', 'open', 370, null, null],
    ['s1', 'stop', 'ended', 370, 869, null],
    ['s2', 'unknown', 'open', 869, null, 's1'],
    ['s2', 'unknown', 'ended', 869, 1170, 's1'],
    ['s3', 'micro', 'open', 1170, null, 's2'],
    ['s3', 'micro', 'ended', 1170, 1370, 's2'],
  ]);
});

test('a counter that went on meanwhile takes unknown time back', () => {
  const bench = new Bench();
  const last = bench.run(10, 10);
  bench.link = 'lost';
  bench.until(last + 200);
  bench.link = 'up';
  for (let i = 0; i < 4; i += 1) bench.shot(last + 200, '7', 'missed');
  bench.shot(last + 200);
  expect(bench.last()).toEqual([
    ['s1', 'unknown', 'open', 370, null, null],
    ['s1', 'unknown', 'ended', 370, 370, null],
  ]);
});

test('before a cycle is known the time is unknown, not a stop', () => {
  const bench = new Bench();
  bench.until(begin(200)).shot(200);
  expect(bench.last()).toEqual([
    ['s1', 'unknown', 'open', 0, null, null],
    ['s1', 'unknown', 'ended', 0, 200, null],
  ]);
});

test('a planned cycle, or shots of an earlier start, tell a stop from the first moment on', () => {
  const planned = new Bench({ idealS: 40 });
  planned.until(400);
  expect(planned.last().at(-1)).toEqual(['s1', 'stop', 'open', 0, null, null]);
  const recalled = new Bench();
  const cycles = [0, 1, 2, 3, 4, 5].map((i) => ({
    mold: '7',
    shot: i,
    wallMs: wallMs + i * 40_000,
  }));
  recalled.watch.recall(cycles, 'old-9');
  recalled.until(400);
  expect(recalled.last().at(-1)).toEqual(['s1', 'stop', 'open', 0, null, 'old-9']);
  expect(recalled.watch.end(at(400))).toMatchObject([
    { id: 's1', state: 'open', end: null, at: at(400) },
  ]);
});

test('a machine that never answered is unknown from the begin', () => {
  const bench = new Bench();
  bench.link = 'unknown';
  bench.until(100);
  expect(bench.last()).toEqual([['s1', 'unknown', 'open', 0, null, null]]);
});
