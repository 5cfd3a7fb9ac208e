import { describe, expect, it } from 'vitest';
import { ModelledSource } from '../../agent/simulator/modelled.ts';
import { type Scenario, scenarioOf, scenarios } from '../../agent/simulator/scenario.ts';
import type { SourceShot } from '../../agent/simulator/source.ts';
import { loadProfile } from '../../config/profile-load.ts';

const dieCasting = loadProfile('die-casting-cold-chamber');
const injection = loadProfile('injection-molding');
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

function shots(
  profile: typeof dieCasting,
  seed: number,
  count: number,
  scenario: Partial<Scenario> = {},
): SourceShot[] {
  const source = new ModelledSource(profile, seed, scenarioOf(scenario));
  return Array.from({ length: count }, () => source.next());
}

function meanOf(from: readonly SourceShot[], signal: string): number {
  const values = from.map(({ values }) => values[signal]).filter((value) => value != null);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** 1,500 shots of each seed's machine, made once. */
const longRuns = new Map(
  [dieCasting, injection].map((profile) => [
    profile,
    seeds.map((seed) => shots(profile, seed, 1500)),
  ]),
);

const scored = (from: readonly SourceShot[]) =>
  from.filter(({ suppressed }) => suppressed === null);

describe.each([dieCasting, injection])('model of $id', (profile) => {
  it('makes the same shots from the same seed, and others from another', () => {
    expect(shots(profile, 42, 400)).toEqual(shots(profile, 42, 400));
    expect(shots(profile, 43, 5)).not.toEqual(shots(profile, 42, 5));
  });

  it.each(seeds)(
    'seed %i: starts steady, then a first episode of defects, then is well again',
    (seed) => {
      const run = shots(profile, seed, 60);
      const bad = run.flatMap(({ truth, trouble }, i) => (truth.defect && trouble ? [i + 1] : []));
      expect(run.slice(0, 5).every(({ suppressed }) => suppressed === null)).toBe(true);
      expect(bad[0]).toBeGreaterThan(5);
      expect(bad[0]).toBeLessThan(20);
      expect(bad.length).toBeGreaterThanOrEqual(4);
      expect(run.slice(30).every(({ trouble }) => trouble === null)).toBe(true);
    },
  );

  it('has few defects outside episodes, and a few per cent in all', () => {
    const run = (longRuns.get(profile) ?? []).flatMap(scored);
    const calm = run.filter(({ trouble }) => trouble === null);
    const rate = (of: readonly SourceShot[]) =>
      of.filter(({ truth }) => truth.defect).length / of.length;
    expect(rate(calm)).toBeLessThan(0.012);
    expect(rate(run)).toBeGreaterThan(0.02);
    expect(rate(run)).toBeLessThan(0.08);
  });

  it('names only causes that the profile knows, and all the signals it serves', () => {
    const run = (longRuns.get(profile) ?? []).flat();
    const causes = new Set(run.flatMap(({ truth }) => truth.cause ?? []));
    expect(causes.size).toBeGreaterThanOrEqual(5);
    for (const cause of causes) expect(Object.keys(profile.defects)).toContain(cause);
    const names = Object.entries(profile.signals).filter(([, { poll }]) => poll === 'shot');
    for (const [name] of names) {
      const present = run.filter(({ values }) => values[name] != null).length;
      expect(present / run.length, name).toBeGreaterThan(0.95);
    }
  });

  it('keeps every limit of the profile in steady production', () => {
    for (const shot of shots(profile, 5, 600, scenarios.steady)) {
      for (const [feature, { low, high }] of Object.entries(profile.limits)) {
        const value = shot.values[feature];
        expect(value).not.toBeNull();
        expect(value).toBeGreaterThan(low ?? Number.NEGATIVE_INFINITY);
        expect(value).toBeLessThan(high ?? Number.POSITIVE_INFINITY);
      }
    }
  });
});

describe.each([
  ['ladle-underfill', 'shrinkage', dieCasting, 'biscuitThickness', -6],
  ['accumulator-low', 'shrinkage', dieCasting, 'castPressure', -80],
  ['vacuum-clogged', 'gas-porosity', dieCasting, 'vacuum', 60],
  ['melt-cold', 'misrun', dieCasting, 'meltTemperature', -25],
  ['spray-nozzle', 'soldering', dieCasting, 'sprayTime', -0.4],
  ['clamp-loss', 'flash', dieCasting, 'clampForce', -30],
  ['check-ring', 'short-shot', injection, 'cushion', -1.5],
  ['hold-valve', 'sink-mark', injection, 'holdPressure', -8],
  ['wet-resin', 'silver-streak', injection, 'dewPoint', 15],
  ['heater-band', 'weld-line', injection, 'barrelTemperature3', -10],
  ['late-switch', 'flash', injection, 'switchPosition', -1],
  ['coolant-loss', 'warpage', injection, 'moldTemperature1', 8],
] as const)('%s', (kind, defect, profile, signal, shift) => {
  it(`raises ${defect}, and ${signal} shows it`, () => {
    const runs = (longRuns.get(profile) ?? []).map(scored);
    // Per machine and mold, so that their own settings do not hide the shift.
    const shifts: number[] = [];
    const bad: SourceShot[] = [];
    for (const run of runs) {
      for (const mold of new Set(run.map(({ mold }) => mold))) {
        const own = run.filter((shot) => shot.mold === mold);
        const during = own.filter(({ trouble, truth }) => trouble === kind && truth.defect);
        const calm = own.filter(({ trouble }) => trouble === null);
        bad.push(...during);
        if (during.length > 0) shifts.push(meanOf(during, signal) - meanOf(calm, signal));
      }
    }
    expect(bad.length).toBeGreaterThan(20);
    const right = bad.filter(({ truth }) => truth.cause === defect).length;
    expect(right / bad.length).toBeGreaterThan(0.9);
    const mean = shifts.reduce((sum, value) => sum + value, 0) / shifts.length;
    expect(Math.sign(mean)).toBe(Math.sign(shift));
    expect(Math.abs(mean)).toBeGreaterThan(Math.abs(shift));
  });
});

describe('die heat', () => {
  const calm = { firstEpisodeShots: null, moldChangeGapShots: null, garbageRate: 0 } as const;

  it('falls in a stop and comes back with heating shots', () => {
    const run = shots(dieCasting, 11, 400, calm);
    const stop = run.findIndex(({ values }) => (values.stopSeconds ?? 0) > 180);
    expect(stop).toBeGreaterThan(0);
    const mold = run[stop]?.mold;
    const own = (from: number, to: number) =>
      run.slice(from, to).filter((shot) => shot.mold === mold);
    const before = meanOf(own(stop - 20, stop), 'upperDieTemperature1');
    const after = meanOf(own(stop, stop + 1), 'upperDieTemperature1');
    const later = meanOf(own(stop + 30, stop + 50), 'upperDieTemperature1');
    expect(after).toBeLessThan(before - 8);
    expect(Math.abs(later - before)).toBeLessThan(6);
  });

  it('suppresses the shots after a stop as the profile says', () => {
    const run = shots(dieCasting, 11, 400, calm);
    const stop = run.findIndex(({ values }) => (values.stopSeconds ?? 0) > 180);
    const reasons = run.slice(stop - 1, stop + 4).map(({ suppressed }) => suppressed);
    expect(reasons).toEqual([null, 'try-shot', 'try-shot', 'warm-up', null]);
  });

  it('is still too low after a long stop with too few heating shots: cold shuts', () => {
    const runs = (longRuns.get(dieCasting) ?? []).flatMap(scored);
    const bad = runs.filter(({ trouble, truth }) => trouble === 'cold-die' && truth.defect);
    expect(bad.length).toBeGreaterThan(10);
    expect(
      bad.filter(({ truth }) => truth.cause === 'cold-shut').length / bad.length,
    ).toBeGreaterThan(0.9);
  });

  it('casts two molds in turn and changes one now and then', () => {
    const run = shots(dieCasting, 3, 1400);
    const change = run.findIndex(({ suppressed }) => suppressed === 'line-stopped');
    expect(new Set(run.slice(0, change).map(({ mold }) => mold)).size).toBe(2);
    expect(new Set(run.map(({ mold }) => mold)).size).toBe(3);
    for (let i = 1; i < change; i++) expect(run[i]?.mold).not.toBe(run[i - 1]?.mold);
    expect(run.slice(change, change + 8).map(({ suppressed }) => suppressed)).toEqual([
      'line-stopped',
      ...Array.from({ length: 7 }, () => 'try-shot'),
    ]);
  });
});

describe('injection stops', () => {
  it('leave the first five shots out as warm-up', () => {
    const run = shots(injection, 4, 400, { firstEpisodeShots: null, moldChangeGapShots: null });
    const stop = run.findIndex(({ afterS }) => afterS > 180);
    const reasons = run.slice(stop, stop + 6).map(({ suppressed }) => suppressed);
    expect(reasons).toEqual([...Array.from({ length: 5 }, () => 'warm-up'), null]);
  });
});

describe('sensor garbage', () => {
  const run = seeds.flatMap((seed) => shots(dieCasting, seed, 1500, { garbageRate: 0.03 }));
  const garbage = run.flatMap(({ garbage, values }) =>
    garbage.map((g) => ({ ...g, value: values[g.signal] })),
  );

  it('gives the sentinels of the line and never a number for them', () => {
    const raws = new Set(garbage.filter(({ kind }) => kind !== 'frozen').map(({ raw }) => raw));
    expect([...raws]).toEqual(expect.arrayContaining([1449, 65535, 65534, -1]));
    for (const { kind, value } of garbage) if (kind !== 'frozen') expect(value).toBeNull();
  });

  it('freezes sensors for longer than the profile tolerates', () => {
    const frozen = garbage.filter(({ kind }) => kind === 'frozen');
    expect(frozen.length).toBeGreaterThan(20);
    expect(frozen.every(({ value }) => value !== null)).toBe(true);
  });

  it('never hides which mold or kind of shot it is', () => {
    const spared = ['moldCode', 'tryShot', 'lineState', 'stopSeconds'];
    expect(garbage.filter(({ signal }) => spared.includes(signal))).toEqual([]);
  });
});
