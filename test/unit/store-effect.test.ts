/** Evidence of an effect out of a real store: each kind of shot is counted where it belongs. */
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Cycle, EnergyPeriod, Label, RecordBody, Verdict } from '../../agent/records.ts';
import { countPeriod } from '../../agent/report/count-period.ts';
import { countRows, type Evidence } from '../../agent/report/evidence.ts';
import { type Asked, countRequest, gather } from '../../agent/report/gather.ts';
import { periodsOf, workingDay } from '../../agent/report/periods.ts';
import { openReadOnly } from '../../agent/store/database.ts';
import type { Keeper } from '../../agent/store/keeper.ts';
import { evidenceSettings } from '../fixtures/effect-evidence.ts';
import { cycleBody, labelBody, startKeeper, temporaryDirectory } from './store-support.ts';

interface Made {
  readonly day: string;
  /** Minutes after the working day began. */
  readonly minute?: number;
  readonly cycle?: Partial<Cycle>;
  readonly verdict?: Partial<Verdict>;
  /** One after the other. */
  readonly labels?: readonly Partial<Label>[];
}

let made = 0;
let opened: ReturnType<typeof openReadOnly> | null = null;
afterEach(() => opened?.close());

function keep(keeper: Keeper, { day, minute = 1, cycle, verdict, labels = [] }: Made): void {
  made += 1;
  const wallMs = workingDay(day, '08:00').fromWallMs + minute * 60_000;
  const when = { monoMs: made * 10, wallMs };
  const key = keeper.keep(cycleBody(made, { ...cycle, at: when }, verdict), when);
  for (const label of labels) {
    // Given days later, as inspection is.
    const later = { monoMs: made * 10 + 1, wallMs: wallMs + 5e8 };
    keeper.keep(labelBody(key, { ...label, at: later }), later);
  }
}

const asked = (more: Partial<Asked['settings']> = {}, parts: Asked['parts'] = {}): Asked => ({
  periods: periodsOf('2026-03-02..2026-03-03', '2026-03-04..2026-03-05', '2026-03-31'),
  settings: { ...evidenceSettings, ...more },
  parts,
  nameOf: (machine) => (machine === 'dc-04' ? '4호기' : machine),
});

async function gathered(
  bodies: (keeper: Keeper) => void,
  more: Partial<Asked['settings']> = {},
  parts: Asked['parts'] = {},
): Promise<Evidence> {
  const dir = temporaryDirectory();
  const { keeper } = startKeeper(dir);
  bodies(keeper);
  await keeper.flush();
  const database = join(dir, 'ppuri.db');
  opened = openReadOnly(database);
  const question = asked(more, parts);
  const count = (period: 'before' | 'after') =>
    countPeriod(countRequest(question, period, database));
  return gather(opened, question, { before: count('before'), after: count('after') });
}

const [before, after] = ['2026-03-02', '2026-03-04'];
const ok: Partial<Label> = { result: 'ok' };
const defect: Partial<Label> = { result: 'defect' };

test('shots made, inspected, left out and judged again are told apart', async () => {
  const evidence = await gathered((keeper) => {
    keep(keeper, { day: before, labels: [ok] });
    keep(keeper, { day: before, labels: [defect], verdict: { outcome: 'defect' } });
    // Reworked: the last result counts.
    keep(keeper, { day: before, labels: [defect, ok] });
    keep(keeper, { day: before });
    keep(keeper, { day: before, verdict: { outcome: 'unscored', model: null } });
    keep(keeper, { day: before, cycle: { suppressed: 'warm-up' }, labels: [defect] });
    keep(keeper, { day: before, cycle: { observed: 'missed' }, verdict: { outcome: 'unscored' } });
    // Of the night: the working day before.
    keep(keeper, { day: before, minute: 23 * 60, cycle: { mold: 'B' }, labels: [ok] });
    keep(keeper, { day: after, labels: [ok], verdict: { threshold: 0.6 } });
    // Outside both periods.
    keep(keeper, { day: '2026-03-06', labels: [defect] });
  });
  const [first, night, later] = evidence.shots;
  expect(evidence.shots).toHaveLength(3);
  expect(first).toMatchObject({
    ...{ period: 'before', day: before, machine: 'dc-03', mold: 'A-12', shots: 5, missed: 1 },
    ...{ suppressed: { 'warm-up': 1 }, verdicts: { ok: 3, defect: 1, unscored: 1 } },
    ...{ labelled: { ok: 2, defect: 1 }, labelledOf: { ok: 2, defect: 1, unscored: 0 } },
    ...{ partly: 0, reworked: 1, labelledFrom: { panel: 0, cli: 3, import: 0 } },
  });
  expect(night).toMatchObject({ day: before, mold: 'B', shots: 1, labelled: { ok: 1, defect: 0 } });
  expect(later).toMatchObject({ period: 'after', day: after, shots: 1 });
  expect(countRows(evidence)[0]).toMatchObject({ judged: 3, defects: 1, unjudged: 2 });
  const uses = evidence.models.map(({ period, threshold, shots }) => ({
    period,
    threshold,
    shots,
  }));
  expect(uses).toEqual([
    { period: 'before', threshold: 0.5, shots: 5 },
    { period: 'after', threshold: 0.6, shots: 1 },
  ]);
  expect(evidence.ledger).toMatchObject({ kept: 10 + 8, lost: 0 });
});

