/** Curves: evenly taken out of the samples of a cycle, one scalar feature for each point. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { requestOf } from '../../agent/cli/model-request.ts';
import { resample } from '../../agent/cycles/aggregate.ts';
import { CycleTracker } from '../../agent/cycles/tracker.ts';
import type { Reading } from '../../agent/records.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { parseManifest } from '../../models/bundle-check.ts';
import { wrapNeeds } from '../../models/wrap/wrap.ts';

const ramp = (count: number, everyMs: number, fromMs = 0) =>
  Array.from({ length: count }, (_, at) => ({
    monoMs: fromMs + at * everyMs,
    value: at * everyMs,
  }));

describe('resample', () => {
  test('takes values evenly, on the line between samples', () => {
    expect(resample(ramp(101, 10), 0, 1000, 5)).toEqual([0, 250, 500, 750, 1000]);
    const odd = resample(ramp(144, 7), 0, 1000, 11);
    for (const [at, value] of odd.entries()) expect(value).toBeCloseTo(at * 100, 6);
  });

  test('draws nothing over a gap, and nothing beyond the samples', () => {
    const holed = ramp(101, 10).filter(({ monoMs }) => monoMs < 300 || monoMs > 600);
    const values = resample(holed, 0, 1000, 11);
    expect(values.slice(0, 3)).toEqual([0, 100, 200]);
    expect(values.slice(3, 7)).toEqual([null, null, null, null]);
    expect(values.slice(7)).toEqual([700, 800, 900, 1000]);
    expect(resample(ramp(40, 10), 0, 1000, 11).slice(5)).toEqual(Array(6).fill(null));
  });

  test('gives no point of a cycle with too few samples, or without a beginning', () => {
    expect(resample(ramp(3, 500), 0, 1000, 11).filter((value) => value !== null)).toEqual([
      0, 500, 1000,
    ]);
    expect(resample([], 0, 1000, 4)).toEqual([null, null, null, null]);
    expect(resample(ramp(50, 10), Number.NEGATIVE_INFINITY, 1000, 2)).toEqual([null, null]);
  });
});

const profileText = (feature: string): string => `
id: curved
version: 1
title: { ko: 사출기, en: injection machine }
facts: { source: test }
signals:
  shotCount: { title: { ko: 타수, en: shots }, at: holding 0, poll: trigger }
  weight: { title: { ko: 중량, en: weight }, at: holding 1 }
  pressure: { title: { ko: 캐비티 압력, en: cavity pressure }, at: holding 2, unit: MPa, poll: slow, everyMs: 20 }
cycle: { trigger: { on: change, signal: shotCount } }
features:
  weight: { from: weight }
  pressureCurve: ${feature}
testVectors: [{ at: holding 0, words: [1], expect: { shotCount: 1 } }]
`;

async function curved(feature: string) {
  const file = join(await mkdtemp(join(tmpdir(), 'ppuri-curve-')), 'curved.yaml');
  await writeFile(file, profileText(feature));
  return loadProfile(file);
}

describe('a curve of a profile', () => {
  test('is its points by name, for people counted from 1', async () => {
    const { features } = await curved('{ from: pressure, take: curve, points: 4 }');
    expect(Object.keys(features)).toEqual([
      'weight',
      'pressureCurve.0',
      'pressureCurve.1',
      'pressureCurve.2',
      'pressureCurve.3',
    ]);
    expect(features['pressureCurve.3']?.title).toEqual({
      ko: '캐비티 압력 4/4',
      en: 'cavity pressure 4/4',
    });
  });

  test('is filled from the samples of each cycle', async () => {
    const profile = await curved('{ from: pressure, take: curve, points: 5 }');
    const samples = ramp(101, 20);
    const tracker = new CycleTracker({
      machine: 'im-1',
      profile,
      samplesBetween: (_, from, to) =>
        samples.filter(({ monoMs }) => monoMs >= from && monoMs <= to),
      clock: () => 0,
    });
    const shoot = (shot: number, monoMs: number) => {
      const at = { monoMs, wallMs: 0 };
      const reading: Reading = { value: 1, quality: 'good', at };
      const readings = { pressure: reading, weight: reading };
      return tracker.complete({ shot, readings, at, triggerMonoMs: monoMs }).features;
    };
    const first = shoot(1, 1000);
    expect(first['pressureCurve.2']).toMatchObject({ value: null, note: 'too few samples' });
    const second = shoot(2, 2000);
    const points = [0, 1, 2, 3, 4].map((at) => second[`pressureCurve.${at}`]?.value);
    expect(points).toEqual([1000, 1250, 1500, 1750, 2000]);
  });

  test('is refused where it can be none', async () => {
    await expect(curved('{ from: pressure, take: curve }')).rejects.toThrow(/number of points/);
    await expect(curved('{ from: weight, take: curve, points: 8 }')).rejects.toThrow(
      /read once a cycle/,
    );
    await expect(curved('{ from: pressure, take: mean, points: 8 }')).rejects.toThrow(/no meaning/);
    const past = '{ from: pressure, take: curve, points: 8, over: { cycles: 3 } }';
    await expect(curved(past)).rejects.toThrow(/one cycle/);
  });
});

test('a manifest takes all points of a curve with one entry', () => {
  const { value, faults } = parseManifest(`
format: 1
name: curve-net
version: "1"
task: binary
profile: curved
input: { name: x }
features:
  - { name: p, from: pressureCurve, points: 3, unit: MPa, missing: nan }
  - { name: w, from: weight }
output: { name: y, kind: probabilities, defectColumns: [0] }
threshold: 0.5
`);
  expect(faults).toEqual([]);
  expect(value?.features).toMatchObject([
    { name: 'p.0', from: 'pressureCurve.0', unit: 'MPa', missing: 'nan' },
    { name: 'p.1', from: 'pressureCurve.1' },
    { name: 'p.2', from: 'pressureCurve.2' },
    { name: 'w', from: 'weight' },
  ]);
});

test('a model of a whole curve takes the profile’s only one of that length', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-curve-'));
  const profile = join(dir, 'curved.yaml');
  await writeFile(profile, profileText('{ from: pressure, take: curve, points: 32 }'));
  const model = join(import.meta.dirname, '../fixtures/models/toolkits/torch-cnn-curve.onnx');
  const needs = wrapNeeds(await requestOf(model, false, { profile, threshold: 0.5 }));
  expect(needs).toEqual([expect.stringMatching(/^rows to prove/)]);
});
