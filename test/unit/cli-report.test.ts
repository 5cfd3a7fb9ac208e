import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { fuelFactor } from '../../agent/carbon/factors.ts';
import type { EnergyPeriod, FuelRecord, HeatRecord, RecordBody } from '../../agent/records.ts';
import { runQueries } from './cli-support.ts';
import { cycleBody, startKeeper, temporaryDirectory } from './store-support.ts';

/** 2026-10-05 09:00 in Seoul, where the command runs. */
const morning = Date.UTC(2026, 9, 5);
const quarter = 900_000;
const at = (quarters: number) => ({
  monoMs: quarters * quarter,
  wallMs: morning + quarters * quarter,
});

function energy(quarters: number, kWh: number, kg: number): RecordBody {
  const period: EnergyPeriod = {
    ...{ machine: 'dc-03', kind: 'whole', durationMs: quarter, demandKw: null, shots: 20 },
    kWh: { production: kWh, idle: 0, hold: null, off: 0, unallocated: 0 },
    ms: { production: quarter, idle: 0, hold: 0, off: 0, unallocated: 0 },
    molds: [
      {
        ...{ mold: 'A-12', shots: 20, measured: 20, kWh, kg, kWhWeighed: kWh },
        ...{ ok: 19, defect: 1, unscored: 0, suppressed: 0 },
      },
    ],
    meters: [{ signal: 'meter.importEnergy', segment: 1, fromKwh: 0, toKwh: kWh }],
    at: at(quarters),
  };
  return { kind: 'energy', period };
}

function fuel(quarters: number, first: number, last: number): RecordBody {
  const amount = last - first;
  const record: FuelRecord = {
    ...{ machine: 'mf-1', fuel: 'lng', signal: 'gasTotal', unit: 'Nm³', durationMs: quarter },
    ...{ readMs: quarter, amount, unallocated: 0, segment: 1 },
    counts: { first, last, unitsPerCount: 1 },
    co2e: { kg: amount * 2.16194825, scope: 1, factor: fuelFactor('lng') },
    at: at(quarters),
  };
  return { kind: 'fuel', fuel: record };
}

const none = { minutes: 0, kWh: 0 };

function heat(quarters: number): RecordBody {
  const record: HeatRecord = {
    ...{ machine: 'mf-1', heat: 412, heats: 1, alloy: '12', minutes: 118, charges: 2, chargeC: 95 },
    ...{ chargedKg: 1000, returnKg: 380, pouredKg: 985, kWh: 530, kWhPerT: 530 },
    states: {
      ...{ charge: { minutes: 12, kWh: 44 }, melt: { minutes: 60, kWh: 466 } },
      ...{
        hold: { minutes: 36, kWh: 14 },
        pour: { minutes: 10, kWh: 6 },
        off: none,
        unknown: none,
      },
    },
    ...{ lidOpenMinutes: { working: 22, idle: 9 }, excessHold: { minutes: 21, kWh: 5.25 } },
    ...{ lidLossKWh: null, gapMinutes: 0, at: at(quarters) },
  };
  return { kind: 'heat', heat: record };
}

async function filled(): Promise<string> {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  const keep = (body: RecordBody, quarters: number) => void keeper.keep(body, at(quarters));
  keep(energy(1, 60, 30), 1);
  keep(energy(2, 40, 30), 2);
  keep(fuel(1, 100, 160), 1);
  keep(fuel(2, 160, 200), 2);
  keep(heat(3), 3);
  for (let shot = 1; shot <= 40; shot += 1) keep(cycleBody(shot), 1);
  // Of another month.
  keep(energy(4 * 24 * 40, 500, 30), 4 * 24 * 40);
  await keeper.flush();
  await keeper.close();
  return dir;
}

const report = (dir: string, ...args: string[]) => runQueries(['report', ...args, '--store', dir]);

test('report carbon: 100 kWh and 100 Nm³ of October, scopes apart, with factor, year and source', async () => {
  const dir = await filled();
  const csv = join(dir, 'carbon.csv');
  const said = await report(dir, 'carbon', '--month', '2026-10', '--csv', csv);
  expect(said).toMatchObject({ code: 0 });
  // 100 × 2.16194825 kg and 100 × 0.4173 kg.
  expect(said.stdout).toContain('Scope 1: 0.216 tCO₂eq');
  expect(said.stdout).toContain('Scope 2: 0.042 tCO₂eq');
  const text = readFileSync(csv, 'utf8');
  expect(text.startsWith('\ufeff')).toBe(true);
  const rows: Record<string, string>[] = parse(text, { columns: true, bom: true });
  expect(rows).toMatchObject([
    { machine: 'dc-03', carrier: 'electricity', scope: '2', amount: '100', factorYear: '2023' },
    { machine: 'mf-1', carrier: 'lng', scope: '1', amount: '100', factorBy: 'record' },
  ]);
  expect(Number(rows[0]?.kgCO2e)).toBeCloseTo(41.73, 9);
  expect(Number(rows[1]?.kgCO2e)).toBeCloseTo(216.194825, 6);
  expect(rows[1]?.factorSource).toContain('IPCC 2006');
  const json = JSON.parse((await report(dir, 'carbon', '--month', '2026-10', '--json')).stdout);
  expect(json).toMatchObject({ month: '2026-10', fromWallMs: Date.UTC(2026, 8, 30, 15) });
  expect(json.scope2Kg).toBeCloseTo(41.73, 9);
  expect(json.coverage[0].covered).toBeCloseTo(2 / 2976, 9);
});

