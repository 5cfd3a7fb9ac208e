import { describe, expect, it } from 'vitest';
import { co2eOf, withCo2e } from '../../agent/carbon/co2e.ts';
import { FactorTable, fuelFactor, withUnit } from '../../agent/carbon/factors.ts';
import { FuelMeter } from '../../agent/carbon/fuel-meter.ts';
import { type KesgItem, kesgCannot, kesgItems } from '../../agent/carbon/kesg.ts';
import { CarbonTally } from '../../agent/carbon/month.ts';
import type { EnergyPeriod, FuelRecord, HeatRecord } from '../../agent/records.ts';

const from = new Date(2026, 9, 1).getTime();
const to = new Date(2026, 10, 1).getTime();
const quarter = 900_000;
const day = (text: string): number => new Date(`${text}T12:00`).getTime();
const factors = new FactorTable();

describe('emission factors', () => {
  it('of fuels are net heat times the gases of a TJ, worked by hand', () => {
    // 38.5 MJ/Nm³ × (56 100 + 28 × 1 + 265 × 0.1) kg/TJ
    expect(fuelFactor('lng').kgPerUnit).toBeCloseTo(2.16194825, 9);
    // 46.2 MJ/kg × (63 100 + 28 × 1 + 265 × 0.1) kg/TJ
    expect(fuelFactor('lpg').kgPerUnit).toBeCloseTo(2.9177379, 9);
    // 35.2 MJ/L × (74 100 + 28 × 3 + 265 × 0.6) kg/TJ
    expect(fuelFactor('diesel').kgPerUnit).toBeCloseTo(2.6168736, 9);
  });

  it('of electricity are those in force on the day: the announcement of 2023’s changes none before', () => {
    expect(factors.at('electricity', day('2025-12-17'))).toMatchObject({ kgPerUnit: 0.4541 });
    expect(factors.at('electricity', day('2025-12-18'))).toMatchObject({
      ...{ kgPerUnit: 0.4173, year: 2023, unit: 'kWh' },
      source: expect.stringContaining('0.4173'),
    });
    expect(factors.at('electricity', day('2024-06-01'))).toBeNull();
  });

  it('of the site go first from their day on', () => {
    const own = withUnit({
      ...{ of: 'electricity', from: '2026-10-15', kgPerUnit: 0.41, year: 2024 },
      source: '협력사 지정 계수',
    });
    const table = new FactorTable([own]);
    expect(table.at('electricity', day('2026-10-14'))?.kgPerUnit).toBe(0.4173);
    expect(table.at('electricity', day('2026-10-15'))).toEqual({ ...own, unit: 'kWh' });
    expect(table.at('lng', day('2026-10-15'))?.kgPerUnit).toBeCloseTo(2.16195, 5);
  });
});

