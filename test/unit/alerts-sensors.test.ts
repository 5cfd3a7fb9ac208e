import { describe, expect, test } from 'vitest';
import { AlertEngine } from '../../agent/alerts/engine.ts';
import type { Alert, Cycle, Reading, Verdict } from '../../agent/records.ts';
import { loadProfile } from '../../config/profile-load.ts';

const at = { monoMs: 0, wallMs: 0 };
const good: Reading = { value: 200, quality: 'good', at };
const unconnected: Reading = { value: null, quality: 'invalid', at, note: 'sentinel 1449' };
const signal = 'lowerDieTemperature3';

const ok: Verdict = {
  outcome: 'ok',
  reason: 'below-threshold',
  detail: null,
  judge: 'model',
  probability: 0.1,
  threshold: 0.5,
  model: null,
  flags: [],
  breaches: [],
  times: { trigger: 0, snapshot: 0 },
};

/** A machine on which a thermocouple of the die is read shot by shot. */
function machine() {
  const profile = loadProfile('die-casting-cold-chamber');
  const engine = new AlertEngine({
    machine: 'dc-03',
    machineName: '3호기',
    profile,
    training: new Map(),
  });
  let shot = 0;
  const shoot = (mold: string, reading: Reading): readonly Alert[] => {
    shot += 1;
    const cycle: Cycle = {
      machine: 'dc-03',
      profile: profile.id,
      ...{ mold, shot, index: shot, observed: 'whole', at, suppressed: null },
      readings: { [signal]: reading },
      features: {},
      times: { trigger: 0, snapshot: 0 },
    };
    return engine.observe(cycle, ok);
  };
  return (count: number, mold: string, reading: Reading): string[] =>
    Array.from({ length: count }, () => shoot(mold, reading))
      .flat()
      .map(({ state, cause }) => `${state} ${cause}`);
}

describe('a sensor that sits in one of the molds', () => {
  test('is told once, however the molds alternate', () => {
    const shoot = machine();
    const told = Array.from({ length: 40 }, () => [
      ...shoot(2, '8412', good),
      ...shoot(1, '8722', unconnected),
    ]).flat();
    expect(told).toEqual(['raised sensor-invalid']);
  });

  test('is over once that mold reads well again', () => {
    const shoot = machine();
    expect(shoot(3, '8722', unconnected)).toEqual(['raised sensor-invalid']);
    expect(shoot(5, '8412', good)).toEqual([]);
    expect(shoot(1, '8722', good)).toEqual(['cleared sensor-invalid']);
  });

  test('is over once that mold is taken out for good', () => {
    const shoot = machine();
    shoot(3, '8722', unconnected);
    expect(shoot(29, '8412', good)).toEqual([]);
    expect(shoot(1, '8412', good)).toEqual(['cleared sensor-invalid']);
  });
});
