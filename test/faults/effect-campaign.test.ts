/**
 * A small part of the effect campaign; see effect-campaign.ts for the whole. Few runs cannot tell 93
 * from 95 %: these find an interval that is far too narrow or far too wide. Seeded, so that they
 * either always pass or never.
 */
import { describe, expect, test } from 'vitest';
import {
  type EnergyName,
  type PlantName,
  runAlternation,
  runEnergy,
  runPeeks,
  runRates,
} from './effect-campaign.ts';

const runs = 150;
/** Three standard deviations of so many runs about 95 %. */
const least = 0.95 - 3 * Math.sqrt((0.95 * 0.05) / runs);
const most = 0.05 + 3 * Math.sqrt((0.95 * 0.05) / runs);

describe('defect rates', () => {
  test.each([
    'no effect',
    '3 % to 1.5 %',
    'no effect, days differ',
    'no effect, mix changed',
    'no effect, bad weeks',
    'no effect, one mold at a time',
  ] satisfies PlantName[])('%s', (name) => {
    const report = runRates(name, runs);
    expect(report.coverage, JSON.stringify(report)).toBeGreaterThan(least);
    expect(report.ratioCoverage, JSON.stringify(report)).toBeGreaterThan(least);
    if (name === '3 % to 1.5 %') expect(report.claimed).toBeGreaterThan(0.9);
    else expect(report.claimed, JSON.stringify(report)).toBeLessThan(most);
    // What the plain rates get wrong, so that the plants are as hard as they are meant to be.
    if (name === 'no effect, mix changed') expect(report.naiveClaimed).toBeGreaterThan(0.9);
    if (name === 'no effect, days differ') expect(report.naiveCoverage).toBeLessThan(0.87);
  });
});

test('looking every week claims no effect that is none, and still finds one', () => {
  const none = runPeeks('no effect, days differ', 100);
  expect(none.claimed, JSON.stringify(none)).toBeLessThan(0.05 + 0.066);
  expect(none.plainClaimed).toBeGreaterThan(0.4);
  const halved = runPeeks('halved, days differ', 40);
  expect(halved.claimed, JSON.stringify(halved)).toBeGreaterThan(0.9);
});

describe('energy', () => {
  test.each(['15 % less', 'no effect, days alike'] satisfies EnergyName[])('%s', (name) => {
    const report = runEnergy(name, runs);
    for (const share of [report.coverage, ...report.coefficients])
      expect(share, JSON.stringify(report)).toBeGreaterThan(least);
    if (name === '15 % less') expect(report.claimed).toBe(1);
    else expect(report.naiveCoverage).toBeLessThan(0.87);
  });
});

test.each([1, 0.5])('on and off by turns, rate times %s', (factor) => {
  const report = runAlternation(factor, 60);
  expect(report.coverage, JSON.stringify(report)).toBeGreaterThan(0.95 - 0.085);
  if (factor === 1) expect(report.claimed, JSON.stringify(report)).toBeLessThan(0.05 + 0.085);
  else expect(report.claimed, JSON.stringify(report)).toBeGreaterThan(0.85);
});
