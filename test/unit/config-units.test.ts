import { describe, expect, test } from 'vitest';
import { type FitFacts, modelFit } from '../../config/model-fit.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { conversion, convert, type Unit, unitOf } from '../../config/units.ts';

function known(text: string): Unit {
  const unit = unitOf(text);
  if (unit === null) throw new Error(`${text} is no known unit`);
  return unit;
}

describe('spellings', () => {
  test.each([
    ['°C', ['℃', 'degC', 'deg C', 'C', 'ºC', '도', ' °c ']],
    ['MPa', ['㎫', 'Mpa', 'MPA', '메가파스칼']],
    ['kgf/cm²', ['kg/cm2', 'kgf/㎠', 'KGF/CM2']],
    ['mm', ['㎜', 'MM', '[mm]']],
    ['s', ['sec', '초', 'S', '(s)']],
    ['tf', ['ton', '톤', 'TON']],
    ['rpm', ['r/min', 'RPM']],
    ['kW', ['㎾', 'KW', 'kw']],
    ['%', ['percent', '퍼센트']],
    ['K', ['kelvin', '°K']],
  ])('%s', (symbol, spellings) => {
    for (const text of spellings) expect(unitOf(text)?.symbol, text).toBe(symbol);
  });

  test('are not guessed where a letter’s case decides', () => {
    expect(unitOf('mJ')).toBeNull();
    expect(unitOf('MJ')?.symbol).toBe('MJ');
    expect(unitOf('widgets')).toBeNull();
    expect(unitOf('')).toBeNull();
  });
});

test.each([
  ['MPa', 'bar', 10, 100, '1 MPa = 10 bar'],
  ['bar', 'MPa', 10, 1, '1 MPa = 10 bar'],
  ['K', '°C', 933.15, 660, '°C = K − 273.15'],
  ['°F', '°C', 212, 100, '°C = 0.5555556 × °F − 17.77778'],
  ['s', 'ms', 1.5, 1500, '1 s = 1000 ms'],
  ['cm/s', 'm/s', 250, 2.5, '1 m/s = 100 cm/s'],
  ['kgf/cm²', 'MPa', 10, 0.980665, '1 MPa = 10.19716 kgf/cm²'],
])('%s becomes %s', (from, to, value, expected, words) => {
  expect(convert(value, known(from), known(to))).toBeCloseTo(expected, 9);
  expect(conversion(known(from), known(to))).toBe(words);
});

const profile = loadProfile('die-casting-cold-chamber');

function fitOf(...features: FitFacts['features']) {
  return modelFit({ name: 'm', profile: profile.id, features }, profile);
}

describe('a model on a profile', () => {
  test.each([
    ['meltTemperature', 'K', '°C = K − 273.15'],
    ['castPressure', 'MPa', '1 MPa = 10 bar'],
    ['biscuitThickness', 'cm', '1 cm = 10 mm'],
    ['highSpeed', 'm/s', '1 m/s = 100 cm/s'],
  ])('in the wrong unit is an error that names both: %s in %s', (from, unit, factor) => {
    const { errors, warnings } = fitOf({ from, unit });
    expect(warnings).toEqual([]);
    expect(errors).toHaveLength(1);
    const ours = profile.signals[from]?.unit;
    expect(errors[0]?.message).toContain(
      `${from} in ${unit}, profile "${profile.id}" gives ${ours}`,
    );
    expect(errors[0]?.hint).toContain(factor);
  });

  test('of another dimension is an error, an unknown unit a warning', () => {
    expect(fitOf({ from: 'castPressure', unit: '°C' }).errors[0]?.hint).toMatch(
      /temperature.*pressure/,
    );
    const unknown = fitOf({ from: 'castPressure', unit: 'widgets' });
    expect(unknown.errors).toEqual([]);
    expect(unknown.warnings[0]?.hint).toContain('"widgets"');
  });

  test('in another spelling of the same unit fits', () => {
    for (const unit of ['℃', 'degC', ''])
      expect(fitOf({ from: 'meltTemperature', unit })).toEqual({ errors: [], warnings: [] });
  });

  test('trained beyond what the profile takes is an error, with the unit it would fit in', () => {
    const { errors } = fitOf({ from: 'meltTemperature', range: [600_000, 680_000] });
    expect(errors[0]?.message).toContain('600000 … 680000');
    const low = fitOf({ from: 'castPressure', range: [44_460, 79_000] });
    expect(low.errors[0]?.hint).toContain('kPa');
  });

  test('trained on values that hardly overlap is a warning', () => {
    const { errors, warnings } = fitOf({ from: 'meltTemperature', range: [1390, 1600] });
    expect(errors).toEqual([]);
    expect(warnings[0]?.message).toContain('1390 … 1600');
  });

  test('whose word for missing is a value of the machine is a warning', () => {
    const { warnings } = fitOf({ from: 'vacuum', missing: 0, range: [0, 1000] });
    expect(warnings[0]?.message).toContain('a missing vacuum is given to the model as 0');
    expect(fitOf({ from: 'vacuum', missing: -1, range: [0, 1000] }).warnings).toEqual([]);
    expect(fitOf({ from: 'vacuum', missing: 'nan', range: [0, 1000] }).warnings).toEqual([]);
  });

  test('that needs features the profile has not names them all', () => {
    expect(fitOf({ from: 'cushion' }, { from: 'torque' }).errors[0]?.message).toContain(
      'cushion, torque',
    );
  });
});