describe('a fuel meter', () => {
  const meter = (more: { unitsPerCount?: number; rollover?: number } = {}) =>
    new FuelMeter({
      ...{ machine: 'mf-1', fuel: 'lng', signal: 'gasTotal', factors },
      ...{ unitsPerCount: more.unitsPerCount ?? 1, rollover: more.rollover ?? null },
    });
  const at = (second: number) => ({ monoMs: second * 1000, wallMs: from + second * 1000 });
  const run = (one: FuelMeter, looks: readonly (readonly [number, number | null])[]) =>
    looks.flatMap(([second, count]) => one.look(count, at(second)) ?? []);

  it('gives each quarter of an hour what it counted in it, with its emissions', () => {
    const one = meter();
    const looks = Array.from({ length: 91 }, (_, i) => [i * 20, 500 + i * 0.5] as const);
    const [first, second] = [...run(one, looks), one.end(at(1800))];
    expect(first).toMatchObject({ unit: 'Nm³', amount: 22, unallocated: 0, segment: 1 });
    expect(first?.co2e?.kg).toBeCloseTo(22 * 2.16194825, 9);
    expect(first?.co2e).toMatchObject({ scope: 1, factor: { of: 'lng', year: 2006 } });
    expect(first?.readMs).toBe(880_000);
    expect(second).toMatchObject({ amount: 22.5, durationMs: 900_000 });
    expect(first?.counts).toEqual({ first: 500, last: 522, unitsPerCount: 1 });
    expect(second?.counts?.last).toBe(544.5);
  });

  it('knows of a gap the total alone, and spreads nothing', () => {
    const one = meter();
    run(one, [
      [0, 100],
      [30, 101],
      [60, null],
      [500, null],
    ]);
    const gap = run(one, [
      [600, 107],
      [630, 108],
    ]);
    expect(gap).toEqual([]);
    const record = one.end(at(700));
    expect(record).toMatchObject({ amount: 2, unallocated: 6, readMs: 60_000 });
    expect(record?.co2e?.kg).toBeCloseTo(8 * 2.16194825, 9);
  });

  it('makes nothing up for a swapped meter, and wraps where its dial does', () => {
    const swapped = meter();
    run(swapped, [
      [0, 9000],
      [20, 9001],
      [40, 3],
      [60, 4],
    ]);
    expect(swapped.end(at(80))).toMatchObject({ amount: 2, unallocated: 0, segment: 2 });
    const wrapped = meter({ rollover: 10_000, unitsPerCount: 0.96 });
    run(wrapped, [
      [0, 9999],
      [20, 1],
    ]);
    expect(wrapped.end(at(40))).toMatchObject({ amount: 2 * 0.96, segment: 1 });
  });

  it('that is not read has no amount, not 0', () => {
    const one = meter();
    run(one, [
      [0, null],
      [20, null],
    ]);
    expect(one.end(at(40))).toMatchObject({ amount: null, co2e: null, counts: null });
  });
});

const energyPeriod = (
  wallMs: number,
  kWh: EnergyPeriod['kWh'],
  more: Partial<EnergyPeriod> = {},
) => ({
  wallMs,
  isDated: true,
  record: {
    ...{ machine: 'dc-03', kind: 'whole', durationMs: quarter, demandKw: null, shots: 20 },
    ...{ kWh, molds: [], at: { monoMs: 0, wallMs } },
    ms: { production: quarter, idle: 0, hold: 0, off: 0, unallocated: 0 },
    meters: [{ signal: 'meter.importEnergy', segment: 1, fromKwh: 0, toKwh: 0 }],
    ...more,
  } satisfies EnergyPeriod,
});

const kWhOf = (production: number, unallocated = 0) => ({
  ...{ production, idle: 0, hold: null, off: 0, unallocated },
});

const fuelRecord = (wallMs: number, first: number, last: number, amount: number) => ({
  wallMs,
  isDated: true,
  record: {
    ...{ machine: 'mf-1', fuel: 'lng', signal: 'gasTotal', unit: 'Nm³', durationMs: quarter },
    ...{ readMs: quarter, amount, unallocated: 0, segment: 1 },
    counts: { first, last, unitsPerCount: 1 },
    co2e: { kg: amount * 2.16194825, scope: 1, factor: fuelFactor('lng') },
    at: { monoMs: 0, wallMs },
  } satisfies FuelRecord,
});

