import { describe, expect, it } from 'vitest';
import { Random } from '../../agent/simulator/random.ts';
import { type Stretch, slopeOf } from '../../bench/slope.ts';

/** Samples that follow each other (a random walk pulled back), with a trend, at a level. */
function stretch(random: Random, level: number, trend: number, count: number): Stretch {
  let wave = 0;
  const at = Array.from({ length: count }, (_, i) => i / 100);
  const values = at.map((x) => {
    wave = 0.8 * wave + random.between(-1, 1);
    return level + trend * x + wave;
  });
  return { at, values };
}

describe('the slope of a soak', () => {
  it('covers the truth about as often as it says, also where samples follow each other', () => {
    const trend = 0.5;
    let covered = 0;
    const runs = 300;
    for (let seed = 1; seed <= runs; seed += 1) {
      const random = new Random(seed, 'slope');
      const lives = [100, 40, 75].map((level) => stretch(random, level, trend, 240));
      const { interval = [0, 0] } = slopeOf(lives, 30) ?? {};
      if (interval[0] <= trend && trend <= interval[1]) covered += 1;
    }
    expect(covered / runs).toBeGreaterThan(0.88);
    expect(covered / runs).toBeLessThan(0.99);
  });

  it('takes a process that starts anew at another level for no growth', () => {
    const flat = (level: number): Stretch => ({
      at: Array.from({ length: 20 }, (_, i) => i),
      values: Array.from({ length: 20 }, () => level),
    });
    expect(slopeOf([flat(50), flat(500)], 5)).toMatchObject({
      slope: 0,
      samples: 40,
      stretches: 2,
    });
  });

  it('says nothing of too few samples', () => {
    expect(slopeOf([{ at: [0, 1, 2], values: [1, 2, 3] }], 2)).toBeNull();
    expect(slopeOf([], 2)).toBeNull();
  });
});
