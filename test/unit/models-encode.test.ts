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
  return compileEncoder({ ...base, output }).defectProbability;
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

  test('takes a score as it stands', () => {
    const of = withOutput({ name: 's', kind: 'score', defectColumns: [] });
    expect(of([3.5])).toBe(3.5);
    expect(of([Number.POSITIVE_INFINITY])).toBeNull();
  });
});