test('report carbon counts by the factors of the configuration where records have none', async () => {
  const dir = await filled();
  const file = join(dir, 'ppuri.yaml');
  writeFileSync(
    file,
    `gateway: { id: gw-1 }
buses: { press: { type: modbus-tcp, host: 127.0.0.1 } }
machines:
  - { id: dc-03, name: 3호기, profile: die-casting-cold-chamber, devices: { plc: { bus: press } } }
store: { path: ${dir} }
carbon:
  factors:
    - { of: electricity, from: "2026-10-01", kgPerUnit: 0.4, year: 2024, source: 협력사 지정 계수 }
`,
  );
  const { stdout, code } = await runQueries(['report', 'carbon', '-c', file, '--month', '2026-10']);
  expect(code).toBe(0);
  expect(stdout).toContain('3호기');
  expect(stdout).toContain('Scope 2: 0.040 tCO₂eq');
  expect(stdout).toContain('협력사 지정 계수');
  expect(stdout).toContain('그날의 계수를 적용');
});

test('report kesg: intensity by hand, what was not measured as -, and what cannot be shown', async () => {
  const dir = await filled();
  const { stdout, code } = await report(dir, 'kesg', '--month', '2026-10', '--lang', 'ko');
  expect(code).toBe(0);
  // 100 kWh of 40 shots of 1.5 kg.
  expect(stdout).toMatch(/dc-03 에너지 원단위\(샷당\) +2\.50 kWh\/shot/);
  expect(stdout).toMatch(/dc-03 에너지 원단위\(kg당\) +1\.67 kWh\/kg/);
  expect(stdout).toMatch(/불량품 중량 +- /);
  for (const word of ['Scope 3', '산업재해율', '지배구조', '용수']) expect(stdout).toContain(word);
  const json = JSON.parse((await report(dir, 'kesg', '--month', '2026-10', '--json')).stdout);
  const item = (id: string) => json.items.find((one: { id: string }) => one.id === id);
  expect(item('scope1').value).toBeCloseTo(0.216194825, 9);
  expect(item('energy-total').value).toBeCloseTo(0.36 + 3.85, 9);
  expect(item('scrap').value).toBeNull();
  expect(json.cannot.length).toBeGreaterThan(8);
});

test('report furnace: a heat with its kWh/t and excess holding; an unmeasured lid loss is -', async () => {
  const dir = await filled();
  const csv = join(dir, 'heats.csv');
  const said = await report(dir, 'furnace', '--month', '2026-10', '--csv', csv);
  expect(said.code).toBe(0);
  const [titles = '', row = ''] = said.stdout.split('\n');
  expect(titles).toMatch(/종료.*히트.*kWh\/t.*초과 보온 kWh.*뚜껑 손실 kWh/);
  expect(row).toMatch(/mf-1 +412 +1000 +530 +530 +72 +36 +5\.\d +9 +- +0$/);
  const rows: Record<string, string>[] = parse(readFileSync(csv, 'utf8'), {
    columns: true,
    bom: true,
  });
  expect(rows).toMatchObject([
    { heat: '412', holdMinutes: '36', lidLossKWh: '', excessHoldKWh: '5.25' },
  ]);
  const kesg = JSON.parse((await report(dir, 'kesg', '--month', '2026-10', '--json')).stdout);
  const item = kesg.items.find(({ id }: { id: string }) => id === 'return-ratio');
  expect(item).toMatchObject({ value: 38, unit: '%' });
});

test('a month without records says so, and a wrong month is a usage error', async () => {
  const dir = await filled();
  const none = await report(dir, 'carbon', '--month', '2025-02', '--lang', 'en');
  expect(none).toMatchObject({ code: 0, stdout: '' });
  expect(none.stderr).toContain('no records of electricity or fuel');
  const wrong = await report(dir, 'carbon', '--month', '2026-13');
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toContain('2026-10');
  const folder = await report(dir, 'carbon', '--month', '2026-10', '--csv', dir);
  expect(folder).toMatchObject({ code: 2, stderr: expect.stringContaining('report carbon') });
});