test('a shot of several parts is good when all are, and a defect when one is', async () => {
  const [left, right] = [{ part: 'L' }, { part: 'R' }];
  const evidence = await gathered(
    (keeper) => {
      keep(keeper, { day: before, labels: [{ ...ok, ...left }] });
      keep(keeper, {
        day: before,
        labels: [
          { ...ok, ...left },
          { ...ok, ...right },
        ],
      });
      keep(keeper, { day: before, labels: [{ ...defect, ...right }] });
      keep(keeper, {
        day: before,
        labels: [
          { ...ok, ...left },
          { ...defect, ...right },
        ],
      });
      keep(keeper, { day: after });
    },
    {},
    { 'dc-03': 2 },
  );
  expect(evidence.shots[0]).toMatchObject({ partly: 1, labelled: { ok: 1, defect: 2 } });
});

test('one machine alone, by verdicts alone', async () => {
  const evidence = await gathered(
    (keeper) => {
      for (const day of [before, after])
        for (const machine of ['dc-03', 'dc-04']) {
          keep(keeper, { day, cycle: { machine } });
          keep(keeper, { day, cycle: { machine }, verdict: { outcome: 'defect' } });
        }
    },
    { machine: 'dc-04', basis: 'verdicts' },
  );
  expect(evidence.shots[0]?.machine).toBe('4호기 (dc-04)');
  expect(countRows(evidence)).toMatchObject([
    { period: 'before', judged: 2, defects: 1 },
    { period: 'after', judged: 2, defects: 1 },
  ]);
});

test('a period without a shot is refused with what there is', async () => {
  const found = gathered((keeper) => keep(keeper, { day: before }));
  await expect(found).rejects.toMatchObject({
    ...{ code: 'usage', subject: '--after' },
    hint: 'the store has shots from 2026-03-02 to 2026-03-02',
  });
});

function quarters(day: string, kwh: number, count = 96): RecordBody[] {
  const { fromWallMs } = workingDay(day, '08:00');
  return Array.from({ length: count }, (_, at): RecordBody => {
    const verdicts = { ok: 10, defect: 0, unscored: 0, suppressed: 0 };
    const period: EnergyPeriod = {
      ...{ machine: 'dc-03', kind: 'whole', durationMs: 900_000, demandKw: 1, shots: 10 },
      kWh: { production: kwh / 96, idle: 0, hold: 0, off: 0, unallocated: 0 },
      ms: { production: 600_000, idle: 0, hold: 300_000, off: 0, unallocated: 0 },
      molds: [
        { mold: 'A-12', measured: 10, kWh: 1, kg: 25, kWhWeighed: 1, ...verdicts, shots: 10 },
      ],
      ...{ meters: [], at: { monoMs: at, wallMs: fromWallMs + (at + 1) * 900_000 } },
    };
    return { kind: 'energy', period };
  });
}

test('energy counts on days that the meter was read throughout, for good kg', async () => {
  const evidence = await gathered((keeper) => {
    for (const result of [ok, defect]) keep(keeper, { day: before, labels: [result] });
    keep(keeper, { day: after });
    const bodies = [
      ...quarters(before, 960),
      ...quarters('2026-03-03', 480, 40),
      ...quarters(after, 900),
    ];
    for (const body of bodies) if (body.kind === 'energy') keeper.keep(body, body.period.at);
  });
  expect(evidence.energy).toHaveLength(2);
  const [day, later] = evidence.energy;
  // Of two shots one was a defect: half of the weight is good.
  expect(day).toMatchObject({ period: 'before', day: before, holdHours: 8, ambientC: null });
  expect(day?.kwh).toBeCloseTo(960, 6);
  expect(day?.goodKg).toBeCloseTo((96 * 25) / 2, 6);
  expect(later?.kwh).toBeCloseTo(900, 6);
  expect(evidence.settings).toMatchObject({
    energyPer: 'kg',
    energyLeftOut: { before: 1, after: 1 },
  });
});
