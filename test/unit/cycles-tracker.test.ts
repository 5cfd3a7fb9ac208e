import { describe, expect, test } from 'vitest';
import { CycleTracker } from '../../agent/cycles/tracker.ts';
import type { Reading } from '../../agent/records.ts';
import { type Profile, profileSchema } from '../../config/profile.ts';

const title = { ko: '값', en: 'value' };
const good = (value: number, monoMs = 0): Reading => ({
  value,
  quality: 'good',
  at: { monoMs, wallMs: 0 },
});
const bad: Reading = {
  value: null,
  quality: 'invalid',
  at: { monoMs: 0, wallMs: 0 },
  note: 'sentinel 1449',
};

function profile(extra: Record<string, unknown>): Profile {
  return profileSchema.parse({
    id: 'test-machine',
    version: 1,
    title,
    facts: { source: 'test' },
    signals: {
      shotCount: { title, at: 'holding 0', poll: 'trigger' },
      mold: { title, at: 'holding 1' },
      pressure: { title, at: 'holding 2' },
      tryShot: { title, at: 'holding 3' },
      stopSeconds: { title, at: 'holding 4', presence: 'optional' },
      oil: { title, at: 'holding 5', poll: 'slow' },
    },
    cycle: { trigger: { on: 'change', signal: 'shotCount' }, mold: 'mold' },
    testVectors: [{ at: 'holding 0', words: [1], expect: {} }],
    ...extra,
  });
}

function tracker(of: Profile, samples: { monoMs: number; value: number }[] = []): CycleTracker {
  return new CycleTracker({
    machine: 'dc-1',
    profile: of,
    samplesBetween: (_, from, to) => samples.filter((s) => s.monoMs >= from && s.monoMs <= to),
    clock: () => 0,
  });
}

function shoot(
  line: CycleTracker,
  shot: number,
  readings: Record<string, Reading>,
  monoMs = shot * 1000,
) {
  return line.complete({ shot, readings, at: { monoMs, wallMs: 0 }, triggerMonoMs: monoMs });
}

describe('features of interleaved molds', () => {
  const line = tracker(
    profile({ features: { rise: { from: 'pressure', take: 'slope', over: { cycles: 3 } } } }),
  );
  const cycles = [10, 100, 11, 100, 12, 100].map((pressure, i) =>
    shoot(line, i, { mold: good(i % 2 === 0 ? 8412 : 8722), pressure: good(pressure) }),
  );

  test('are computed over the cycles of their own mold only', () => {
    expect(cycles[4]?.features.rise?.value).toBeCloseTo(1);
    expect(cycles[5]?.features.rise?.value).toBeCloseTo(0);
  });

  test('are missing, not guessed, until enough cycles were seen', () => {
    expect(cycles[2]?.features.rise).toMatchObject({
      value: null,
      quality: 'missing',
      note: 'only 2 of 3 cycles seen',
    });
  });
});

describe('features over the time of a cycle', () => {
  const of = profile({
    features: {
      oilMean: { from: 'oil', take: 'mean' },
      oilHot: { from: 'oil', take: 'timeAbove', above: 45 },
      oilUsed: { from: 'oil', take: 'increase', over: { seconds: 2 } },
    },
  });
  const samples = [40, 44, 48, 50, 52].map((value, i) => ({ monoMs: i * 1000, value }));

  test('use its samples from trigger to trigger', () => {
    const line = tracker(of, samples);
    shoot(line, 1, { oil: good(44) }, 1000);
    const { features } = shoot(line, 2, { oil: good(52) }, 4000);
    expect(features.oilMean?.value).toBeCloseTo((44 + 48 + 50 + 52) / 4);
    expect(features.oilHot?.value).toBeCloseTo(2);
    expect(features.oilUsed?.value).toBe(4);
  });

  test('keep the reason when the signal is bad and no sample was good', () => {
    expect(shoot(tracker(of), 1, { oil: bad }).features.oilMean).toEqual(bad);
  });
});

describe('suppression', () => {
  const of = profile({
    suppress: [
      { reason: 'try-shot', when: { signal: 'tryShot', equals: 1 } },
      { reason: 'warm-up', when: { signal: 'stopSeconds', above: 180 }, cycles: 3 },
      { reason: 'warm-up', afterIdleS: 600, cycles: 2 },
    ],
  });
  const normal = { tryShot: good(0), stopSeconds: good(0), mold: good(1) };

  test('covers the shots after a stop that the machine reports', () => {
    const line = tracker(of);
    const reasons = [0, 400, 0, 0, 0].map(
      (stop, i) => shoot(line, i + 1, { ...normal, stopSeconds: good(stop) }).suppressed,
    );
    expect(reasons).toEqual([null, 'warm-up', 'warm-up', 'warm-up', null]);
  });

  test('covers the shots after an idle time that nobody reports', () => {
    const line = tracker(of);
    const reasons = [1000, 2000, 902_000, 903_000, 904_000].map(
      (at, i) => shoot(line, i + 1, normal, at).suppressed,
    );
    expect(reasons).toEqual([null, null, 'warm-up', 'warm-up', null]);
  });

  test('names the try shot first', () => {
    expect(shoot(tracker(of), 1, { ...normal, tryShot: good(1) }).suppressed).toBe('try-shot');
  });

  test('does not score a shot that may be a try shot, but an optional signal may be absent', () => {
    expect(shoot(tracker(of), 1, { ...normal, tryShot: bad }).suppressed).toBe('state-unknown');
    expect(shoot(tracker(of), 1, { ...normal, stopSeconds: bad }).suppressed).toBeNull();
  });
});

describe('a snapshot that is not confirmed yet', () => {
  const ofThree = profile({
    features: {
      rise: { from: 'pressure', take: 'slope', over: { cycles: 3 } },
      now: { from: 'pressure', take: 'last' },
    },
  });
  const snapshot = (shot: number, value: number) => ({
    shot,
    readings: { pressure: good(value), mold: good(7) },
    at: { monoMs: shot * 1000, wallMs: 0 },
    triggerMonoMs: shot * 1000,
  });

  test('gives the features that the shot will have, and leaves no trace', () => {
    const [plain, looking] = [tracker(ofThree), tracker(ofThree)];
    for (const [index, value] of [10, 12, 17, 11].entries()) {
      const next = snapshot(index + 1, value);
      looking.foresee(snapshot(index + 1, 99));
      const foreseen = looking.foresee(next);
      const cycle = looking.complete(next);
      expect(foreseen).toEqual({ mold: '7', features: cycle.features });
      expect(cycle).toEqual(plain.complete(next));
    }
  });
});
