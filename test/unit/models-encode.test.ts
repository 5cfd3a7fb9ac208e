import { describe, expect, test } from 'vitest';
import { compileEncoder } from '../../models/encode.ts';
import type { Manifest } from '../../models/manifest.ts';
import { scoreManifest } from './models-support.ts';

const base: Manifest = {
  ...scoreManifest,
  features: [
    { name: 'a', from: 'melt', unit: '', missing: 'refuse', range: [600, 700] },
    { name: 'b', from: 'volume', unit: '', missing: 'nan', range: [0, 100] },
    { name: 'c', from: 'speed', unit: '', missing: -1 },
    { name: 'd', from: 'force', unit: '', missing: 'refuse' },
  ],
};

function withOutput(output: Manifest['output']) {
  const { answer } = compileEncoder({ ...base, output });
  return (row: readonly number[]) => answer(row)?.probability ?? null;
}

describe('encode', () => {
  const encoder = compileEncoder(base);

  test('puts features in the model’s order and each absence as the bundle says', () => {
    const encoded = encoder.encode({ force: 4, melt: 650, volume: null, extra: 1 });
    expect(encoded).toEqual({ input: Float32Array.of(650, Number.NaN, -1, 4) });
  });

  test('refuses a shot by the names of all that is missing, never with 0', () => {
    expect(encoder.encode({ volume: 3 })).toEqual({ refused: ['melt', 'force'] });
  });

  test('takes what is no finite float32 for missing', () => {
    expect(encoder.encode({ melt: Number.NaN, force: 1e39 })).toEqual({
      refused: ['melt', 'force'],
    });
    const encoded = encoder.encode({ melt: 1, force: 1, volume: Infinity, speed: -Infinity });
    expect(encoded).toEqual({ input: Float32Array.of(1, Number.NaN, -1, 1) });
  });

  test('encodes golden vectors alike', () => {
    expect(encoder.encodeVector([650, null, null, 4])).toEqual(
      encoder.encode({ melt: 650, force: 4 }),
    );
  });

  test('flags values outside the training range; missing ones are not outside', () => {
    expect(encoder.outsideTraining({ melt: 599.9, volume: 101, speed: 1e9 })).toEqual([
      'melt',
      'volume',
    ]);
    expect(encoder.outsideTraining({ melt: 600, volume: null })).toEqual([]);
  });
});

describe('defectProbability', () => {
  test('adds up the columns that are defects', () => {
    const of = withOutput({ name: 'p', kind: 'probabilities', defectColumns: [0, 3] });
    expect(of([0.25, 0.5, 0.125, 0.125])).toBe(0.375);
  });

  test('is null for what is no probability', () => {
    const of = withOutput({ name: 'p', kind: 'probabilities', defectColumns: [1] });
    expect(of([0.5, Number.NaN])).toBeNull();
    expect(of([0.5, 1.2])).toBeNull();
    expect(of([0.5, -0.2])).toBeNull();
    expect(of([0.5])).toBeNull();
    expect(of([0, 1.00001])).toBe(1);
  });
});

describe('what is no probability', () => {
  function answerOf(output: Partial<Manifest['output']>, threshold: number) {
    const whole = { name: 's', kind: 'score' as const, defectColumns: [], ...output };
    return compileEncoder({ ...base, output: whole, threshold });
  }

  test('a score is a score, bad at its high end', () => {
    const { answer, limit } = answerOf({}, 2);
    expect(answer([3.5])).toMatchObject({
      probability: null,
      estimate: { kind: 'score', value: 3.5, low: null, high: 2 },
      defectScore: 3.5,
      isDefect: true,
    });
    expect(answer([1.9])?.isDefect).toBe(false);
    expect(limit).toBe(2);
    expect(answer([Number.POSITIVE_INFINITY])).toBeNull();
    expect(answer([])).toBeNull();
  });

  test('or at its low end, where the bundle says so: ranking is turned, the value is not', () => {
    const { answer, limit } = answerOf({ defectSide: 'low' }, -0.1);
    expect(answer([-0.3])).toMatchObject({
      estimate: { value: -0.3, low: -0.1 },
      defectScore: 0.3,
      isDefect: true,
    });
    expect(answer([0.2])?.isDefect).toBe(false);
    expect(limit).toBe(0.1);
  });

  test('a value is a defect outside its limits, by more than the threshold', () => {
    const limits = { low: 415, high: 425 };
    const { answer } = answerOf({ kind: 'value', limits, unit: 'g' }, 0);
    expect(answer([412])).toMatchObject({
      estimate: { kind: 'value', value: 412, low: 415, high: 425, unit: 'g' },
      defectScore: 3,
      isDefect: true,
    });
    for (const inside of [415, 420, 425]) expect(answer([inside])?.isDefect).toBe(false);
    expect(answer([426])?.isDefect).toBe(true);
    const guarded = answerOf({ kind: 'value', limits: { high: 425 } }, 1.5);
    expect(guarded.answer([426])?.isDefect).toBe(false);
    expect(guarded.answer([427])?.isDefect).toBe(true);
    expect(guarded.answer([-1000])?.isDefect).toBe(false);
  });
});