describe('a month', () => {
  it('of 30 kWh and 100 Nm³ is 12.519 kg and 216.195 kg, scopes apart', () => {
    const tally = new CarbonTally({ fromWallMs: from, toWallMs: to }, factors);
    tally.addEnergy(energyPeriod(from + quarter, kWhOf(10.5)));
    tally.addEnergy(energyPeriod(from + 2 * quarter, kWhOf(12.25)));
    tally.addEnergy(energyPeriod(from + 3 * quarter, kWhOf(5.25, 2)));
    tally.addFuel(fuelRecord(from + quarter, 0, 60, 60));
    tally.addFuel(fuelRecord(from + 2 * quarter, 60, 100, 40));
    const month = tally.close('2026-10');
    expect(month.scope2Kg).toBeCloseTo(30 * 0.4173, 9);
    expect(month.scope1Kg).toBeCloseTo(216.194825, 6);
    expect(month.rows).toMatchObject([
      { machine: 'dc-03', amount: 30, unallocated: 2, scope: 2, factor: { year: 2023 } },
      { machine: 'mf-1', amount: 100, unallocated: 0, scope: 1, factorBy: 'record' },
    ]);
    // 3 quarters of the 2976 of October.
    expect(month.coverage[0]?.covered).toBeCloseTo(3 / 2976, 9);
  });

  it('keeps the factor that a record was made with beside a later one', () => {
    const tally = new CarbonTally({ fromWallMs: from, toWallMs: to }, factors);
    const factor = factors.at('electricity', day('2025-06-01'));
    if (factor === null) throw new Error('no factor of 2025');
    const old = co2eOf(10, factor);
    tally.addEnergy(energyPeriod(from + quarter, kWhOf(10), { co2e: old }));
    tally.addEnergy(energyPeriod(from + 2 * quarter, kWhOf(10)));
    const { rows, scope2Kg } = tally.close('2026-10');
    expect(rows.map(({ co2eKg, factorBy }) => [co2eKg, factorBy])).toEqual([
      [4.541, 'record'],
      [4.173, 'report'],
    ]);
    expect(scope2Kg).toBeCloseTo(8.714, 9);
  });

  it('gives a period its emissions before it is kept, none where nothing was measured', () => {
    const { record } = energyPeriod(from + quarter, kWhOf(8, 2));
    expect(withCo2e(record, factors).co2e).toMatchObject({
      ...{ kg: 4.173, scope: 2 },
      factor: { kgPerUnit: 0.4173, year: 2023, unit: 'kWh', from: '2025-12-18' },
    });
    expect(withCo2e({ ...record, kWh: null }, factors).co2e).toBeUndefined();
    expect(withCo2e({ ...record, at: { monoMs: 0, wallMs: 0 } }, factors).co2e).toBeUndefined();
  });

  it('counts what a gas meter showed while the agent was off, and says that it was not seen', () => {
    const tally = new CarbonTally({ fromWallMs: from, toWallMs: to }, factors);
    tally.addFuel(fuelRecord(from - 10 * quarter, 0, 10, 10));
    tally.addFuel(fuelRecord(from + 10 * quarter, 40, 50, 10));
    const { rows, coverage } = tally.close('2026-10');
    expect(rows).toMatchObject([{ amount: 40, unallocated: 30, carriedIn: 30 }]);
    expect(coverage[0]?.covered).toBeCloseTo(1 / 2976, 9);
    // From the first of the month on: what lies before is not of this month's time.
    expect(coverage[0]?.bridged).toBeCloseTo(10 / 2976, 6);
  });

  it('takes the quarter hours in which a meter was not heard for that meter’s own', () => {
    const tally = new CarbonTally({ fromWallMs: from, toWallMs: to }, factors);
    tally.addEnergy(energyPeriod(from + quarter, null, { ms: null, meters: [] }));
    tally.addEnergy(energyPeriod(from + 2 * quarter, kWhOf(10)));
    const { coverage } = tally.close('2026-10');
    expect(coverage).toMatchObject([{ machine: 'dc-03', signal: 'meter.importEnergy' }]);
  });

  it('without a reading has no emissions, not 0', () => {
    const tally = new CarbonTally({ fromWallMs: from, toWallMs: to }, factors);
    tally.addEnergy(energyPeriod(from + quarter, null, { ms: null, meters: [] }));
    const { rows, scope1Kg, scope2Kg, coverage } = tally.close('2026-10');
    expect([rows, scope1Kg, scope2Kg]).toEqual([[], null, null]);
    expect(coverage).toMatchObject([{ covered: 0, bridged: 0 }]);
  });
});

