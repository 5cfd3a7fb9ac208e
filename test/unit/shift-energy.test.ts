/** Energy of the running shift: what is kept and what is under way, and nothing that is not known. */
import { expect, test } from 'vitest';
import { EnergySums } from '../../agent/energy-sums.ts';
import type { EnergyPeriod } from '../../agent/records.ts';
import { shiftEnergyOf } from '../../agent/shift-energy.ts';

const shiftFrom = Date.UTC(2026, 10, 27, 23);

function period(minute: number, more: Partial<EnergyPeriod> = {}): EnergyPeriod {
  const wallMs = shiftFrom + minute * 60_000;
  const verdicts = { ok: 8, defect: 2, unscored: 0, suppressed: 0 };
  const weight = { kg: null, kWhWeighed: null };
  return {
    ...{ machine: 'dc-03', kind: 'whole', durationMs: 900_000, demandKw: 40 },
    kWh: { production: 8, idle: 1, hold: 1, off: 0, unallocated: 0 },
    ms: { production: 700_000, idle: 100_000, hold: 100_000, off: 0, unallocated: 0 },
    shots: 10,
    molds: [{ mold: 'A', shots: 10, measured: 10, kWh: 7.5, ...weight, ...verdicts }],
    ...{ meters: [], at: { monoMs: minute * 60_000, wallMs }, ...more },
  };
}

function keptOf(...periods: readonly EnergyPeriod[]) {
  const sums = new EnergySums();
  for (const one of periods) sums.add(one, one.at.wallMs);
  return sums.figures();
}

test('what is kept and what is under way count together', () => {
  const kept = keptOf(period(15, { demandKw: 52 }), period(30));
  const underWay = [period(45, { kind: 'part', demandKw: null })];
  expect(shiftEnergyOf(kept, underWay, shiftFrom)).toEqual({
    ...{ shiftKwh: 30, kwhPerShot: 0.75, kwhPerGood: 1, peakKw: 52, idleShare: 0.2 },
  });
});

test('a quarter hour that ended before the shift began belongs to the one before', () => {
  expect(shiftEnergyOf(null, [period(0), period(15)], shiftFrom)?.shiftKwh).toBe(10);
});

test('of a meter that was not heard nothing is told, and without one there is nothing', () => {
  const silent = period(15, { kWh: null, demandKw: null, molds: [] });
  expect(shiftEnergyOf(null, [silent], shiftFrom)).toEqual({
    ...{ shiftKwh: null, kwhPerShot: null, kwhPerGood: null, peakKw: null, idleShare: null },
  });
  expect(shiftEnergyOf(null, null, shiftFrom)).toBeNull();
});