describe('K-ESG', () => {
  const heat = (kWh: number | null, chargedKg: number, returnKg: number | null): HeatRecord => ({
    ...{
      machine: 'mf-1',
      heat: 1,
      heats: 1,
      alloy: '12',
      minutes: 120,
      chargedKg,
      returnKg,
      pouredKg: null,
    },
    ...{ charges: 2, chargeC: null, kWh, kWhPerT: null, lidOpenMinutes: null, excessHold: null },
    states: {} as HeatRecord['states'],
    ...{ lidLossKWh: null, gapMinutes: 0, at: { monoMs: 0, wallMs: from } },
  });
  const counts = { shots: 1000, labelled: 500, labelledDefects: 12, kgPerShot: 1.5 };

  function items(): Map<string, KesgItem> {
    const tally = new CarbonTally({ fromWallMs: from, toWallMs: to }, factors);
    tally.addEnergy(energyPeriod(from + quarter, kWhOf(300)));
    tally.addFuel(fuelRecord(from + quarter, 0, 100, 100));
    const found = kesgItems({
      month: tally.close('2026-10'),
      uses: [{ machine: 'dc-03', kWh: 300, shots: 1000, kg: 1500 }],
      parts: [{ machine: 'dc-03', mold: '8412', ...counts }],
      heats: [heat(550, 1000, 400), heat(450, 1000, 300), heat(null, 800, null)],
    });
    return new Map(found.map((item) => [item.id, item]));
  }

  it('shows energy, emissions, intensity, scrap and returns, each worked by hand', () => {
    const value = (id: string) => items().get(id)?.value;
    expect(value('energy-electricity')).toBe(300);
    expect(value('energy-lng')).toBe(100);
    // 300 kWh × 3.6 MJ + 100 Nm³ × 38.5 MJ = 1080 + 3850 MJ
    expect(value('energy-total')).toBeCloseTo(4.93, 9);
    expect(value('scope1')).toBeCloseTo(0.216194825, 9);
    expect(value('scope2')).toBeCloseTo(0.12519, 9);
    expect(value('intensity-shot:dc-03')).toBeCloseTo(0.3, 9);
    expect(value('intensity-kg:dc-03')).toBeCloseTo(0.2, 9);
    // (550 + 450) kWh of 2 t; (400 + 300) of 2000 kg; the third heat lacks both.
    expect(value('melt-intensity')).toBeCloseTo(500, 9);
    expect(value('return-ratio')).toBeCloseTo(35, 9);
    expect(value('new-metal')).toBe(1300);
    expect(value('scrap')).toBe(18);
  });

  it('says basis and coverage of each, and factor, year and source of emissions', () => {
    for (const { basis, unit } of items().values()) {
      expect(basis.ko).toMatch(/[가-힣]/);
      expect(basis.en).not.toBe('');
      expect(unit).not.toBe('');
    }
    expect(items().get('scope2')?.factors).toEqual([expect.stringMatching(/0\.41730.*2023.*GIR/)]);
    expect(items().get('scope1')?.factors[0]).toMatch(/IPCC 2006.*38\.5 MJ\/Nm³/);
    expect(items().get('scrap')?.coverage).toBe(0.5);
    expect(items().get('scrap')?.basis.ko).toContain('폐기물 배출량이 아님');
  });

  it('gives no figure where nothing was measured', () => {
    const empty = new CarbonTally({ fromWallMs: from, toWallMs: to }, factors).close('2026-10');
    const found = kesgItems({ month: empty, uses: [], parts: [], heats: [] });
    expect(found.map(({ value }) => value)).toEqual(found.map(() => null));
    const unweighed = [{ machine: 'dc-03', mold: null, ...counts, kgPerShot: null }];
    const scrap = kesgItems({ month: empty, uses: [], parts: unweighed, heats: [] }).at(-1);
    expect(scrap).toMatchObject({ id: 'scrap', value: null });
  });

  it('names what no machine can show', () => {
    const titles = kesgCannot.map(({ title }) => title.ko).join(' ');
    for (const word of ['Scope 3', '검증', '용수', '폐기물', '산업재해율', '지배구조'])
      expect(titles).toContain(word);
  });
});
